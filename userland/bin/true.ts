// true: does nothing, successfully.
import { helped } from "../lib/err";
import "../lib/start";

export function main(argc: i32, argv: Arr<string>): i32 {
  helped(argc, argv, "Usage: true\nDoes nothing, successfully.\n");
  return 0;
}
