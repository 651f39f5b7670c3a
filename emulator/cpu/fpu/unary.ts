import { State } from "../layout.ts";
import { roundToInteger } from "./float80/integral.ts";
import { Kind, kindOf } from "./float80/kind.ts";
import { storeIndefinite } from "./float80/nan.ts";
import { remainder } from "./float80/remainder.ts";
import { extract, scale } from "./float80/scale.ts";
import { squareRoot } from "./float80/sqrt.ts";
import { copyRegister } from "./float80/store.ts";
import { Operation } from "./operations.ts";
import { Flag } from "./state.ts";
import { blocked, fill, isEmpty, push, report, slot, STACK_OVERFLOW, STACK_UNDERFLOW } from "./unit.ts";

/** An operand is empty: masked, st0 becomes the default NaN. */
export function underflowTop(w: Int32Array): void {
  report(w, STACK_UNDERFLOW);
  if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
  storeIndefinite(w, slot(w, 0));
  fill(w, 0);
}

/** An instruction that pushes found the stack full (or st0 empty, `flags`): masked, both become the default NaN. */
export function faultPair(w: Int32Array, flags: number): void {
  report(w, flags);
  if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
  storeIndefinite(w, slot(w, 0));
  fill(w, 0);
  push(w);
  storeIndefinite(w, slot(w, 0));
}

/** FSQRT, FRNDINT: st0 = f(st0); FSCALE, FPREM, FPREM1: st0 = f(st0, st1). */
export function transformTop(w: Int32Array, operation: number): void {
  const two = operation === Operation.FSCALE || operation === Operation.FPREM || operation === Operation.FPREM1;
  if (isEmpty(w, 0) || (two && isEmpty(w, 1))) {
    if (operation === Operation.FPREM || operation === Operation.FPREM1) w[State.FPU_STATUS] &= ~Flag.C2;
    underflowTop(w);
    return;
  }
  const top = slot(w, 0);
  const control = w[State.FPU_CONTROL];
  switch (operation) {
    case Operation.FSQRT:
      report(w, squareRoot(w, top, top, control));
      break;
    case Operation.FRNDINT:
      report(w, roundToInteger(w, top, top, control));
      break;
    case Operation.FSCALE:
      report(w, scale(w, top, top, slot(w, 1), control));
      break;
    default: {
      const flags = remainder(w, top, top, slot(w, 1), operation === Operation.FPREM1, control);
      reportRemainder(w, flags);
    }
  }
}

/** Without a quotient, C0 and C3 stay. */
function reportRemainder(w: Int32Array, flags: number): void {
  const computed =
    (flags & Flag.INVALID) === 0 && !blocked(flags, w[State.FPU_CONTROL]) && kindOf(w, slot(w, 0)) < Kind.QUIET;
  w[State.FPU_STATUS] &= computed ? ~Flag.CONDITIONS : ~Flag.C2;
  report(w, flags);
}

/** FXTRACT: the exponent replaces st0, the significand is pushed. */
export function extractTop(w: Int32Array): void {
  if (isEmpty(w, 0)) {
    faultPair(w, STACK_UNDERFLOW);
    return;
  }
  if (!isEmpty(w, 7)) {
    faultPair(w, STACK_OVERFLOW);
    return;
  }
  const control = w[State.FPU_CONTROL];
  const flags = extract(w, State.FPU_LATCH_A, State.FPU_LATCH_B, slot(w, 0), control);
  report(w, flags);
  if (blocked(flags, control)) return;
  copyRegister(w, slot(w, 0), State.FPU_LATCH_B);
  push(w);
  copyRegister(w, slot(w, 0), State.FPU_LATCH_A);
}
