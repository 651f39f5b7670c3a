// Linear scan register allocation with interval splitting (Wimmer and Moessenboeck, "Optimized interval splitting in a
// linear scan register allocator"). A virtual register has one definition, so its spill slot is written once, right
// behind that, and giving up a register later costs nothing.
import {
  ALL_MASK,
  ALLOCATABLE,
  CALLER_SAVED_MASK,
  isRegister,
  type MachineFunction,
  PARAMETER_BASE,
  SLOT_BASE,
} from "./lir.ts";
import { Interval, type Intervals, intersection, type Range, type UsePosition } from "./liveness.ts";

export interface Allocation {
  /** By virtual register: its intervals in order of time. */
  pieces: Interval[][];
  /** Memory location of each virtual register that has one, else -1. */
  memory: number[];
  slots: number;
}

const needsRegister = (use: UsePosition): boolean => use.mask !== 0;
/** Worth a register: must be in one, or is inside a loop. */
const likesRegister = (use: UsePosition): boolean => use.mask !== 0 || (use.loopDepth > 0 && !use.marker);
/** Would suffer from losing the register. */
const keepsRegister = (use: UsePosition): boolean => use.mask !== 0 || use.loopDepth > 0;

export function allocate(fn: MachineFunction, intervals: Intervals): Allocation {
  return new Allocator(fn, intervals).run();
}

class Allocator {
  /** Where allocation stands: everything before is settled. */
  private position = 0;
  private readonly unhandled: Interval[] = [];
  private active: Interval[] = [];
  private inactive: Interval[] = [];
  private readonly pieces: Interval[][];
  private readonly memory: number[];
  private readonly slotRanges: Range[][] = [];
  private readonly boundaries: { position: number; loopDepth: number }[];
  private readonly depths: { position: number; loopDepth: number }[];

  constructor(
    private readonly fn: MachineFunction,
    private readonly input: Intervals,
  ) {
    this.pieces = input.intervals.map((interval) => (interval ? [interval] : []));
    this.memory = new Array<number>(input.intervals.length).fill(-1);
    // The start of a loop's header is the last place outside of the loop.
    this.boundaries = fn.blocks.map((block) => ({
      position: block.from,
      loopDepth: block.isLoopHeader ? block.loopDepth - 1 : block.loopDepth,
    }));
    this.depths = fn.blocks.map((block) => ({ position: block.from, loopDepth: block.loopDepth }));
  }

  run(): Allocation {
    for (const interval of this.input.intervals) if (interval) this.unhandled.push(interval);
    // Last element is next.
    this.unhandled.sort((a, b) => b.start - a.start || b.register - a.register);
    for (let current = this.unhandled.pop(); current; current = this.unhandled.pop()) {
      this.position = current.start;
      this.expire(current.start);
      if (this.allocateFree(current) || this.allocateBlocked(current)) this.active.push(current);
    }
    for (const list of this.pieces) list.sort((a, b) => a.start - b.start);
    return { pieces: this.pieces, memory: this.memory, slots: this.slotRanges.length };
  }

  private expire(position: number): void {
    const active: Interval[] = [];
    const inactive: Interval[] = [];
    for (const interval of [...this.active, ...this.inactive]) {
      if (interval.end <= position) continue;
      (interval.covers(position) ? active : inactive).push(interval);
    }
    this.active = active;
    this.inactive = inactive;
  }

  /** Registers all uses of the interval allow. */
  private allowed(interval: Interval): number {
    let mask = ALL_MASK;
    for (const use of interval.uses) if (use.mask) mask &= use.mask;
    return mask;
  }

  private allocateFree(current: Interval): boolean {
    const mask = this.allowed(current);
    const freeUntil = new Array<number>(8).fill(0);
    for (const reg of ALLOCATABLE) {
      if (mask & (1 << reg)) freeUntil[reg] = intersection(this.input.fixed[reg], current.ranges, current.start);
    }
    for (const interval of this.active) freeUntil[interval.location] = 0;
    for (const interval of this.inactive) {
      const reg = interval.location;
      if (freeUntil[reg] > 0) {
        freeUntil[reg] = Math.min(freeUntil[reg], intersection(interval.ranges, current.ranges, current.start));
      }
    }
    const reg = this.choose(current, freeUntil);
    // Worth it only if a use lies before the register is taken away.
    if (reg < 0) return false;
    if (freeUntil[reg] < current.end) {
      if (current.nextUse(current.start) >= freeUntil[reg] && !this.startsWithNeed(current)) return false;
      if (!this.splitBefore(current, freeUntil[reg])) return false;
    }
    current.location = reg;
    return true;
  }

  private startsWithNeed(current: Interval): boolean {
    return current.nextUse(current.start, needsRegister) <= current.start + 1;
  }

  private choose(current: Interval, freeUntil: number[]): number {
    const { end, start } = current;
    const preferred = this.hint(current);
    for (const reg of preferred) if (freeUntil[reg] >= end) return reg;
    let best = -1;
    for (const reg of ALLOCATABLE) {
      if (freeUntil[reg] <= start + 1 && freeUntil[reg] < end) continue;
      if (best < 0 || this.better(freeUntil, reg, best, end)) best = reg;
    }
    if (best >= 0 && freeUntil[best] < end) {
      for (const reg of preferred) if (freeUntil[reg] === freeUntil[best]) return reg;
    }
    return best;
  }

  private better(freeUntil: number[], reg: number, best: number, end: number): boolean {
    const fits = freeUntil[reg] >= end;
    const bestFits = freeUntil[best] >= end;
    if (fits !== bestFits) return fits;
    if (!fits) return freeUntil[reg] > freeUntil[best];
    // Both fit: take the one that costs no save in the prologue, then the tightest fit, to keep the others for long lives.
    const saved = this.isUsed(reg);
    const bestSaved = this.isUsed(best);
    if (saved !== bestSaved) return saved;
    return freeUntil[reg] < freeUntil[best];
  }

  private readonly usedCalleeSaved = new Set<number>();

  private isUsed(reg: number): boolean {
    return (CALLER_SAVED_MASK & (1 << reg)) !== 0 || this.usedCalleeSaved.has(reg);
  }

  private hint(current: Interval): number[] {
    const result: number[] = [];
    const add = (location: number): void => {
      if (isRegister(location)) result.push(location);
    };
    if (current.parent) add(current.parent.location);
    add(current.fixedHint);
    for (const id of current.hints) {
      const pieces = this.pieces[id];
      for (const piece of pieces) add(piece.location);
    }
    // What the partners want themselves.
    for (const id of current.hints) for (const piece of this.pieces[id]) add(piece.fixedHint);
    return result;
  }

  private allocateBlocked(current: Interval): boolean {
    const mask = this.allowed(current);
    const nextUse = new Array<number>(8).fill(-1);
    const blocked = new Array<number>(8).fill(Infinity);
    for (const reg of ALLOCATABLE) {
      if (!(mask & (1 << reg))) continue;
      nextUse[reg] = Infinity;
      blocked[reg] = intersection(this.input.fixed[reg], current.ranges, current.start);
      nextUse[reg] = blocked[reg];
    }
    const consider = (interval: Interval, overlaps: boolean): void => {
      const reg = interval.location;
      if (!overlaps || nextUse[reg] < 0) return;
      // An operand of the very instruction current is for must stay.
      if (interval.nextUse(current.start, needsRegister) <= (current.start | 1)) nextUse[reg] = -1;
      else nextUse[reg] = Math.min(nextUse[reg], interval.nextUse(current.start, keepsRegister));
    };
    for (const interval of this.active) consider(interval, true);
    for (const interval of this.inactive) {
      consider(interval, intersection(interval.ranges, current.ranges, current.start) < Infinity);
    }
    let reg = -1;
    for (const candidate of ALLOCATABLE) {
      if (blocked[candidate] <= current.start + 1 && blocked[candidate] < current.end) continue;
      if (nextUse[candidate] >= 0 && (reg < 0 || nextUse[candidate] > nextUse[reg])) reg = candidate;
    }
    const must = current.nextUse(current.start, needsRegister);
    const mustNow = must <= current.start + 1;
    const first = current.nextUse(current.start, likesRegister);
    if (!mustNow && (reg < 0 || first >= nextUse[reg])) {
      this.spill(current);
      return false;
    }
    if (reg < 0) throw new Error(`no register for v${current.register} in ${this.fn.name}`);
    if (blocked[reg] < current.end && !this.splitBefore(current, blocked[reg])) {
      throw new Error(`no place to split v${current.register} in ${this.fn.name}`);
    }
    this.evict(reg, current);
    current.location = reg;
    return true;
  }

  private evict(reg: number, current: Interval): void {
    const evicted = [...this.active, ...this.inactive].filter(
      (interval) =>
        interval.location === reg && intersection(interval.ranges, current.ranges, current.start) < Infinity,
    );
    for (const interval of evicted) {
      this.active = this.active.filter((other) => other !== interval);
      this.inactive = this.inactive.filter((other) => other !== interval);
      if (current.start <= interval.start) {
        // It starts here too: memory from the start.
        this.spill(interval);
        continue;
      }
      const tail = this.cut(interval, this.evictionPoint(interval, current.start));
      this.active.push(interval);
      if (tail) this.spill(tail);
    }
    this.expire(current.start);
  }

  /** Where an interval gives up its register for one that starts at `start`: earlier if that is outside of a loop. */
  private evictionPoint(interval: Interval, start: number): number {
    let last = interval.start;
    for (const use of interval.uses) if (use.position < start && !use.marker) last = Math.max(last, use.position);
    const at = this.splitPosition(last + 1, start);
    return at > last && at <= start ? at : start;
  }

  /** Puts the interval in memory up to the next place that needs (or in a loop likes) a register. */
  private spill(interval: Interval): void {
    if (interval.start > this.position && (interval.start & 1) === 0) {
      // It begins later, behind a hole in its life: no decision yet.
      this.queue(interval);
      return;
    }
    interval.location = this.slotOf(interval.register);
    const from = Math.max(interval.start + 1, this.position);
    const next = interval.nextUse(from, likesRegister);
    if (next >= interval.end) return;
    const at = this.splitPosition(from, next);
    if (at <= interval.start || at < this.position) {
      if (interval.nextUse(from, needsRegister) > next) return;
      throw new Error(`v${interval.register} is needed in a register at ${next} in ${this.fn.name}`);
    }
    const tail = this.cut(interval, at);
    if (tail) this.queue(tail);
  }

  /** Splits so that the first part ends at or before `limit`; false if a use needs the register up to there. */
  private splitBefore(interval: Interval, limit: number): boolean {
    let last = interval.start;
    for (const use of interval.uses) if (use.position < limit && !use.marker) last = Math.max(last, use.position);
    let at = this.splitPosition(last + 1, limit);
    // Between input and output of one instruction: the rest then begins in memory.
    if (at <= last || at > limit) at = limit;
    if (at <= interval.start) return false;
    const tail = this.cut(interval, at);
    if (!tail) return true;
    if (at & 1) this.spill(tail);
    else this.queue(tail);
    return true;
  }

  /** The best even position in [from, to]: a block boundary outside of loops, else as late as possible. */
  private splitPosition(from: number, to: number): number {
    const late = to & ~1;
    let best = late;
    let depth = Infinity;
    for (const boundary of this.boundaries) {
      if (boundary.position < from || boundary.position > late) continue;
      if (boundary.loopDepth <= depth) {
        depth = boundary.loopDepth;
        best = boundary.position;
      }
    }
    // A boundary is better only if it is outside of the loop the late position is in.
    return depth < this.depthAt(late) ? best : late;
  }

  private depthAt(position: number): number {
    let depth = 0;
    for (const boundary of this.depths) {
      if (boundary.position > position) break;
      depth = boundary.loopDepth;
    }
    return depth;
  }

  /** Cuts the interval at `position`; the rest becomes a new interval (null if nothing is left). */
  private cut(interval: Interval, position: number): Interval | null {
    if (position >= interval.end) return null;
    const tail = new Interval(interval.register, interval);
    const head: Range[] = [];
    for (const range of interval.ranges) {
      if (range.to <= position) head.push(range);
      else if (range.from >= position) tail.ranges.push(range);
      else {
        head.push({ from: range.from, to: position });
        tail.ranges.push({ from: position, to: range.to });
      }
    }
    interval.ranges = head;
    tail.uses = interval.uses.filter((use) => use.position >= position);
    interval.uses = interval.uses.filter((use) => use.position < position);
    tail.hints = interval.hints;
    tail.fixedHint = interval.fixedHint;
    this.pieces[interval.register].push(tail);
    return tail;
  }

  private queue(interval: Interval): void {
    let i = this.unhandled.length;
    while (i > 0 && this.unhandled[i - 1].start < interval.start) i--;
    this.unhandled.splice(i, 0, interval);
  }

  /** Memory of a virtual register: the argument it comes from, or a slot shared with others that never live with it. */
  private slotOf(register: number): number {
    if (this.memory[register] >= 0) return this.memory[register];
    const parameter = this.fn.parameterOf[register];
    if (parameter >= 0) return (this.memory[register] = PARAMETER_BASE + parameter);
    const lifetime: Range[] = [];
    for (const piece of this.pieces[register]) lifetime.push(...piece.ranges);
    lifetime.sort((a, b) => a.from - b.from);
    let slot = this.slotRanges.findIndex((taken) => intersection(taken, lifetime) === Infinity);
    if (slot < 0) {
      slot = this.slotRanges.length;
      this.slotRanges.push([]);
    }
    this.slotRanges[slot].push(...lifetime);
    this.slotRanges[slot].sort((a, b) => a.from - b.from);
    return (this.memory[register] = SLOT_BASE + slot);
  }
}
