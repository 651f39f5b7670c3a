// Prints the message of each error number from 0 on, one a line: the argument is how many.
import { printf } from "../lib/printf";
import "../lib/start";
import { atoi } from "../lib/stdlib";
import { strerror } from "../lib/strerror";

export function main(argc: i32, argv: Arr<string>): i32 {
  const count = argc == 2 ? atoi(argv[1]) : 0;
  for (let code = 0; code < count; code++) printf("%s\n", strerror(code));
  return 0;
}
