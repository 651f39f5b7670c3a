// echo [-n] [WORD]...: prints its arguments.
import { Char } from "../lib/ctype";
import "../lib/start";
import { complain, helped } from "../lib/err";
import { fputs, putchar, stdout, fflush } from "../lib/stdio";

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, "Usage: echo [-n] [WORD]...\nPrints the words with a space between; -n: no newline behind.\n"))
    return 0;
  const newline = argc < 2 || argv[1] != "-n";
  const first = newline ? 1 : 2;
  for (let i = first; i < argc; i++) {
    if (i > first) putchar(Char.SPACE);
    fputs(argv[i], stdout);
  }
  if (newline) putchar(Char.NEWLINE);
  return fflush(stdout) == 0 ? 0 : complain("write error");
}
