import { State } from "../layout.ts";
import { compare, examine } from "./float80/compare.ts";
import { Kind, kindOf } from "./float80/kind.ts";
import { storeZero } from "./float80/store.ts";
import { Flag } from "./state.ts";
import { blocked, isEmpty, pop, report, reportConditions, slot, STACK_UNDERFLOW } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

const UNORDERED = Flag.C0 | Flag.C2 | Flag.C3;

/** EFLAGS bits of FCOMI: C0, C2 and C3 land on CF, PF and ZF. */
const CF = 0x01;
const PF = 0x04;
const ZF = 0x40;

/**
 * Compares st0 with the register at word index `b`, sets the condition codes and pops.
 *
 * @param quiet FUCOM: quiet NaNs are no invalid operands
 * @param denormal DENORMAL if `b` was widened from a denormal in memory
 */
export function compareAndReport(w: Int32Array, b: number, quiet: boolean, denormal: number, pops: number): void {
  const top = slot(w, 0);
  let flags = compare(w, top, b, quiet);
  if (denormal !== 0 && kindOf(w, top) < Kind.QUIET) flags |= denormal;
  finish(w, flags, pops);
}

/** A compared register is empty: unordered, with a stack underflow. */
export function compareEmpty(w: Int32Array, pops: number): void {
  finish(w, UNORDERED | STACK_UNDERFLOW, pops);
}

function finish(w: Int32Array, flags: number, pops: number): void {
  reportConditions(w, flags);
  if (blocked(flags, w[State.FPU_CONTROL])) return;
  for (; pops > 0; pops--) pop(w);
}

/** FUCOM, FUCOMP, FUCOMPP, FCOMPP. */
export function compareRegisters(w: Int32Array, i: number, quiet: boolean, pops: number): void {
  if (isEmpty(w, 0) || isEmpty(w, i)) compareEmpty(w, pops);
  else compareAndReport(w, slot(w, i), quiet, 0, pops);
}

/** FCOMI, FCOMIP, FUCOMI, FUCOMIP: the outcome goes to EFLAGS, the condition codes stay. */
export function compareToFlags(fpu: FpuUnit, i: number, quiet: boolean, pops: boolean): void {
  const w = fpu.words;
  const outcome =
    isEmpty(w, 0) || isEmpty(w, i) ? UNORDERED | STACK_UNDERFLOW : compare(w, slot(w, 0), slot(w, i), quiet);
  const flags = outcome & ~UNORDERED;
  // Only a stack fault defines C1.
  if ((flags & Flag.STACK_FAULT) !== 0) report(w, flags);
  else report(w, flags | (w[State.FPU_STATUS] & Flag.C1));
  fpu.port.writeCompareFlags(
    ((outcome & Flag.C0) !== 0 ? CF : 0) | ((outcome & Flag.C2) !== 0 ? PF : 0) | ((outcome & Flag.C3) !== 0 ? ZF : 0),
  );
  if (pops && !blocked(flags, w[State.FPU_CONTROL])) pop(w);
}

/** FTST: st0 against 0.0. */
export function testTop(w: Int32Array): void {
  storeZero(w, State.FPU_LATCH_A, 0);
  if (isEmpty(w, 0)) compareEmpty(w, 0);
  else compareAndReport(w, State.FPU_LATCH_A, false, 0, 0);
}

/** FXAM: C3, C2, C0 say what st0 holds, C1 its sign; an empty register has a sign too. */
export function examineTop(w: Int32Array): void {
  const top = slot(w, 0);
  const flags = isEmpty(w, 0) ? Flag.C3 | Flag.C0 | (examine(w, top) & Flag.C1) : examine(w, top);
  w[State.FPU_STATUS] = (w[State.FPU_STATUS] & ~Flag.CONDITIONS) | flags;
}
