// Which virtual registers are needed where, and from that the intervals the allocator works on.
import { forEachOperand, forEachUse, type Instruction, L, type MachineBlock, type MachineFunction } from "./lir.ts";

/** Half-open: [from, to). Position 2i is the input of instruction i, 2i+1 its output. */
export interface Range {
  from: number;
  to: number;
}

export interface UsePosition {
  position: number;
  /** Registers allowed; 0: memory will do. */
  mask: number;
  loopDepth: number;
  /** No instruction: the end of a loop whose next round will use the value. */
  marker: boolean;
}

/** A stretch of a virtual register's life with one location. */
export class Interval {
  ranges: Range[] = [];
  uses: UsePosition[] = [];
  /** Register or memory; see lir.ts. */
  location = -1;
  /** Physical register it would like, then intervals it would like to share one with. */
  fixedHint = -1;
  hints: number[] = [];

  constructor(
    readonly register: number,
    readonly parent: Interval | null,
  ) {}

  get start(): number {
    return this.ranges[0].from;
  }

  get end(): number {
    return this.ranges[this.ranges.length - 1].to;
  }

  covers(position: number): boolean {
    for (const range of this.ranges) {
      if (position < range.from) return false;
      if (position < range.to) return true;
    }
    return false;
  }

  /** First use at or behind `position` of those `wanted`; Infinity if there is none. */
  nextUse(position: number, wanted: (use: UsePosition) => boolean = (use) => !use.marker): number {
    for (const use of this.uses) if (use.position >= position && wanted(use)) return use.position;
    return Infinity;
  }
}

/** First position both lists of ranges cover, or Infinity. */
export function intersection(a: readonly Range[], b: readonly Range[], from = 0): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i].to <= from || a[i].to <= b[j].from) i++;
    else if (b[j].to <= from || b[j].to <= a[i].from) j++;
    else return Math.max(a[i].from, b[j].from, from);
  }
  return Infinity;
}

/** Gives instructions their positions. */
export function number(fn: MachineFunction): void {
  let position = 0;
  for (const block of fn.blocks) {
    block.from = position;
    for (const instruction of block.instructions) {
      instruction.position = position;
      position += 2;
    }
    block.to = position;
  }
}

class BitSet {
  readonly words: Int32Array;

  constructor(size: number) {
    this.words = new Int32Array((size + 31) >> 5);
  }

  has(i: number): boolean {
    return (this.words[i >> 5] & (1 << (i & 31))) !== 0;
  }

  add(i: number): void {
    this.words[i >> 5] |= 1 << (i & 31);
  }

  delete(i: number): void {
    this.words[i >> 5] &= ~(1 << (i & 31));
  }

  /** this |= other; true if that changed anything. */
  unite(other: BitSet): boolean {
    let changed = 0;
    for (let i = 0; i < this.words.length; i++) {
      const before = this.words[i];
      this.words[i] = before | other.words[i];
      changed |= before ^ this.words[i];
    }
    return changed !== 0;
  }

  forEach(visit: (i: number) => void): void {
    for (let w = 0; w < this.words.length; w++) {
      for (let bits = this.words[w]; bits !== 0; bits &= bits - 1) visit(w * 32 + 31 - Math.clz32(bits & -bits));
    }
  }
}

/** Fills in MachineBlock.liveIn and liveOut (phi results are live in, phi arguments live out of the predecessor). */
export function computeLiveness(fn: MachineFunction): void {
  const size = fn.registers;
  const use = fn.blocks.map(() => new BitSet(size));
  const def = fn.blocks.map(() => new BitSet(size));
  const liveIn = fn.blocks.map(() => new BitSet(size));
  const liveOut = fn.blocks.map(() => new BitSet(size));
  fn.blocks.forEach((block, i) => {
    for (const phi of block.phis) def[i].add(phi.dst);
    for (const instruction of block.instructions) {
      forEachUse(instruction, ({ id }) => {
        if (!def[i].has(id)) use[i].add(id);
      });
      if (instruction.dst) def[i].add(instruction.dst.id);
      if (instruction.dst2) def[i].add(instruction.dst2.id);
    }
    for (const phi of block.phis) {
      phi.args.forEach((arg, k) => {
        if (arg.kind === "virtual") liveOut[block.predecessors[k].index].add(arg.id);
      });
    }
  });
  for (let changed = true; changed;) {
    changed = false;
    for (let i = fn.blocks.length - 1; i >= 0; i--) {
      for (const successor of fn.blocks[i].successors) {
        changed = liveOut[i].unite(liveIn[successor.index]) || changed;
      }
      for (let w = 0; w < liveIn[i].words.length; w++) {
        liveIn[i].words[w] = use[i].words[w] | (liveOut[i].words[w] & ~def[i].words[w]);
      }
    }
  }
  fn.blocks.forEach((block, i) => {
    liveIn[i].forEach((id) => block.liveIn.add(id));
    liveOut[i].forEach((id) => block.liveOut.add(id));
  });
}

export interface Intervals {
  /** By virtual register; null for one that is never defined or used. */
  intervals: (Interval | null)[];
  /** When each physical register is taken by the code itself. */
  fixed: Range[][];
}

export function buildIntervals(fn: MachineFunction): Intervals {
  const intervals: (Interval | null)[] = new Array<Interval | null>(fn.registers).fill(null);
  const fixed: Range[][] = Array.from({ length: 8 }, () => []);
  const get = (id: number): Interval => (intervals[id] ??= new Interval(id, null));
  for (let i = fn.blocks.length - 1; i >= 0; i--) {
    const block = fn.blocks[i];
    for (const id of block.liveOut) addRange(get(id), block.from, block.to);
    scanFixed(block, fixed);
    for (let k = block.instructions.length - 1; k >= 0; k--) {
      const instruction = block.instructions[k];
      const { position } = instruction;
      for (const dst of [instruction.dst, instruction.dst2])
        if (dst) define(get(dst.id), position + 1, dst.mask, block);
      forEachUse(instruction, (operand) => {
        const interval = get(operand.id);
        addRange(interval, block.from, position + (operand.late ? 2 : 1));
        // A late use counts at the output: its register must outlive the instruction's own results.
        interval.uses.push({
          position: position + (operand.late ? 1 : 0),
          mask: operand.mask,
          loopDepth: block.loopDepth,
          marker: false,
        });
      });
      addHints(instruction, get);
    }
    for (const phi of block.phis) {
      const interval = get(phi.dst);
      define(interval, block.from, 0, block);
      for (const arg of phi.args) {
        if (arg.kind !== "virtual") continue;
        interval.hints.push(arg.id);
        get(arg.id).hints.push(phi.dst);
      }
    }
  }
  markLoopEnds(fn, intervals);
  for (const interval of intervals) interval?.uses.sort((a, b) => a.position - b.position);
  return { intervals, fixed };
}

/**
 * In linear order the uses at the top of a loop are behind us when we are at its bottom. A mark at the bottom says that a
 * value used in the loop is needed again, so that values the loop does not use are given up first.
 */
function markLoopEnds(fn: MachineFunction, intervals: readonly (Interval | null)[]): void {
  for (const header of fn.blocks) {
    if (!header.isLoopHeader) continue;
    const latch = header.predecessors.reduce((last, block) => (block.index > last.index ? block : last), header);
    const isInside = ({ position }: UsePosition): boolean => position >= header.from && position < latch.to;
    for (const id of header.liveIn) {
      const interval = intervals[id];
      if (!interval?.uses.some(isInside)) continue;
      interval.uses.push({ position: latch.to - 1, mask: 0, loopDepth: header.loopDepth, marker: true });
    }
  }
}

/** Ranges arrive from the last block to the first. */
function addRange(interval: Interval, from: number, to: number): void {
  const first = interval.ranges[0];
  if (first && to >= first.from) {
    first.from = Math.min(first.from, from);
    first.to = Math.max(first.to, to);
  } else interval.ranges.unshift({ from, to });
}

function define(interval: Interval, position: number, mask: number, block: MachineBlock): void {
  const first = interval.ranges[0];
  if (first && first.from <= position && position < first.to) first.from = position;
  else interval.ranges.unshift({ from: position, to: position + 1 });
  interval.uses.push({ position, mask, loopDepth: block.loopDepth, marker: false });
}

function scanFixed(block: MachineBlock, fixed: Range[][]): void {
  const readUntil = new Array<number>(8).fill(-1);
  const found: { reg: number; range: Range }[] = [];
  for (let k = block.instructions.length - 1; k >= 0; k--) {
    const { op, reg, reads, clobbers, position } = block.instructions[k];
    const written = clobbers | (op === L.ToFixed ? 1 << reg : 0);
    const read = reads | (op === L.FromFixed ? 1 << reg : 0);
    for (let r = 0; r < 8; r++) {
      if (!(written & (1 << r))) continue;
      found.push({ reg: r, range: { from: position + 1, to: Math.max(readUntil[r], position + 2) } });
      readUntil[r] = -1;
    }
    for (let r = 0; r < 8; r++) if (read & (1 << r) && readUntil[r] < 0) readUntil[r] = position + 1;
  }
  for (const { reg, range } of found) {
    const first = fixed[reg][0];
    if (first && range.to >= first.from) first.from = Math.min(first.from, range.from);
    else fixed[reg].unshift(range);
  }
}

function addHints(instruction: Instruction, get: (id: number) => Interval): void {
  const { op, dst, a } = instruction;
  if (op === L.FromFixed && dst) get(dst.id).fixedHint = instruction.reg;
  if (op === L.ToFixed && a?.kind === "virtual") get(a.id).fixedHint = instruction.reg;
  const copies = op === L.Move || op === L.Alu || op === L.Shift || op === L.Neg || op === L.Not || op === L.SelectCc;
  if (dst && (copies || op === L.Shift64)) {
    forEachOperand(a, (operand) => {
      if (a?.kind !== "virtual") return;
      get(dst.id).hints.push(operand.id);
      get(operand.id).hints.push(dst.id);
    });
  }
}
