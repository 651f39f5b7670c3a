// The program break. The kernel's brk returns the break that is now in force, never -errno.
import { int80_1 } from "~lib/cpu";
import { Errno, set_errno } from "./errno";
import { Sys } from "./syscall";

/** The end of the heap as the kernel last told it; 0 before the first call. */
let current_break: usize = 0;

/**
 * Moves the end of the heap by `increment` bytes and returns where it was, or -1 (all bits set). The new memory is only
 * promised: the kernel finds a frame for a page at the first touch.
 */
export function sbrk(increment: i32): usize {
  if (current_break == 0) current_break = int80_1(Sys.BRK, 0);
  const before = current_break;
  if (increment == 0) return before;
  const wanted = before + increment;
  const overflow = increment > 0 ? wanted < before : wanted > before;
  if (!overflow) current_break = int80_1(Sys.BRK, wanted);
  if (overflow || current_break != wanted) {
    set_errno(Errno.ENOMEM);
    return <usize>-1;
  }
  return before;
}
