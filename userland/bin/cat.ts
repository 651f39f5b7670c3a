// cat [FILE]...: copies files to standard output.
import { complain, helped } from "../lib/err";
import "../lib/start";
import { Open, STDIN_FILENO, STDOUT_FILENO, close, open, read, write_all } from "../lib/unistd";

const BUFFER_SIZE: u32 = 4096;
const buffer = memory.data(4096, 4096);

/** Copies all of `fd`; returns the exit status. */
function copy(fd: i32, name: string): i32 {
  for (;;) {
    const got = read(fd, buffer, BUFFER_SIZE);
    if (got == 0) return 0;
    if (got < 0) return complain(name);
    if (!write_all(STDOUT_FILENO, buffer, got)) return complain("write error");
  }
}

export function main(argc: i32, argv: Arr<string>): i32 {
  if (
    helped(argc, argv, "Usage: cat [FILE]...\nCopies the files, or standard input for none or -, to standard output.\n")
  )
    return 0;
  if (argc < 2) return copy(STDIN_FILENO, "-");
  let status = 0;
  for (let i = 1; i < argc; i++) {
    const name = argv[i];
    const fd = name == "-" ? STDIN_FILENO : open(name, Open.RDONLY);
    if (fd < 0) {
      status = complain(name);
      continue;
    }
    if (copy(fd, name) != 0) status = 1;
    if (fd != STDIN_FILENO) close(fd);
  }
  return status;
}
