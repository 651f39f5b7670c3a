// pwd: prints the working directory.
import { complain, helped } from "../lib/err";
import { puts } from "../lib/stdio";
import "../lib/start";
import { getcwd } from "../lib/unistd";

const PATH_MAX: u32 = 4096;
const path = memory.data(4096, 16);

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, "Usage: pwd\nPrints the working directory.\n")) return 0;
  if (getcwd(path, PATH_MAX) < 0) return complain("getcwd");
  puts(changetype<string>(path));
  return 0;
}
