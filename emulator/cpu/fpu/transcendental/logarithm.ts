import { Constant, inverseOdd } from "./constants.ts";
import { Slot, add, copy, divide, fromDouble, fromRegister, multiply, subtract, toDouble, wide } from "./wide.ts";

/** Significand of the square root of 2, high word: the middle of a binade, logarithmically. */
const ROOT_2 = 0xb504f334;

/** d = log2 of register `a` of `w`, positive and finite. Exactly zero or an integer for a power of two. */
export function logarithm(d: number, w: Int32Array, a: number): void {
  fromRegister(Slot.X, w, a);
  logarithmOfX(d);
}

function logarithmOfX(d: number): void {
  let exponent = wide[Slot.X + 3];
  wide[Slot.X + 3] = 0;
  if (wide[Slot.X + 2] >>> 0 >= ROOT_2) {
    wide[Slot.X + 3] = -1;
    exponent++;
  }
  // log2 m = 2 / ln 2 * atanh((m - 1) / (m + 1)), m - 1 exact.
  subtract(Slot.R, Slot.X, Constant.ONE);
  add(Slot.X, Slot.X, Constant.ONE);
  areaTangent(d);
  if (exponent !== 0) {
    fromDouble(Slot.X, exponent);
    add(d, Slot.X, d);
  }
}

/** d = log2(1 + a) for register `a` of `w`, not zero, above -1. */
export function logarithmOfOnePlus(d: number, w: Int32Array, a: number): void {
  fromRegister(Slot.R, w, a);
  if (wide[Slot.R + 3] >= -2) {
    // Not documented beyond 1 - sqrt(1/2), but the silicon computes it: 1 + a has few enough bits.
    add(Slot.X, Constant.ONE, Slot.R);
    logarithmOfX(d);
    return;
  }
  // (m - 1) / (m + 1) with m = 1 + a is a / (2 + a): no bit of a small a is lost.
  copy(Slot.X, Constant.ONE);
  wide[Slot.X + 3] = 1;
  add(Slot.X, Slot.X, Slot.R);
  areaTangent(d);
}

/** d = 2 / ln 2 * atanh(R / X), |R / X| at most 0.172 (3 - 2 sqrt 2) for the full precision. */
function areaTangent(d: number): void {
  divide(Slot.R, Slot.R, Slot.X);
  multiply(Slot.T, Slot.R, Slot.R);
  const t = toDouble(Slot.T);
  // R (1 + T/3 + T^2/5 + ...); from T^8 on below 2^-40 of the sum.
  let tail = 0;
  for (let k = 24; k >= 8; k--) tail = tail * t + 1 / (2 * k + 1);
  fromDouble(Slot.SUM, tail);
  for (let k = 7; k >= 1; k--) {
    multiply(Slot.SUM, Slot.SUM, Slot.T);
    add(Slot.SUM, inverseOdd(k), Slot.SUM);
  }
  multiply(Slot.SUM, Slot.SUM, Slot.T);
  add(Slot.SUM, Constant.ONE, Slot.SUM);
  multiply(Slot.SUM, Slot.SUM, Slot.R);
  multiply(d, Slot.SUM, Constant.TWO_OVER_LN_2);
}
