import { State } from "../layout.ts";
import type { FpuPort } from "./port.ts";
import { Flag } from "./state.ts";

/** What the instruction groups work on: the state in the arena, the operand buffer and the port to the processor. */
export interface FpuUnit {
  /** The arena's state words, indexed by `State`. */
  readonly words: Int32Array;
  /** The memory operand, little-endian: 128 words, as much as FXSAVE needs. */
  readonly operand: Int32Array;
  /** The same in halves: register images of 10 bytes are not word-aligned. */
  readonly operand16: Uint16Array;
  readonly port: FpuPort;
}

/** Word index of register ST(i). */
export function slot(w: Int32Array, i: number): number {
  return State.FPU_REGISTERS + (((w[State.FPU_TOP] + i) & 7) << 2);
}

/** Whether ST(i) is tagged empty. */
export function isEmpty(w: Int32Array, i: number): boolean {
  return ((w[State.FPU_TAGS] >>> ((w[State.FPU_TOP] + i) & 7)) & 1) === 0;
}

/** Tags ST(i) not empty. */
export function fill(w: Int32Array, i: number): void {
  w[State.FPU_TAGS] |= 1 << ((w[State.FPU_TOP] + i) & 7);
}

/** Tags ST(i) empty. */
export function free(w: Int32Array, i: number): void {
  w[State.FPU_TAGS] &= ~(1 << ((w[State.FPU_TOP] + i) & 7));
}

/** Frees ST(0) and increments TOP. */
export function pop(w: Int32Array): void {
  const top = w[State.FPU_TOP];
  w[State.FPU_TAGS] &= ~(1 << top);
  w[State.FPU_TOP] = (top + 1) & 7;
}

/** Decrements TOP and tags the new ST(0) not empty; its contents are to be stored. */
export function push(w: Int32Array): void {
  const top = (w[State.FPU_TOP] - 1) & 7;
  w[State.FPU_TOP] = top;
  w[State.FPU_TAGS] |= 1 << top;
}

/** Condition codes and exceptions of a stack underflow; an overflow has C1 too. */
export const STACK_UNDERFLOW = Flag.INVALID | Flag.STACK_FAULT;
export const STACK_OVERFLOW = Flag.INVALID | Flag.STACK_FAULT | Flag.C1;

/** Whether exceptions in `flags` that come before the computation are unmasked: operands and stack stay. */
export function blocked(flags: number, control: number): boolean {
  return (flags & ~control & Flag.PRE_COMPUTATION) !== 0;
}

/** Enters an instruction's exceptions and C1 in the status word; the other condition codes stay. */
export function report(w: Int32Array, flags: number): void {
  let status = (w[State.FPU_STATUS] & ~Flag.C1) | flags;
  if ((flags & ~w[State.FPU_CONTROL] & Flag.EXCEPTIONS) !== 0) status |= Flag.SUMMARY | Flag.BUSY;
  w[State.FPU_STATUS] = status;
}

/** The same for instructions that define all four condition codes. */
export function reportConditions(w: Int32Array, flags: number): void {
  w[State.FPU_STATUS] &= ~Flag.CONDITIONS;
  report(w, flags);
}

/** Recomputes the summary bits after masks or flags were loaded. */
export function summarise(w: Int32Array): void {
  const pending = (w[State.FPU_STATUS] & ~w[State.FPU_CONTROL] & Flag.EXCEPTIONS) !== 0;
  if (pending) w[State.FPU_STATUS] |= Flag.SUMMARY | Flag.BUSY;
  else w[State.FPU_STATUS] &= ~(Flag.SUMMARY | Flag.BUSY);
}
