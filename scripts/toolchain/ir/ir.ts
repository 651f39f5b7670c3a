// The intermediate representation: basic blocks of values in static single assignment form. Every value is 32 bits wide;
// a 64-bit quantity is a pair of them from the start.

/** Pure operations come first: see isPure. */
export const enum Op {
  /** imm */
  Const,
  /** Address: symbol + imm. */
  Symbol,
  /** Address of frame area `imm` of the function. */
  FrameAddress,
  /** One argument per predecessor, in order. */
  Phi,
  Add,
  Sub,
  Mul,
  And,
  Or,
  Xor,
  Shl,
  ShrU,
  ShrS,
  RotL,
  RotR,
  Eq,
  Ne,
  LtS,
  LtU,
  GtS,
  GtU,
  LeS,
  LeU,
  GeS,
  GeU,
  Clz,
  Ctz,
  /** Only in the reader's tables: becomes a call. */
  Popcnt,
  Extend8,
  Extend16,
  /** args: condition, value if not zero, value if zero */
  Select,
  /** Second result (edx, or the high word) of its argument. */
  High,
  // 64-bit: args low, high, low, high. Low word here, high word by High.
  Add64,
  Sub64,
  /** args a, b: full unsigned product. */
  MulWide,
  /** args low, high, count (taken modulo 64) */
  Shl64,
  ShrU64,
  ShrS64,
  /** Comparisons of 64-bit values, 0 or 1. */
  Eq64,
  Ne64,
  LtS64,
  LtU64,
  GeS64,
  GeU64,

  /** Word `imm` of the arguments: at [ebp + 8 + 4 * imm]. First of the operations that stay where they are. */
  Param,
  /** Traps like the processor: #DE. */
  DivS,
  DivU,
  RemS,
  RemU,
  /** args address; imm offset; size, signed */
  Load,
  /** args address, value; imm offset; size */
  Store,
  /** args words pushed; symbol called */
  Call,
  /** args function address, then words pushed */
  CallIndirect,
  /** CPU instruction `symbol` with args */
  Intrinsic,
  /** Source variable `imm` has value args[0] (and args[1] as high word) from here on. Not a use. */
  DebugSet,
}

export function isPure(op: Op): boolean {
  return op < Op.Param;
}

export function isComparison(op: Op): boolean {
  return op >= Op.Eq && op <= Op.GeU;
}

export class Value {
  id = -1;
  imm = 0;
  symbol = "";
  size: 1 | 2 | 4 = 4;
  signed = false;
  /** Index in IrFunction.locations, -1 for none. */
  location = -1;
  block: Block;
  /** Set when another value took this one's place. */
  replacement: Value | null = null;
  /** The zero of a local nothing has set yet: no value as far as the debugger is concerned. */
  implicit = false;
  /** Number of uses, valid after countUses. */
  uses = 0;

  constructor(
    readonly op: Op,
    block: Block,
    public args: Value[],
  ) {
    this.block = block;
  }
}

/** The value that stands for `value` now. */
export function resolve(value: Value): Value {
  let result = value;
  while (result.replacement) result = result.replacement;
  while (value.replacement && value.replacement !== result) {
    const next: Value = value.replacement;
    value.replacement = result;
    value = next;
  }
  return result;
}

export type Terminator =
  | { kind: "jump" }
  /** successors: taken if the condition is not zero, else */
  | { kind: "branch"; condition: Value; location: number }
  /** successors[index], the last one for anything larger */
  | { kind: "switch"; index: Value; location: number }
  | { kind: "return"; values: Value[]; location: number }
  | { kind: "trap"; location: number };

export class Block {
  /** Position in IrFunction.blocks, kept by renumber. */
  index = -1;
  phis: Value[] = [];
  values: Value[] = [];
  predecessors: Block[] = [];
  successors: Block[] = [];
  terminator: Terminator | null = null;
  loopDepth = 0;
  isLoopHeader = false;
  /** Values of the source's variables on entry, for the debug information: in the order of variableSlots. */
  slotsIn: (Value | undefined)[] | null = null;
}

export interface FrameArea {
  size: number;
}

/** A variable of the source, for the debug information. */
export interface Variable {
  name: string;
  /** Index of the local in the WebAssembly function. */
  local: number;
  /** Slot of its low word; a 64-bit variable has its high word in the next. */
  slot: number;
  wide: boolean;
  parameter: boolean;
}

export interface Location {
  file: number;
  line: number;
  column: number;
}

export interface IrFunction {
  name: string;
  blocks: Block[];
  /** Words of arguments and of results (0, 1, 2). */
  parameterWords: number;
  resultWords: number;
  areas: FrameArea[];
  variables: Variable[];
  locations: Location[];
}

/** Slots of the source's variables, in the order of Block.slotsIn. */
export function variableSlots(fn: IrFunction): number[] {
  return fn.variables.flatMap(({ slot, wide }) => (wide ? [slot, slot + 1] : [slot]));
}

/** Numbers the blocks in order and drops those no path reaches. */
export function renumber(fn: IrFunction): void {
  const reached = new Set<Block>();
  const work = [fn.blocks[0]];
  for (let block = work.pop(); block; block = work.pop()) {
    if (reached.has(block)) continue;
    reached.add(block);
    work.push(...block.successors);
  }
  for (const block of fn.blocks) {
    if (reached.has(block)) continue;
    for (const successor of block.successors) if (reached.has(successor)) removePredecessor(successor, block);
  }
  fn.blocks = fn.blocks.filter((block) => reached.has(block));
  fn.blocks.forEach((block, i) => (block.index = i));
}

/** Takes one edge from `predecessor` away, with the phi arguments that came along it. */
export function removePredecessor(block: Block, predecessor: Block): void {
  const i = block.predecessors.indexOf(predecessor);
  block.predecessors.splice(i, 1);
  for (const phi of block.phis) phi.args.splice(i, 1);
}

/** Calls `visit` for every value a terminator reads. */
export function terminatorUses(terminator: Terminator | null, visit: (value: Value) => void): void {
  if (!terminator) return;
  if (terminator.kind === "branch") visit(terminator.condition);
  else if (terminator.kind === "switch") visit(terminator.index);
  else if (terminator.kind === "return") terminator.values.forEach(visit);
}

/** Recomputes Value.uses. Debug markers do not count. */
export function countUses(fn: IrFunction): void {
  for (const block of fn.blocks) {
    for (const value of block.phis) value.uses = 0;
    for (const value of block.values) value.uses = 0;
  }
  const use = (value: Value): void => {
    value.uses++;
  };
  for (const block of fn.blocks) {
    for (const value of block.phis) value.args.forEach(use);
    for (const value of block.values) if (value.op !== Op.DebugSet) value.args.forEach(use);
    terminatorUses(block.terminator, use);
  }
}
