// Writes to a page it may only read: a constant of its own in .rodata. The VMA is there but lacks VM_WRITE, so the fault
// is invalid: SIGSEGV, no access. The read first makes the page present: the write then violates its protection.
import { helped } from "../lib/err";
import { printf } from "../lib/printf";
import "../lib/start";
import { at } from "../lib/string";

const help = "Usage: rowrite\nWrites to a read-only page and is killed for it (SIGSEGV, status 139).\n";

const text = "constant";

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, help)) return 0;
  const first = at(text, 0);
  store<u8>(addr(text), first - 32);
  printf("The write to a constant went through: %s\n", text);
  return 1;
}
