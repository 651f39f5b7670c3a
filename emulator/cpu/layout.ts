/**
 * The arena's layout: the one table of where machine state lives. Generated WebAssembly reads the same offsets, and a
 * snapshot is a copy of the arena, so everything architectural is here and nothing else is.
 *
 *   0        CPU state block, 64 KiB (this file's `State`, in 32-bit words)
 *   10000h   TLB: 2^20 entries of 32 bits, one per linear page (see paging.ts for the bits)
 *   410000h  TLB fill lists: two rings of page numbers, so that a flush touches only what was filled
 *   430000h  physical page kinds: one byte per 4 KiB page of guest RAM (`PageKind`)
 *   RAM      guest RAM, aligned to 64 KiB
 */
export const enum Region {
  STATE = 0,
  STATE_BYTES = 0x10000,
  TLB = 0x10000,
  TLB_BYTES = 0x400000,
  TLB_LISTS = 0x410000,
  /** Entries in each fill list (global pages have their own), a power of two. */
  TLB_LIST_ENTRIES = 0x4000,
  PAGE_KINDS = 0x430000,
}

/** Word indices (32-bit) into the CPU state block. */
export const enum State {
  // General registers in encoding order, so that a ModRM register field is the index.
  EAX = 0,
  ECX = 1,
  EDX = 2,
  EBX = 3,
  ESP = 4,
  EBP = 5,
  ESI = 6,
  EDI = 7,
  /** Always zero: stands for "no base" and "no index" in decoded effective addresses. */
  ZERO = 8,
  /** Linear address of the current operand, left by the segmentation micro-operations. Not architectural. */
  ADDRESS = 9,

  /** EIP of the next instruction at a block boundary; inside a block, of the block's first instruction. */
  EIP = 16,
  /** The EFLAGS bits that are not lazy (all of them when FLAG_KIND is EXPLICIT). */
  EFLAGS = 17,
  /** Lazy arithmetic flags: see flags.ts. */
  FLAG_KIND = 18,
  FLAG_A = 19,
  FLAG_R = 20,
  /** Current privilege level, 0..3 (3 in virtual-8086 mode, 0 in real mode). */
  CPL = 21,
  /** Interrupt shadow after STI, MOV SS and POP SS, `Shadow` bits. */
  SHADOW = 22,
  /** 1 while halted by HLT. */
  HALTED = 23,
  /** 1 after a triple fault: only reset() leaves this state. */
  SHUTDOWN = 24,

  /**
   * Segment registers in encoding order ES CS SS DS FS GS, then LDTR and TR: eight records of eight words,
   * fields in `SegmentField`.
   */
  SEGMENTS = 32,

  GDTR_BASE = 96,
  GDTR_LIMIT = 97,
  IDTR_BASE = 98,
  IDTR_LIMIT = 99,

  CR0 = 104,
  CR2 = 106,
  CR3 = 107,
  CR4 = 108,

  /** DR0..DR7 (DR4 and DR5 alias DR6 and DR7 unless CR4.DE). */
  DR0 = 112,
  DR6 = 118,
  DR7 = 119,

  /** WRMSR to the time stamp counter sets an offset to the machine's clock: low and high word. */
  TSC_OFFSET_LOW = 128,
  TSC_OFFSET_HIGH = 129,
  MSR_SYSENTER_CS = 130,
  MSR_SYSENTER_ESP = 131,
  MSR_SYSENTER_EIP = 132,
  MSR_APIC_BASE_LOW = 133,
  /** A20 gate: 0 forces physical address bit 20 to zero. */
  A20 = 134,

  /** TLB fill lists: write position and number of filled entries of each. */
  TLB_HEAD = 136,
  TLB_COUNT = 137,
  TLB_GLOBAL_HEAD = 138,
  TLB_GLOBAL_COUNT = 139,

  /**
   * x87 registers R0..R7, four words each as in FXSAVE: significand low, significand high, sign and exponent, zero.
   * MM0..MM7 are the significands.
   */
  FPU_REGISTERS = 192,
  /** Two operand latches in register format, where an instruction works beside the stack. Not architectural. */
  FPU_LATCH_A = 224,
  FPU_LATCH_B = 228,
  FPU_CONTROL = 232,
  /** The status word without TOP. */
  FPU_STATUS = 233,
  FPU_TOP = 234,
  /** Abridged tags as in FXSAVE: bit n set, physical register n is not empty. */
  FPU_TAGS = 235,
  /** Last non-control instruction (offset, selector, 11 bits of opcode) and its memory operand. */
  FPU_IP = 236,
  FPU_CS = 237,
  FPU_OPCODE = 238,
  FPU_DP = 239,
  FPU_DS = 240,
  /** SSE: control and status, then eight 16-byte registers. */
  MXCSR = 248,
  XMM_REGISTERS = 252,
}

/** Number of the segment register, as in encodings; index of its record at State.SEGMENTS. */
export const enum Segment {
  ES = 0,
  CS = 1,
  SS = 2,
  DS = 3,
  FS = 4,
  GS = 5,
  LDTR = 6,
  TR = 7,
}

/** Words of a segment register record: the selector and the hidden part (descriptor cache). */
export const enum SegmentField {
  SELECTOR = 0,
  BASE = 1,
  /** Byte-granular limit, inclusive (G already applied). */
  LIMIT = 2,
  /** Descriptor bits 40..55 as one word: access byte in bits 0-7, AVL L D/B G in bits 12-15. 0 = unusable (null). */
  ACCESS = 3,
  /** Offsets that may be read or executed through the segment lie in LOW..HIGH (unsigned); empty when LOW > HIGH. */
  LOW = 4,
  HIGH = 5,
  WORDS = 8,
}

/** What backs a physical page. */
export const enum PageKind {
  /** Plain memory: read and written in the arena. */
  RAM = 0,
  /** Read in the arena, writes go to the bus (which ignores them, or shadows them). */
  ROM = 1,
  /** Every access goes to the bus. */
  BUS = 2,
}
