// Linear machine code before and after register allocation: i386 instructions over virtual registers, each defined once.

/** Register numbers as the processor encodes them. */
export const enum Reg {
  Eax,
  Ecx,
  Edx,
  Ebx,
  Esp,
  Ebp,
  Esi,
  Edi,
}

export const REG_COUNT = 8;
/** What the allocator hands out; EBP is the frame pointer. */
export const ALLOCATABLE = [Reg.Eax, Reg.Ecx, Reg.Edx, Reg.Ebx, Reg.Esi, Reg.Edi];
export const ALL_MASK = 0b11001111;
/** Registers with a low byte. */
export const BYTE_MASK = 0b00001111;
export const CALLER_SAVED_MASK = (1 << Reg.Eax) | (1 << Reg.Ecx) | (1 << Reg.Edx);

/** Condition codes as the processor encodes them; flip the low bit to negate. */
export const enum Cc {
  Below = 2,
  AboveEqual = 3,
  Equal = 4,
  NotEqual = 5,
  BelowEqual = 6,
  Above = 7,
  Less = 12,
  GreaterEqual = 13,
  LessEqual = 14,
  Greater = 15,
}

/**
 * Where a virtual register is: a register number, a spill slot or a word of the arguments. Slots and words are offsets
 * from these bases so that one number does.
 */
export const SLOT_BASE = 0x100;
export const PARAMETER_BASE = 0x10000;
export const NOWHERE = -1;

export function isRegister(location: number): boolean {
  return location >= 0 && location < REG_COUNT;
}

/** A use of a virtual register. */
export interface VirtualOperand {
  kind: "virtual";
  id: number;
  /** Registers it may be in; 0: memory will do as well. */
  mask: number;
  /** Read after the instruction's result is written, so it may not share the result's register. */
  late: boolean;
  /** Filled in by the allocator. */
  location: number;
}

export interface ImmediateOperand {
  kind: "immediate";
  value: number;
  /** Address of this symbol + value, when not empty. */
  symbol: string;
}

/** [symbol + base + index * scale + displacement]; `area` instead of base: an area of the frame. */
export interface MemoryOperand {
  kind: "memory";
  base: VirtualOperand | null;
  index: VirtualOperand | null;
  scale: 1 | 2 | 4 | 8;
  displacement: number;
  symbol: string;
  area: number;
}

export type Operand = VirtualOperand | ImmediateOperand | MemoryOperand;

export const enum Alu {
  Add,
  Or,
  Adc,
  Sbb,
  And,
  Sub,
  Xor,
  Cmp,
  /** Not one of the eight: two-operand IMUL. */
  Imul,
}

export const enum Shift {
  Rol = 0,
  Ror = 1,
  Shl = 4,
  Shr = 5,
  Sar = 7,
}

export const enum L {
  /** dst <- a */
  Move,
  /** dst <- address of memory a */
  Lea,
  /** dst <- memory a (size, signed) */
  Load,
  /** memory a <- b (size) */
  Store,
  /** dst <- a alu b; keepsFlags: the flags are wanted, so no LEA */
  Alu,
  /** memory a <- memory a alu b (size) */
  AluMemory,
  /** dst <- a shifted by b (immediate, or in ECX when b is null) */
  Shift,
  /** dst <- -a / ~a */
  Neg,
  Not,
  /** flags <- a cmp b (size for memory operands) */
  Compare,
  /** flags <- a and b */
  Test,
  /** dst <- 1 if cc, else 0 */
  SetCc,
  /** dst <- a if cc, else b */
  SelectCc,
  /** dst <- sign or zero extension of a (size, signed) */
  Extend,
  /** fixed register `reg` <- a */
  ToFixed,
  /** dst <- fixed register `reg` */
  FromFixed,
  /** Bytes with fixed registers around them: `symbol` names it (see machine.ts) */
  Machine,
  Push,
  /** dst <- top of the stack */
  PopTo,
  /** dst <-> a, both registers */
  Exchange,
  /** esp += imm */
  Pop,
  Call,
  CallIndirect,
  /** dst, dst2 <- 64-bit shift of a:b by ECX; imm is the kind */
  Shift64,
  /** dst <- bit scan results */
  Clz,
  Ctz,
  Param,
  Jump,
  /** successors[0] if cc, else successors[1] */
  JumpIf,
  /** through a table indexed by a; temporaries in dst */
  JumpTable,
  Return,
  Trap,
  /** Source variable imm is in a (and b) from here on. */
  DebugSet,
}

export class Instruction {
  dst: VirtualOperand | null = null;
  dst2: VirtualOperand | null = null;
  a: Operand | null = null;
  b: Operand | null = null;
  size: 1 | 2 | 4 = 4;
  signed = false;
  alu: Alu = Alu.Add;
  shift: Shift = Shift.Shl;
  cc: Cc = Cc.Equal;
  reg: Reg = Reg.Eax;
  imm = 0;
  symbol = "";
  keepsFlags = false;
  /** Registers this instruction destroys (calls, fixed results). */
  clobbers = 0;
  /** Fixed registers it reads, set up by ToFixed before it. */
  reads = 0;
  /** Index in IrFunction.locations. */
  location = -1;
  /** Even position of the instruction in the function, set by numbering; -1 for copies put in later. */
  position = -1;

  constructor(readonly op: L) {}
}

export class MachineBlock {
  index = 0;
  instructions: Instruction[] = [];
  predecessors: MachineBlock[] = [];
  successors: MachineBlock[] = [];
  /** Virtual register of each phi, and per predecessor what it is on that edge. */
  phis: { dst: number; args: (VirtualOperand | ImmediateOperand)[] }[] = [];
  loopDepth = 0;
  isLoopHeader = false;
  /** Positions of the first instruction and behind the last. */
  from = 0;
  to = 0;
  liveIn = new Set<number>();
  liveOut = new Set<number>();
  /** Source variable slots on entry: virtual register, constant or nothing. */
  slotsIn: (VirtualOperand | ImmediateOperand | MemoryOperand | undefined)[] | null = null;
}

export interface MachineFunction {
  name: string;
  blocks: MachineBlock[];
  /** Number of virtual registers. */
  registers: number;
  /** Argument word a virtual register comes from, or -1. */
  parameterOf: number[];
}

export function forEachOperand(operand: Operand | null, visit: (use: VirtualOperand) => void): void {
  if (!operand) return;
  if (operand.kind === "virtual") visit(operand);
  else if (operand.kind === "memory") {
    if (operand.base) visit(operand.base);
    if (operand.index) visit(operand.index);
  }
}

export function forEachUse(instruction: Instruction, visit: (use: VirtualOperand) => void): void {
  if (instruction.op === L.DebugSet) return;
  forEachOperand(instruction.a, visit);
  forEachOperand(instruction.b, visit);
}
