// files_check PATH: buffered streams over a file that it makes and removes.
import { Char } from "../lib/ctype";
import { Errno, errno, set_errno } from "../lib/errno";
import { fprintf, snprintf } from "../lib/printf";
import "../lib/start";
import { STAT_SIZE, Stat, stat } from "../lib/stat";
import { EOF, fclose, feof, fgetc, fgets, fopen, fputs, fread, fwrite } from "../lib/stdio";
import { unlink } from "../lib/unistd";
import { check, check_equal, verdict } from "./check";

function text(address: usize): string {
  return changetype<string>(address);
}

function files(path: string): void {
  const out = fopen(path, "w");
  check(out != null, "fopen for writing");
  if (!out) return;
  for (let i: u32 = 0; i < 1000; i++) fprintf(out, "line %u\n", i);
  fputs("no newline", out);
  check_equal(fclose(out), 0, "fclose");

  const status = changetype<Stat>(alloca(STAT_SIZE));
  check_equal(stat(path, status), 0, "stat");
  check_equal(<u32>status.st_size, 8900, "st_size");

  const line = alloca(64);
  const input = fopen(path, "r")!;
  for (let i: u32 = 0; i < 1000; i++) {
    snprintf(line + 32, 32, "line %u\n", i);
    if (fgets(line, 32, input) != text(line + 32)) check(false, "fgets reads what fprintf wrote");
  }
  check(fgets(line, 5, input) == "no n", "fgets stops at its size");
  check_equal(fread(line, 64, input), 6, "fread at the end");
  check_equal(fgetc(input), EOF, "fgetc at the end");
  check(feof(input), "feof");
  fclose(input);

  // One file for both directions: what is read ahead must not shift what is written.
  const both = fopen(path, "r+")!;
  check_equal(fgetc(both), 0x6c, "first byte");
  fwrite(addr("INE"), 3, both);
  check_equal(fgetc(both), Char.SPACE, "reading goes on behind what was written");
  fclose(both);
  const again = fopen(path, "a")!;
  fputs("!", again);
  fclose(again);
  const last = fopen(path, "r")!;
  check(fgets(line, 32, last) == "lINE 0\n", "the write went to its place");
  let before: i32 = 0;
  for (let c = fgetc(last); c != EOF; c = fgetc(last)) before = c;
  check_equal(before, Char.BANG, "appending");
  fclose(last);
  check_equal(unlink(path), 0, "unlink");
  set_errno(0);
  check(!fopen(path, "r") && errno == Errno.ENOENT, "fopen of what is not there");
  check(!fopen(path, "q") && errno == Errno.EINVAL, "fopen with a mode that is none");
}

export function main(argc: i32, argv: Arr<string>): i32 {
  if (argc != 2) return 2;
  files(argv[1]);
  return verdict("files");
}
