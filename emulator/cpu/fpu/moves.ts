import { State } from "../layout.ts";
import { storeIndefinite } from "./float80/nan.ts";
import { copyRegister } from "./float80/store.ts";
import { Operation } from "./operations.ts";
import { Flag, Head } from "./state.ts";
import { fill, free, isEmpty, report, slot, STACK_UNDERFLOW } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** FXCH st(i). */
export function exchange(w: Int32Array, i: number): void {
  const top = slot(w, 0);
  const other = slot(w, i);
  const emptyTop = isEmpty(w, 0);
  const emptyOther = isEmpty(w, i);
  if (emptyTop || emptyOther) {
    report(w, STACK_UNDERFLOW);
    if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
    if (emptyTop) storeIndefinite(w, top);
    if (emptyOther) storeIndefinite(w, other);
    fill(w, 0);
    fill(w, i);
  } else {
    report(w, 0);
  }
  copyRegister(w, State.FPU_LATCH_A, top);
  copyRegister(w, top, other);
  copyRegister(w, other, State.FPU_LATCH_A);
}

/** FCHS and FABS: they change the sign bit of whatever st0 holds. */
export function changeSign(w: Int32Array, keep: number, flip: number): void {
  if (isEmpty(w, 0)) {
    report(w, STACK_UNDERFLOW);
    if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
    storeIndefinite(w, slot(w, 0));
    fill(w, 0);
    return;
  }
  report(w, 0);
  const head = slot(w, 0) + 2;
  w[head] = (w[head] & (Head.EXPONENT | keep)) ^ flip;
}

/** FCMOVcc st0, st(i). */
export function moveIf(fpu: FpuUnit, operation: number, i: number): void {
  const w = fpu.words;
  if (isEmpty(w, 0) || isEmpty(w, i)) {
    report(w, STACK_UNDERFLOW);
    if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
    storeIndefinite(w, slot(w, 0));
    fill(w, 0);
    return;
  }
  if (holds(operation, fpu.port.readFlags())) copyRegister(w, slot(w, 0), slot(w, i));
}

function holds(operation: number, flags: number): boolean {
  switch (operation) {
    case Operation.FCMOVB:
      return (flags & 0x01) !== 0;
    case Operation.FCMOVE:
      return (flags & 0x40) !== 0;
    case Operation.FCMOVBE:
      return (flags & 0x41) !== 0;
    case Operation.FCMOVU:
      return (flags & 0x04) !== 0;
    case Operation.FCMOVNB:
      return (flags & 0x01) === 0;
    case Operation.FCMOVNE:
      return (flags & 0x40) === 0;
    case Operation.FCMOVNBE:
      return (flags & 0x41) === 0;
    default:
      return (flags & 0x04) === 0;
  }
}

/** FINCSTP and FDECSTP: TOP moves, tags and contents don't. */
export function rotate(w: Int32Array, by: number): void {
  report(w, 0);
  w[State.FPU_TOP] = (w[State.FPU_TOP] + by) & 7;
}

/** FFREE. */
export function freeRegister(w: Int32Array, i: number): void {
  report(w, 0);
  free(w, i);
}
