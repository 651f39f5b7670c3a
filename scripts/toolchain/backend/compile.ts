// One function from SSA form to bytes.
import { type IrFunction, type Variable, variableSlots } from "../ir/ir.ts";
import type { Place, PlaceRange } from "../debuginfo/model.ts";
import { allocate, type Allocation } from "./allocate.ts";
import { emit, type EmittedFunction } from "./emit.ts";
import {
  type ImmediateOperand,
  isRegister,
  L,
  type MachineBlock,
  type MachineFunction,
  type MemoryOperand,
  type Operand,
  PARAMETER_BASE,
  SLOT_BASE,
  type VirtualOperand,
} from "./lir.ts";
import { buildIntervals, computeLiveness, number, type Range } from "./liveness.ts";
import { lower } from "./lower.ts";
import { resolveLocations } from "./resolve.ts";

export interface CompiledVariable {
  variable: Variable;
  ranges: PlaceRange[];
}

export interface CompiledFunction extends EmittedFunction {
  variables: CompiledVariable[];
}

export function compileFunction(ir: IrFunction): CompiledFunction {
  const fn = lower(ir);
  number(fn);
  computeLiveness(fn);
  const allocation = allocate(fn, buildIntervals(fn));
  resolveLocations(fn, allocation);
  const emitted = emit(fn, allocation, ir.areas, ir.locations);
  return { ...emitted, variables: locateVariables(ir, fn, allocation, emitted) };
}

type Described = VirtualOperand | ImmediateOperand | MemoryOperand;

interface PlaceStretch {
  from: number;
  to: number;
  place: Place;
}

/** Location lists of the source's variables. */
function locateVariables(
  ir: IrFunction,
  fn: MachineFunction,
  allocation: Allocation,
  emitted: EmittedFunction,
): CompiledVariable[] {
  const found = new VariableLocator(ir, fn, allocation, emitted).run();
  return ir.variables.map((variable) => {
    const low = found[variable.slot] ?? [];
    if (!variable.wide) {
      return { variable, ranges: low.map(({ from, to, place }) => ({ from, to, low: place, high: null })) };
    }
    const ranges: PlaceRange[] = [];
    for (const a of low) {
      for (const b of found[variable.slot + 1] ?? []) {
        const from = Math.max(a.from, b.from);
        const to = Math.min(a.to, b.to);
        if (from < to) ranges.push({ from, to, low: a.place, high: b.place });
      }
    }
    return { variable, ranges };
  });
}

/**
 * Follows each word of each variable through the blocks. A value is shown where the allocator put it, and after its last
 * use for as long as nothing else is written there.
 */
class VariableLocator {
  private readonly found: PlaceStretch[][] = [];
  /** Offsets of the instructions that write to each location, ascending. */
  private readonly writes = new Map<number, number[]>();
  /** Where values still are at the end of each block, by virtual register. */
  private readonly leftovers = new Map<MachineBlock, Map<number, number>>();

  constructor(
    private readonly ir: IrFunction,
    private readonly fn: MachineFunction,
    private readonly allocation: Allocation,
    private readonly emitted: EmittedFunction,
  ) {}

  run(): PlaceStretch[][] {
    const slots = variableSlots(this.ir);
    for (const { location, offset } of this.emitted.writes) {
      const offsets = this.writes.get(location);
      if (offsets) offsets.push(offset);
      else this.writes.set(location, [offset]);
    }
    for (const offsets of this.writes.values()) offsets.sort((a, b) => a - b);
    for (const block of this.fn.blocks) this.visit(block, slots);
    return this.found;
  }

  /** Offset of a position of the block; blocks are not written in order of position. */
  private address(position: number, block: MachineBlock): number {
    const instruction = (position + 1) >> 1;
    if (instruction * 2 >= block.to) return this.emitted.blockEnds.get(block) as number;
    return this.emitted.addresses[instruction];
  }

  private visit(block: MachineBlock, slots: number[]): void {
    const before = block.predecessors.length === 1 ? this.leftovers.get(block.predecessors[0]) : undefined;
    const after = new Map<number, number>();
    this.leftovers.set(block, after);
    const current: (Described | undefined)[] = [];
    const since: number[] = [];
    const close = (slot: number, at: number): void => {
      const operand = current[slot];
      if (operand && at > since[slot]) this.follow(slot, operand, since[slot], at, block, before, after);
    };
    block.slotsIn?.forEach((operand, slot) => {
      current[slot] = operand;
      since[slot] = block.from;
    });
    for (const instruction of block.instructions) {
      if (instruction.op !== L.DebugSet) continue;
      const set = (slot: number, operand: Operand | null): void => {
        close(slot, instruction.position);
        current[slot] = operand ?? undefined;
        since[slot] = instruction.position;
      };
      set(instruction.imm, instruction.a);
      if (instruction.b) set(instruction.imm + 1, instruction.b);
    }
    for (const slot of slots) close(slot, block.to);
  }

  /** Word `slot` is `operand` between two positions of the block. */
  private follow(
    slot: number,
    operand: Described,
    from: number,
    to: number,
    block: MachineBlock,
    before: Map<number, number> | undefined,
    after: Map<number, number>,
  ): void {
    const constant = this.constantPlace(operand);
    if (constant) return this.add(slot, this.address(from, block), this.address(to, block), constant);
    if (operand.kind !== "virtual") return;
    const { id } = operand;
    let at = from;
    // What an earlier block left: valid until something is written there.
    let ghost = before?.get(id) ?? -1;
    let ghostFrom = this.address(from, block);
    for (const { range, location } of this.pieces(id, from, to)) {
      if (ghost >= 0 && range.from > at) {
        this.add(
          slot,
          ghostFrom,
          Math.min(this.firstWrite(ghost, ghostFrom), this.address(range.from, block)),
          this.place(ghost),
        );
      }
      const end = this.address(range.to, block);
      this.add(slot, this.address(range.from, block), end, this.place(location));
      at = range.to;
      // The instruction of the last use may itself overwrite the place.
      const lastUse = this.emitted.addresses[(range.to - 1) >> 1];
      const overwritten = this.firstWrite(location, lastUse) < end && (range.to & 1) === 1;
      ghost = overwritten ? -1 : location;
      ghostFrom = end;
    }
    if (ghost < 0) return;
    const end = this.address(to, block);
    const gone = at < to ? this.firstWrite(ghost, ghostFrom) : Infinity;
    if (at < to) this.add(slot, ghostFrom, Math.min(gone, end), this.place(ghost));
    if (gone >= end && to === block.to) after.set(id, ghost);
  }

  /** End of the first instruction at or behind `from` that writes to `location` (one byte of it is enough). */
  private firstWrite(location: number, from: number): number {
    const offsets = this.writes.get(location) ?? [];
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (offsets[middle] < from) low = middle + 1;
      else high = middle;
    }
    return low < offsets.length ? offsets[low] + 1 : Infinity;
  }

  private pieces(id: number, from: number, to: number): { range: Range; location: number }[] {
    const result: { range: Range; location: number }[] = [];
    for (const piece of this.allocation.pieces[id]) {
      for (const range of piece.ranges) {
        const start = Math.max(from, range.from);
        const end = Math.min(to, range.to);
        if (start < end) result.push({ range: { from: start, to: end }, location: piece.location });
      }
    }
    return result.sort((a, b) => a.range.from - b.range.from);
  }

  /** A place that does not depend on where execution is. */
  private constantPlace(operand: Described): Place | null {
    if (operand.kind === "immediate") {
      return operand.symbol
        ? { kind: "symbol", symbol: operand.symbol, addend: operand.value }
        : { kind: "constant", value: operand.value };
    }
    if (operand.kind === "memory") return { kind: "frameAddress", offset: this.emitted.areaOffsets[operand.area] };
    // An argument stays where the caller put it.
    const word = this.fn.parameterOf[operand.id];
    return word >= 0 ? this.place(PARAMETER_BASE + word) : null;
  }

  private place(location: number): Place {
    if (isRegister(location)) return { kind: "register", reg: location };
    if (location >= PARAMETER_BASE) return { kind: "frame", offset: 8 + 4 * (location - PARAMETER_BASE) };
    return { kind: "frame", offset: this.emitted.slotOffset(location - SLOT_BASE) };
  }

  private add(slot: number, from: number, to: number, place: Place): void {
    if (to <= from) return;
    const list = (this.found[slot] ??= []);
    const last = list[list.length - 1];
    if (last && last.to === from && samePlace(last.place, place)) last.to = to;
    else list.push({ from, to, place });
  }
}

function samePlace(a: Place, b: Place): boolean {
  switch (a.kind) {
    case "register":
      return b.kind === "register" && a.reg === b.reg;
    case "frame":
    case "frameAddress":
      return b.kind === a.kind && a.offset === b.offset;
    case "constant":
      return b.kind === "constant" && a.value === b.value;
    case "symbol":
      return b.kind === "symbol" && a.symbol === b.symbol && a.addend === b.addend;
  }
}
