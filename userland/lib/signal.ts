// <signal.h>: what a process wants done about a signal. Numbers of Linux on i386.
import { int80_4 } from "~lib/cpu";
import { syscall_result } from "./errno";
import { Sys } from "./syscall";

export const enum Signal {
  INT = 2,
  QUIT = 3,
  ABRT = 6,
  SEGV = 11,
  PIPE = 13,
}

/** In place of a handler. */
export const SIG_DFL: usize = 0;
export const SIG_IGN: usize = 1;

const SA_RESTORER: u32 = 0x04000000;

/** struct kernel_sigaction for rt_sigaction. */
@unmanaged
class SignalAction {
  handler: usize;
  flags: u32;
  restorer: usize;
  mask: u64;
}

const MASK_SIZE: u32 = 8;

/** Label in signal.asm. */
declare const restore_signal: usize;

/**
 * Has `signal` call the function at address `handler` with its number, or SIG_DFL, or SIG_IGN. A system call that waits
 * when the signal comes ends with EINTR (there is no SA_RESTART), and while the handler runs the signal is held back.
 */
export function set_signal(signal: i32, handler: usize): i32 {
  const action = changetype<SignalAction>(alloca(offsetof<SignalAction>()));
  action.handler = handler;
  action.flags = SA_RESTORER;
  action.restorer = restore_signal;
  action.mask = 0;
  return syscall_result(int80_4(Sys.RT_SIGACTION, signal, addr(action), 0, MASK_SIZE));
}
