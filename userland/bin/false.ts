// false: does nothing, unsuccessfully.
import { helped } from "../lib/err";
import "../lib/start";

export function main(argc: i32, argv: Arr<string>): i32 {
  helped(argc, argv, "Usage: false\nDoes nothing, unsuccessfully.\n");
  return 1;
}
