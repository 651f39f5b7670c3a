import { State } from "../layout.ts";
import { Kind, kindOf } from "./float80/kind.ts";
import { invalid, propagate, propagatePair, storeIndefinite } from "./float80/nan.ts";
import { copyRegister, storeInfinity } from "./float80/store.ts";
import { Operation } from "./operations.ts";
import { Control, Exponent, Flag, Head } from "./state.ts";
import { exponentialLessOne } from "./transcendental/exponential.ts";
import { arctangentOf, logarithmTimes } from "./transcendental/two_operands.ts";
import { TINY_EXPONENT, isTooLarge, reduce, sineOfSum } from "./transcendental/trigonometry.ts";
import { Slot, divide, toRegister } from "./transcendental/wide.ts";
import { faultPair, underflowTop } from "./unary.ts";
import { blocked, fill, isEmpty, pop, push, report, slot, STACK_OVERFLOW, STACK_UNDERFLOW } from "./unit.ts";

/** FSIN and FCOS: st0 = f(st0). C2 says that the argument is out of range and nothing was done. */
export function sineOrCosine(w: Int32Array, operation: number): void {
  w[State.FPU_STATUS] &= ~Flag.C2;
  if (isEmpty(w, 0)) return underflowTop(w);
  const top = slot(w, 0);
  const control = w[State.FPU_CONTROL];
  const kind = kindOf(w, top);
  if (kind >= Kind.INFINITY) return report(w, notFinite(w, top, top, kind, control));
  if (isTooLarge(w, top)) return report(w, Flag.C2);
  const cosine = operation === Operation.FCOS;
  if (kind === Kind.ZERO) {
    if (cosine) storeOne(w, top);
    return report(w, 0);
  }
  const flags = kind === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if (blocked(flags, control)) return report(w, flags);
  sineOfSum(Slot.SINE, reduce(w, top) + (cosine ? 1 : 0));
  report(w, flags | toRegister(w, top, Slot.SINE, 1, roundingOf(w, top, control)));
}

/** FSINCOS (sine replaces st0, cosine is pushed) and FPTAN (tangent replaces st0, 1.0 is pushed). */
export function sineAndCosine(w: Int32Array, operation: number): void {
  w[State.FPU_STATUS] &= ~Flag.C2;
  if (isEmpty(w, 0)) return faultPair(w, STACK_UNDERFLOW);
  if (!isEmpty(w, 7)) return faultPair(w, STACK_OVERFLOW);
  const top = slot(w, 0);
  const control = w[State.FPU_CONTROL];
  const kind = kindOf(w, top);
  const next = slot(w, 7);
  const tangent = operation === Operation.FPTAN;
  if (kind >= Kind.INFINITY) {
    const flags = notFinite(w, top, top, kind, control);
    report(w, flags);
    if (blocked(flags, control)) return;
    push(w);
    copyRegister(w, next, top);
    return;
  }
  if (isTooLarge(w, top)) return report(w, Flag.C2);
  let flags = kind === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if (blocked(flags, control)) return report(w, flags);
  if (kind === Kind.ZERO) {
    storeOne(w, next);
  } else {
    const quadrant = reduce(w, top);
    const rounding = roundingOf(w, top, control);
    sineOfSum(Slot.SINE, quadrant);
    sineOfSum(Slot.COSINE, quadrant + 1);
    if (tangent) {
      divide(Slot.SINE, Slot.SINE, Slot.COSINE);
      storeOne(w, next);
    } else {
      // C1 is the cosine's.
      flags |= toRegister(w, next, Slot.COSINE, 1, rounding);
    }
    const result = toRegister(w, top, Slot.SINE, 1, rounding);
    flags |= tangent ? result : result & ~Flag.C1;
  }
  report(w, flags);
  push(w);
}

/** F2XM1: st0 = 2^st0 - 1. */
export function exponential(w: Int32Array): void {
  if (isEmpty(w, 0)) return underflowTop(w);
  const top = slot(w, 0);
  const control = w[State.FPU_CONTROL];
  const kind = kindOf(w, top);
  const negative = (w[top + 2] & Head.SIGN) !== 0;
  if (kind >= Kind.QUIET) return report(w, propagate(w, top, top, kind, control));
  if (kind === Kind.INFINITY) {
    if (negative) storeOne(w, top, Head.SIGN);
    return report(w, 0);
  }
  if (kind === Kind.ZERO) return report(w, 0);
  const flags = kind === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if (blocked(flags, control)) return report(w, flags);
  const exponent = w[top + 2] & Head.EXPONENT;
  if (exponent >= Exponent.BIAS) {
    // 1 gives 1, -1 gives -1/2. Beyond, the result is undefined: the silicon leaves the operand.
    if (exponent === Exponent.BIAS && w[top + 1] << 1 === 0 && w[top] === 0 && negative) w[top + 2]--;
    return report(w, flags | Flag.PRECISION);
  }
  exponentialLessOne(Slot.SUM, w, top);
  report(w, flags | toRegister(w, top, Slot.SUM, 1, control));
}

/** FYL2X, FYL2XP1 and FPATAN: st1 = f(st0, st1), pop. */
export function combineTopTwo(w: Int32Array, operation: number): void {
  const control = w[State.FPU_CONTROL];
  if (isEmpty(w, 0) || isEmpty(w, 1)) {
    report(w, STACK_UNDERFLOW);
    if ((control & Flag.INVALID) === 0) return;
    storeIndefinite(w, slot(w, 1));
    fill(w, 1);
    return pop(w);
  }
  const x = slot(w, 0);
  const y = slot(w, 1);
  const kindX = kindOf(w, x);
  const kindY = kindOf(w, y);
  let flags: number;
  if (kindX >= Kind.QUIET || kindY >= Kind.QUIET) flags = propagatePair(w, y, x, kindX, y, kindY, control);
  else if (operation === Operation.FPATAN) flags = arctangentOf(w, x, kindX, y, kindY, control);
  else flags = logarithmTimes(w, x, kindX, y, kindY, operation === Operation.FYL2XP1, control);
  report(w, flags);
  if (!blocked(flags, control)) pop(w);
}

function storeOne(w: Int32Array, d: number, sign = 0): void {
  storeInfinity(w, d, sign);
  w[d + 2] = sign | Exponent.BIAS;
}

/** Where the sine is the argument and the cosine one, the silicon doesn't round by the rounding field. */
function roundingOf(w: Int32Array, a: number, control: number): number {
  return (w[a + 2] & Head.EXPONENT) < Exponent.BIAS + TINY_EXPONENT ? control & ~Control.ROUNDING : control;
}

function notFinite(w: Int32Array, d: number, a: number, kind: Kind, control: number): number {
  return kind === Kind.INFINITY ? invalid(w, d, control) : propagate(w, d, a, kind, control);
}
