// Signals as numbers, and what a process wants done about them.

export const NSIG: u32 = 64;

export const enum Sig {
  HUP = 1,
  INT = 2,
  QUIT = 3,
  ILL = 4,
  TRAP = 5,
  ABRT = 6,
  BUS = 7,
  FPE = 8,
  KILL = 9,
  USR1 = 10,
  SEGV = 11,
  USR2 = 12,
  PIPE = 13,
  ALRM = 14,
  TERM = 15,
  STKFLT = 16,
  CHLD = 17,
  CONT = 18,
  STOP = 19,
  TSTP = 20,
  TTIN = 21,
  TTOU = 22,
  URG = 23,
  XCPU = 24,
  XFSZ = 25,
  VTALRM = 26,
  PROF = 27,
  WINCH = 28,
  IO = 29,
  PWR = 30,
  SYS = 31,
}

export const SIG_DFL: usize = 0;
export const SIG_IGN: usize = 1;

export const SA_NOCLDSTOP: u32 = 1;
export const SA_NOCLDWAIT: u32 = 2;
export const SA_SIGINFO: u32 = 4;
export const SA_RESTORER: u32 = 0x04000000;
export const SA_ONSTACK: u32 = 0x08000000;
export const SA_RESTART: u32 = 0x10000000;
export const SA_NODEFER: u32 = 0x40000000;
export const SA_RESETHAND: u32 = 0x80000000;

/** struct kernel_sigaction of the i386 ABI (rt_sigaction). */
@unmanaged
export class k_sigaction {
  handler: usize;
  flags: u32;
  restorer: usize;
  mask: u64;
}

@unmanaged
export class sighand_struct {
  /** Index: signal - 1. */
  @array(64) action: StructArr<k_sigaction>;
}

/** The bit of a signal in a mask. */
export function sigmask(signal: u32): u64 {
  return (<u64>1) << (signal - 1);
}
