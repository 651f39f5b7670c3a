import { Constant, inverseFactorial } from "./constants.ts";
import { Slot, add, fromDouble, fromRegister, multiply, toDouble } from "./wide.ts";

/** d = 2^a - 1 for register `a` of `w`, not zero, within -1..1 (exact at the ends is the caller's). */
export function exponentialLessOne(d: number, w: Int32Array, a: number): void {
  fromRegister(Slot.X, w, a);
  multiply(Slot.R, Slot.X, Constant.LN_2);
  const r = toDouble(Slot.R);
  // R (1 + R/2! + R^2/3! + ...); from R^13 on below 2^-43 of the sum, so in doubles.
  let tail = 0;
  for (let n = 26; n >= 14; n--) tail = (tail * r) / (n + 1) + 1;
  fromDouble(Slot.SUM, tail / 87178291200);
  for (let n = 13; n >= 2; n--) {
    multiply(Slot.SUM, Slot.SUM, Slot.R);
    add(Slot.SUM, inverseFactorial(n), Slot.SUM);
  }
  multiply(Slot.SUM, Slot.SUM, Slot.R);
  add(Slot.SUM, Constant.ONE, Slot.SUM);
  multiply(d, Slot.R, Slot.SUM);
}
