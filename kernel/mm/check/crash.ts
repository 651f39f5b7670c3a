// Kernel bugs on purpose (command line word `crash=`), to see how they are reported.
import { panic } from "../../lib/panic";
import { pr_warn } from "../../lib/printk";
import { str_is, strlen } from "../../lib/string";
import { text_start } from "../memlayout";

/** Eats the stack until its guard page is hit. */
function exhaust_stack(depth: u32): u32 {
  const room = alloca(256);
  store<u32>(room, depth);
  return exhaust_stack(depth + 1) + load<u32>(room);
}

export function crash(kind: usize): void {
  const n = strlen(kind);
  if (str_is(kind, n, "null")) store<u32>(0x10, 1);
  else if (str_is(kind, n, "read")) load<u32>(0xfffff000);
  else if (str_is(kind, n, "text")) store<u8>(text_start(), 0x90);
  else if (str_is(kind, n, "stack")) exhaust_stack(0);
  else if (str_is(kind, n, "undefined")) unreachable();
  else if (str_is(kind, n, "panic")) panic("crash=panic");
  else pr_warn("crash: %s? null, read, text, stack, undefined or panic\n", kind);
}
