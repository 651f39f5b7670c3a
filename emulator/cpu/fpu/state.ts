/**
 * The bits of the x87's words; where those words are says the arena's layout (`State.FPU_*` in ../layout.ts).
 * Sources: Intel SDM vol. 1 chapter 8 (x87 FPU), vol. 3 chapter 23 (numeric exceptions).
 */

/** Exceptions and condition codes, where the status word has them. Arithmetic returns a combination of these. */
export const enum Flag {
  INVALID = 0x0001,
  DENORMAL = 0x0002,
  ZERO_DIVIDE = 0x0004,
  OVERFLOW = 0x0008,
  UNDERFLOW = 0x0010,
  PRECISION = 0x0020,
  STACK_FAULT = 0x0040,
  SUMMARY = 0x0080,
  C0 = 0x0100,
  /** Round up; stack overflow (1) or underflow (0) with STACK_FAULT; a quotient bit of FPREM. */
  C1 = 0x0200,
  C2 = 0x0400,
  C3 = 0x4000,
  BUSY = 0x8000,

  /** The six exceptions. */
  EXCEPTIONS = 0x003f,
  /** Those found before anything is computed: unmasked, they leave operands and stack as they were. */
  PRE_COMPUTATION = 0x0007,
  CONDITIONS = 0x4700,
}

/** Fields of the control word. The exception masks are its low six bits, placed like the exceptions. */
export const enum Control {
  PRECISION = 0x0300,
  ROUNDING = 0x0c00,
  /** After FNINIT: everything masked, 64 bits, nearest. */
  INITIAL = 0x037f,
}

/** The precision field. 0100h is reserved; the silicon takes it for 64 bits. */
export const enum Precision {
  SINGLE = 0x0000,
  DOUBLE = 0x0200,
  EXTENDED = 0x0300,
}

/** The rounding field. */
export const enum Rounding {
  NEAREST = 0x0000,
  DOWN = 0x0400,
  UP = 0x0800,
  ZERO = 0x0c00,
}

/** A register's third word. */
export const enum Head {
  SIGN = 0x8000,
  EXPONENT = 0x7fff,
}

/** Biased exponents. */
export const enum Exponent {
  BIAS = 0x3fff,
  /** Infinities and NaNs. */
  MAXIMUM = 0x7fff,
}

/** What one instruction came to. */
export const enum FpuStatus {
  /** Executed. An unmasked exception it raised waits for the next waiting instruction. */
  DONE = 0,
  /** The port reported a fault on the memory operand; the x87 state is as before. */
  MEMORY_FAULT = 1,
  /** An earlier unmasked exception is pending and this instruction waits: #MF, or FERR# with CR0.NE clear. */
  PENDING = 2,
  /** Reserved encoding: #UD. */
  UNDEFINED = 3,
  /** FXRSTOR of an MXCSR with reserved bits: #GP(0). */
  PROTECTION = 4,
}
