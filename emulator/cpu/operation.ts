/* eslint-disable @typescript-eslint/no-duplicate-enum-values -- the same number can mean several things */
/**
 * Decoded operations: what the interpreter executes. An instruction becomes one operation or a few; each is a record
 * of four words, block-ending jumps two records:
 *
 *   0  operation number, and packed register fields (Record.*_SHIFT)
 *   1  displacement of the effective address
 *   2  immediate operand
 *   3  bits 0-11 offset of the instruction from the block's start, 12-15 its length, 16-31 instructions of the
 *      block from this one to the last: what to give back to State.BUDGET when the block is left here
 *   4  jump: distance from the block's start to the target        5  its link (the target's block, Cache.NO_BLOCK)
 *   6  conditional jump not taken: distance to the next block     7  its link
 *
 * Register fields are positions in the state block: of a word for 32-bit registers, a half for 16-bit ones (register
 * * 2), a byte for 8-bit ones. An effective address is base + (index << scale) + displacement, with State.ZERO for what
 * is missing; where segments are not flat, a SEGMENT operation goes before, leaves the checked linear address in
 * State.ADDRESS, and the operation's base names that.
 */
export const enum Record {
  WORDS = 4,
  OP_MASK = 0x3ff,
  /** Six bits each: destination (or reg field) and source. */
  DST_SHIFT = 10,
  SRC_SHIFT = 16,
  /** Four bits each, then two. */
  BASE_SHIFT = 22,
  INDEX_SHIFT = 26,
  SCALE_SHIFT = 30,
  DISPLACEMENT = 1,
  IMMEDIATE = 2,
  META = 3,
  TARGET = 4,
  LINK = 5,
  NEXT = 6,
  NEXT_LINK = 7,
}

/**
 * Suffixes: R register, I immediate, M memory, in operand order; 8, 16, 32 bits. Operations without memory forms get
 * their memory operand in State.TEMP from LOADn (read only) or MODIFYn (checks the right to write, the result goes
 * back with STOREBACKn), so each instruction's work is written once.
 */
export const enum Op {
  /** The block was invalidated: leave it here. */
  RESYNC,
  /** A link to a block in another page: checks that the translation still leads there. */
  CHECK_LINK,
  /** The block ends without a jump. */
  CONTINUE,
  /** Effective address (dst: segment; imm: size, access, 16-bit) to a checked linear address. */
  SEGMENT,
  /** Effective address without segment (LEA, 16-bit). */
  OFFSET16,

  MOV_RR,
  MOV_RI,
  MOV16_RR,
  MOV16_RI,
  MOV8_RR,
  MOV8_RI,
  LEA,
  LOAD32,
  LOAD16,
  LOAD8,
  STORE32,
  STORE16,
  STORE8,
  STORE32_I,
  STORE16_I,
  STORE8_I,
  MODIFY32,
  MODIFY16,
  MODIFY8,
  STOREBACK32,
  STOREBACK16,
  STOREBACK8,
  LOAD_ZX8,
  LOAD_SX8,
  LOAD_ZX16,
  LOAD_SX16,
  MOVZX8,
  MOVSX8,
  MOVZX16,
  MOVSX16,
  XCHG_RR,

  ADD_RR,
  ADD_RI,
  ADD_RM,
  OR_RR,
  OR_RI,
  OR_RM,
  ADC_RR,
  ADC_RI,
  SBB_RR,
  SBB_RI,
  AND_RR,
  AND_RI,
  AND_RM,
  SUB_RR,
  SUB_RI,
  SUB_RM,
  XOR_RR,
  XOR_RI,
  XOR_RM,
  CMP_RR,
  CMP_RI,
  CMP_RM,
  CMP_MR,
  CMP_MI,
  TEST_RR,
  TEST_RI,
  INC_R,
  DEC_R,
  NEG_R,
  NOT_R,
  SHL_RI,
  SHR_RI,
  SAR_RI,
  /** dst * src. */
  IMUL_RR,
  /** src * immediate to dst. */
  IMUL_RRI,
  /** 8- and 16-bit arithmetic; the displacement word holds the Binary or Unary operation. */
  BINARY16_RR,
  BINARY16_RI,
  BINARY8_RR,
  BINARY8_RI,
  CMP8_RR,
  CMP8_RI,
  TEST8_RR,
  TEST8_RI,
  UNARY16_R,
  UNARY8_R,
  /** Shifts and rotates other than the above: displacement holds the Shift operation, src the count's register. */
  SHIFT32_RR,
  SHIFT32_RI,
  SETCC,
  CMOVCC,
  CDQ,
  CWDE,
  NOP,

  PUSH_R,
  PUSH_I,
  PUSH_M,
  POP_R,
  LEAVE,

  JMP,
  JMP_R,
  CALL,
  CALL_R,
  RET,
  RET_I,
  /** Any condition (dst), whatever left the flags. */
  JCC,
  // After an instruction that leaves its result in FLAG_B.
  JZ_RESULT,
  JNZ_RESULT,
  JS_RESULT,
  JNS_RESULT,
  // After LOGIC (CF and OF clear).
  JLE_LOGIC,
  JG_LOGIC,
  // After SUB or CMP of any size.
  JZ_SUB,
  JNZ_SUB,
  JB_SUB,
  JAE_SUB,
  JBE_SUB,
  JA_SUB,
  JL_SUB,
  JGE_SUB,
  JLE_SUB,
  JG_SUB,
  // CMP and the jump in one.
  CMP_JZ_RR,
  CMP_JNZ_RR,
  CMP_JB_RR,
  CMP_JAE_RR,
  CMP_JBE_RR,
  CMP_JA_RR,
  CMP_JL_RR,
  CMP_JGE_RR,
  CMP_JLE_RR,
  CMP_JG_RR,
  CMP_JZ_RI,
  CMP_JNZ_RI,
  CMP_JB_RI,
  CMP_JAE_RI,
  CMP_JBE_RI,
  CMP_JA_RI,
  CMP_JL_RI,
  CMP_JGE_RI,
  CMP_JLE_RI,
  CMP_JG_RI,
  // TEST and the jump in one.
  TEST_JZ_RR,
  TEST_JNZ_RR,
  TEST_JS_RR,
  TEST_JNS_RR,
  TEST_JLE_RR,
  TEST_JG_RR,

  /** From here on: numbers of handlers (handlers.ts) that go on with the next operation, ... */
  HANDLER = 512,
  /** ... and of handlers that end the block. */
  ENDING_HANDLER = 768,
}

/** Binary operations in the order of their encoding (bits 3-5 of the opcode), then TEST. */
export const enum Binary {
  ADD,
  OR,
  ADC,
  SBB,
  AND,
  SUB,
  XOR,
  CMP,
  TEST,
}

export const enum Unary {
  INC,
  DEC,
  NEG,
  NOT,
}

/** Shift group in the order of its /digit. */
export const enum Shift {
  ROL,
  ROR,
  RCL,
  RCR,
  SHL,
  SHR,
  SAL,
  SAR,
}

/** What the decoder knows about the lazy flags at a point of a block. */
export const enum KnownFlags {
  UNKNOWN,
  /** FLAG_B is the result. */
  RESULT,
  LOGIC,
  SUB,
}

export const enum Repeat {
  NONE,
  /** F3h: REP, REPE. */
  REP,
  /** F2h. */
  REPNE,
}
