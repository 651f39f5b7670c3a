// exit_check KIND: how programs end, and what they have written by then.
import { abort, atexit, exit } from "../lib/exit";
import { fprintf, printf } from "../lib/printf";
import "../lib/start";
import { stderr } from "../lib/stdio";
import { _exit } from "../lib/unistd";

let again: bool = false;

function first(): void {
  printf("registered first\n");
}

function second(): void {
  printf("registered second\n");
  if (again) exit(9); // goes on with the rest
}

export function main(argc: i32, argv: Arr<string>): i32 {
  atexit(first);
  atexit(second);
  printf("a line without end");
  fprintf(stderr, "[err]");
  const kind = argc == 2 ? argv[1] : "";
  if (kind == "return") return 7;
  if (kind == "exit") exit(8);
  again = true;
  if (kind == "again") exit(8);
  if (kind == "abort") abort();
  _exit(3);
  return 0;
}
