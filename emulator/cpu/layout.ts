/* eslint-disable @typescript-eslint/no-duplicate-enum-values -- the same number can mean several things */
/**
 * The arena's layout: the one table of where machine state lives. Generated WebAssembly reads the same offsets. A
 * snapshot is a copy of everything but the regions from CODE_BITMAP up to RAM, which are derived (decoded code).
 *
 * One Int32Array over the whole arena reaches everything (V8 then keeps a single base and length in registers: 15 %
 * faster than one array per region), so positions inside regions are also given in 32-bit words.
 */
export const enum Region {
  /** CPU state block: see State. */
  STATE = 0,
  STATE_BYTES = 0x10000,
  /** One 32-bit entry per linear page: see TlbBit. */
  TLB = 0x10000,
  TLB_WORD = 0x4000,
  TLB_BYTES = 0x400000,
  /** Rings of filled linear page numbers (ordinary pages, then global pages): a flush touches only what was filled. */
  TLB_LIST = 0x410000,
  TLB_LIST_WORD = 0x104000,
  TLB_GLOBAL_LIST_WORD = 0x108000,
  TLB_LIST_ENTRIES = 0x4000,
  /** One byte per 4 KiB page of guest RAM: PageKind. */
  PAGE_KINDS = 0x430000,
  PAGE_KINDS_BYTES = 0x80000,
  ARCHITECTURAL_END = 0x4b0000,

  /** Per physical page four words, one bit per 32 bytes: the chunk holds decoded code. */
  CODE_BITMAP_WORD = 0x140000,
  /** Per physical page: the first of the blocks decoded from it. */
  CODE_PAGE_WORD = 0x340000,
  /** Hash table of blocks by address. */
  BLOCK_HASH_WORD = 0x3c0000,
  BLOCK_HASH_ENTRIES = 0x10000,
  /** Decoded blocks. */
  CODE_WORD = 0x400000,
  CODE_WORDS = 0x400000,

  /** Guest RAM: physical address + RAM is the byte's position in the arena. */
  RAM = 0x2000000,
  RAM_WORD = 0x800000,
  /** Positions stay below 2^31, so that they are small integers everywhere. */
  RAM_MAX_BYTES = 0x7c000000,
}

/** Word indices into the CPU state block. */
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
  // What follows up to 15 can be named as a register by decoded operations, but is not architectural.
  /** Always zero: stands for "no base" and "no index" in decoded effective addresses. */
  ZERO = 8,
  /** Linear address of the current memory operand, left by the segmentation operations. */
  ADDRESS = 9,
  /** A memory operand's value between its load and its use or write-back. */
  TEMP = 10,
  /** A second operand: an immediate for operations that have no immediate form. */
  TEMP2 = 11,

  /** EIP of the next instruction at a block boundary; inside a block, of the block's first instruction. */
  EIP = 16,
  /** EFLAGS; its arithmetic bits are valid only as FLAG_KIND says (flags.ts). */
  EFLAGS = 17,
  FLAG_KIND = 18,
  FLAG_A = 19,
  FLAG_B = 20,
  /** Current privilege level, 0..3 (3 in virtual-8086 mode, 0 in real mode). */
  CPL = 21,
  /** Between STI, MOV SS or POP SS and the end of the next instruction: Shadow, otherwise 0. */
  SHADOW = 22,
  /** 1 while halted by HLT, or standing before an x87 instruction until FERR# has led to an interrupt. */
  HALTED = 23,
  /** 1 after a triple fault: only reset() leaves this state. */
  SHUTDOWN = 24,
  /** Bit 0: an NMI is pending; bit 1: one is being handled (until IRET). */
  NMI = 25,
  /** Level of the INTR pin. */
  INTERRUPT_LINE = 26,
  /** What decoded code depends on: Mode bits, derived from segments, EFLAGS and CR0. */
  MODE = 27,
  /** TLB bits that send a read / a write at the current privilege level to the slow path. */
  READ_MASK = 28,
  WRITE_MASK = 29,
  /** Instructions that may still retire in this slice, counted down at the end of each block. */
  BUDGET = 30,
  /** Where a control transfer in a handler goes: the EIP of the next instruction. */
  NEXT_EIP = 31,

  /** Eight records of SegmentField.WORDS words: ES CS SS DS FS GS, then LDTR and TR. */
  SEGMENTS = 32,

  GDTR_BASE = 96,
  GDTR_LIMIT = 97,
  IDTR_BASE = 98,
  IDTR_LIMIT = 99,
  /** Pending fault: vector + 1, or 0; its error code, or -1 for none; see exception.ts. */
  FAULT = 100,
  FAULT_ERROR = 101,

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
  /** A20 gate: physical address bits that pass, -1 or ~(1 << 20). */
  A20_MASK = 134,
  /** Size of guest RAM in pages. */
  RAM_PAGES = 135,

  /** TLB fill lists: position of the oldest entry and number of entries, for ordinary and for global pages. */
  TLB_FIRST = 136,
  TLB_COUNT = 137,
  TLB_GLOBAL_FIRST = 138,
  TLB_GLOBAL_COUNT = 139,

  /** One bit per 4 MiB of linear space: an entry there was filled from a 4 MiB page, and INVLPG drops all of them. */
  LARGE_PAGES = 144,

  /** EFLAGS.RF: 1 when it was set at the boundary RESUME_COUNT (low half of instructionCount); see resume_flag.ts. */
  RESUME_FLAG = 176,
  RESUME_COUNT = 177,

  // x87 and SSE: fpu/ reads and writes these.
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
  /** Level of the FERR# pin: the machine has been told of an unmasked exception (CR0.NE clear). */
  FPU_ERROR_LINE = 241,
  /** Level of the IGNNE# pin. */
  FPU_IGNORE_ERRORS = 242,
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
  /** Descriptor bits 40..55: access byte in bits 0-7, AVL, D/B and G in bits 12, 14, 15. 0 = null, unusable. */
  ACCESS = 3,
  /** Derived from ACCESS and LIMIT: offsets within LOW..HIGH (unsigned) exist; none when LOW > HIGH. */
  LOW = 4,
  HIGH = 5,
  /** Derived: SegmentRight bits. */
  RIGHTS = 6,
  WORDS = 8,
}

/** What holds interrupts back for one instruction. */
export const enum Shadow {
  STI = 1,
  /** MOV SS, POP SS: debug traps too. */
  STACK = 2,
}

export const enum SegmentRight {
  READ = 1,
  WRITE = 2,
}

/** State.MODE: a decoded block is valid only in the mode it was decoded for. */
export const enum Mode {
  /** CS.D: 32-bit operands and addresses by default. */
  CODE32 = 1,
  /** SS.B: the stack pointer is ESP. */
  STACK32 = 2,
  /** One bit per segment, ES..GS at bits 2..7: base 0, limit 4 GiB, and (but for CS) writable. */
  FLAT_ES = 4,
  FLAT_CS = 8,
  FLAT_SS = 16,
  FLAT_DS = 32,
  FLAT_FS = 64,
  FLAT_GS = 128,
  /** Blocks of one instruction: trap flag, end of a slice, interrupt shadow. */
  SINGLE = 256,
}

/**
 * A TLB entry: bits 12-31 are (linear page XOR page in the arena), so that (entry & ~FFFh) ^ linear address is the
 * position of the byte in the arena. The low four bits send an access to the slow path when set: a hit needs one load
 * and one AND with the mask for (access, privilege level).
 */
export const enum TlbBit {
  SLOW_SUPERVISOR_READ = 1,
  SLOW_SUPERVISOR_WRITE = 2,
  SLOW_USER_READ = 4,
  SLOW_USER_WRITE = 8,
  /** What an empty entry holds (besides the listed bits). */
  EMPTY = 15,
  VALID = 16,
  WRITABLE = 32,
  USER = 64,
  DIRTY = 128,
  GLOBAL = 256,
  LARGE = 512,
  /** The page is in the ring of ordinary / of global pages. */
  LISTED = 1024,
  LISTED_GLOBAL = 2048,
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
