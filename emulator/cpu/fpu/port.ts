/** The layouts of FSTENV, FLDENV, FSAVE and FRSTOR (SDM vol. 1, figures 8-9 to 8-12): a sum of these. */
export const enum EnvironmentLayout {
  REAL_16 = 0,
  /** 32-bit operand size. */
  WIDE = 1,
  /** Protected mode; virtual-8086 mode counts as real. */
  PROTECTED = 2,
}

/** What the processor lends to its x87. All calls are made while `executeEscape` runs. */
export interface FpuPort {
  /**
   * Copies `length` bytes (2, 4, 8, 10, 14, 28, 94 or 108; FXRSTOR 160 or 288) of the instruction's memory operand to the start of
   * `Fpu.operand`, little-endian. False: the access faults (the processor delivers it after MEMORY_FAULT is returned).
   */
  loadOperand(length: number): boolean;
  /**
   * Copies `length` bytes (as above) from the start of `Fpu.operand` to the instruction's memory operand. All of it is checked
   * first: false means that it faults and that nothing was written.
   */
  storeOperand(length: number): boolean;
  /** An EnvironmentLayout, by operand size and mode. */
  environmentLayout(): number;
  /** EFLAGS with at least CF (bit 0), PF (2) and ZF (6) up to date, for FCMOVcc. */
  readFlags(): number;
  /** FCOMI and family: sets CF, PF and ZF as in `flags` and clears OF, SF and AF. */
  writeCompareFlags(flags: number): void;
  /** FNSTSW AX. */
  writeAx(value: number): void;
}
