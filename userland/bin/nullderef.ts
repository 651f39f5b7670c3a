// Writes through a null pointer. No VMA covers page 0, so the fault is invalid: SIGSEGV, not mapped.
import { helped } from "../lib/err";
import { printf } from "../lib/printf";
import "../lib/start";

const help = "Usage: nullderef\nWrites through a null pointer and is killed for it (SIGSEGV, status 139).\n";

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, help)) return 0;
  const pointer = changetype<Arr<i32>>(0);
  pointer[0] = 100;
  printf("The write to address 0 went through.\n"); // only a kernel that maps page 0 gets here
  return 1;
}
