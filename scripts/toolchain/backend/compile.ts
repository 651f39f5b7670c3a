// One function from SSA form to bytes.
import type { IrFunction, Variable } from "../ir/ir.ts";
import type { Place, PlaceRange } from "../debuginfo/model.ts";
import { allocate, type Allocation } from "./allocate.ts";
import { emit, type EmittedFunction } from "./emit.ts";
import {
  type ImmediateOperand,
  isRegister,
  L,
  type MachineFunction,
  type MemoryOperand,
  type Operand,
  PARAMETER_BASE,
  SLOT_BASE,
  type VirtualOperand,
} from "./lir.ts";
import { buildIntervals, computeLiveness, number } from "./liveness.ts";
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

/** A stretch of positions in which a word of a variable is one value. */
interface Stretch {
  from: number;
  to: number;
  operand: Described;
}

/** Location lists of the source's variables. */
function locateVariables(
  ir: IrFunction,
  fn: MachineFunction,
  allocation: Allocation,
  emitted: EmittedFunction,
): CompiledVariable[] {
  const stretches = collectStretches(ir, fn);
  const address = (position: number): number =>
    emitted.addresses[Math.min((position + 1) >> 1, emitted.addresses.length - 1)];
  const places = (slot: number): { from: number; to: number; place: Place }[] => {
    const found: { from: number; to: number; place: Place }[] = [];
    for (const { from, to, operand } of stretches[slot] ?? []) {
      for (const piece of placesOf(operand, from, to, allocation, emitted)) {
        const start = address(piece.from);
        const end = address(piece.to);
        const last = found[found.length - 1];
        if (end <= start) continue;
        if (last && last.to === start && samePlace(last.place, piece.place)) last.to = end;
        else found.push({ from: start, to: end, place: piece.place });
      }
    }
    return found;
  };
  return ir.variables.map((variable) => {
    const low = places(variable.slot);
    if (!variable.wide) {
      return { variable, ranges: low.map(({ from, to, place }) => ({ from, to, low: place, high: null })) };
    }
    const ranges: PlaceRange[] = [];
    for (const a of low) {
      for (const b of places(variable.slot + 1)) {
        const from = Math.max(a.from, b.from);
        const to = Math.min(a.to, b.to);
        if (from < to) ranges.push({ from, to, low: a.place, high: b.place });
      }
    }
    return { variable, ranges };
  });
}

function collectStretches(ir: IrFunction, fn: MachineFunction): Stretch[][] {
  const stretches: Stretch[][] = [];
  for (const block of fn.blocks) {
    const current: (Described | undefined)[] = [];
    const since: number[] = [];
    const close = (slot: number, at: number): void => {
      const operand = current[slot];
      if (operand && at > since[slot]) (stretches[slot] ??= []).push({ from: since[slot], to: at, operand });
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
    for (const { slot, wide } of ir.variables) {
      close(slot, block.to);
      if (wide) close(slot + 1, block.to);
    }
  }
  return stretches;
}

function placesOf(
  operand: Described,
  from: number,
  to: number,
  allocation: Allocation,
  emitted: EmittedFunction,
): { from: number; to: number; place: Place }[] {
  if (operand.kind === "immediate") {
    const place: Place = operand.symbol
      ? { kind: "symbol", symbol: operand.symbol, addend: operand.value }
      : { kind: "constant", value: operand.value };
    return [{ from, to, place }];
  }
  if (operand.kind === "memory") {
    return [{ from, to, place: { kind: "frameAddress", offset: emitted.areaOffsets[operand.area] } }];
  }
  const memory = allocation.memory[operand.id];
  // An argument stays where the caller put it.
  if (memory >= PARAMETER_BASE) return [{ from, to, place: placeAt(memory, emitted) }];
  const result: { from: number; to: number; place: Place }[] = [];
  for (const piece of allocation.pieces[operand.id]) {
    for (const range of piece.ranges) {
      const start = Math.max(from, range.from);
      const end = Math.min(to, range.to);
      if (start < end) result.push({ from: start, to: end, place: placeAt(piece.location, emitted) });
    }
  }
  return result.sort((a, b) => a.from - b.from);
}

function placeAt(location: number, emitted: EmittedFunction): Place {
  if (isRegister(location)) return { kind: "register", reg: location };
  if (location >= PARAMETER_BASE) return { kind: "frame", offset: 8 + 4 * (location - PARAMETER_BASE) };
  return { kind: "frame", offset: emitted.slotOffset(location - SLOT_BASE) };
}

function samePlace(a: Place, b: Place): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
