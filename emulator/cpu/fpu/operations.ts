/**
 * What an escape opcode does. Dispatch relies on the order: arithmetic first, in groups of eight by operands; then the
 * other instructions; then those that leave the last-instruction pointers alone; then those that also do not wait.
 */
export const enum Operation {
  // Arithmetic: operand group * 8 + Arithmetic.
  SINGLE = 0x00,
  DOUBLE = 0x08,
  WORD = 0x10,
  DWORD = 0x18,
  /** st0 = st0 op sti */
  TO_TOP = 0x20,
  /** sti = st0 op sti */
  TO_REGISTER = 0x28,
  /** The same, then pop. */
  TO_REGISTER_POP = 0x30,

  FLD_SINGLE = 0x38,
  FLD_DOUBLE,
  FLD_EXTENDED,
  FLD_REGISTER,
  FILD_WORD,
  FILD_DWORD,
  FILD_QWORD,
  FBLD,
  CONSTANT,

  FST_SINGLE,
  FSTP_SINGLE,
  FST_DOUBLE,
  FSTP_DOUBLE,
  FSTP_EXTENDED,
  FST_REGISTER,
  FSTP_REGISTER,
  /** D9 D8+i: as FSTP, but an empty st0 is no fault. */
  FSTP_QUIETLY,
  FIST_WORD,
  FISTP_WORD,
  FIST_DWORD,
  FISTP_DWORD,
  FISTP_QWORD,
  FBSTP,

  FXCH,
  FCHS,
  FABS,
  FTST,
  FXAM,
  FUCOM,
  FUCOMP,
  FUCOMPP,
  FCOMPP,
  FCOMI,
  FCOMIP,
  FUCOMI,
  FUCOMIP,
  FCMOVB,
  FCMOVE,
  FCMOVBE,
  FCMOVU,
  FCMOVNB,
  FCMOVNE,
  FCMOVNBE,
  FCMOVNU,

  FSQRT,
  FRNDINT,
  FSCALE,
  FXTRACT,
  FPREM,
  FPREM1,
  F2XM1,
  FYL2X,
  FYL2XP1,
  FPTAN,
  FPATAN,
  FSIN,
  FCOS,
  FSINCOS,

  FNOP,
  FFREE,
  FFREEP,
  FINCSTP,
  FDECSTP,

  FIRST_CONTROL,
  FLDCW = FIRST_CONTROL,
  FLDENV,
  FRSTOR,

  FIRST_NO_WAIT,
  FNSTCW = FIRST_NO_WAIT,
  FNSTENV,
  FNSAVE,
  FNSTSW,
  FNSTSW_AX,
  FNCLEX,
  FNINIT,
  /** FNENI, FNDISI, FNSETPM: of the 8087 and 80287, ignored since. */
  FN_IGNORED,
  UNDEFINED,
}

/** The arithmetic of reg field 0..7; SUBTRACT is st0 - operand whatever the destination. */
export const enum Arithmetic {
  ADD,
  MULTIPLY,
  COMPARE,
  COMPARE_POP,
  SUBTRACT,
  SUBTRACT_REVERSED,
  DIVIDE,
  DIVIDE_REVERSED,
}
