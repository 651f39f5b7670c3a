// What vectors.asm leaves on the kernel stack for every trap, lowest address first. esp and ss are there only when the
// trap came from user mode.
@unmanaged
export class TrapFrame {
  edi: u32;
  esi: u32;
  ebp: u32;
  /** ESP as PUSHA saw it: of no use. */
  pusha_esp: u32;
  ebx: u32;
  edx: u32;
  ecx: u32;
  eax: u32;
  gs: u32;
  fs: u32;
  es: u32;
  ds: u32;
  trapno: u32;
  err: u32;
  eip: u32;
  cs: u32;
  eflags: u32;
  esp: u32;
  ss: u32;
}

export const enum Trap {
  DIVIDE = 0,
  DEBUG = 1,
  NMI = 2,
  BREAKPOINT = 3,
  OVERFLOW = 4,
  BOUND = 5,
  INVALID_OPCODE = 6,
  NO_FPU = 7,
  DOUBLE_FAULT = 8,
  INVALID_TSS = 10,
  SEGMENT = 11,
  STACK = 12,
  PROTECTION = 13,
  PAGE_FAULT = 14,
  FPU = 16,
  ALIGNMENT = 17,
  MACHINE_CHECK = 18,
  SIMD = 19,
  IRQ0 = 32,
  SYSCALL = 128,
}

export const IRQ_TIMER: u32 = 0;
export const IRQ_COM2: u32 = 3;
export const IRQ_COM1: u32 = 4;

export function from_user(tf: TrapFrame): bool {
  return (tf.cs & 3) != 0;
}
