import { divide } from "../float80/divide.ts";
import { Kind } from "../float80/kind.ts";
import { invalid } from "../float80/nan.ts";
import { copyRegister, storeInfinity, storeZero } from "../float80/store.ts";
import { Exponent, Flag, Head, Precision } from "../state.ts";
import { arctangent } from "./arctangent.ts";
import { Constant } from "./constants.ts";
import { logarithm, logarithmOfOnePlus } from "./logarithm.ts";
import { Slot, copy, fromRegister, multiply, toRegister, wide } from "./wide.ts";

/** With exponents this far apart the silicon takes the quotient for the angle. */
const QUOTIENT_DISTANCE = 40;

/**
 * FPATAN: register y = the angle of the point (x, y); neither is a NaN (SDM vol. 2, table "FPATAN Results").
 * Returns exceptions and C1.
 */
export function arctangentOf(w: Int32Array, x: number, kindX: Kind, y: number, kindY: Kind, control: number): number {
  const flags = kindX === Kind.DENORMAL || kindY === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  const negativeX = (w[x + 2] & Head.SIGN) !== 0;
  const signY = w[y + 2] & Head.SIGN;
  if (kindY === Kind.ZERO || (kindX === Kind.INFINITY && kindY !== Kind.INFINITY)) {
    if (!negativeX) {
      storeZero(w, y, signY);
      return flags;
    }
    copy(Slot.SUM, Constant.PI);
  } else if (kindX === Kind.INFINITY) {
    // Both infinite: pi/4 or 3 pi/4.
    copy(Slot.SUM, Constant.HALF_PI);
    wide[Slot.SUM + 3]--;
    if (negativeX) {
      fromThree();
      multiply(Slot.SUM, Slot.SUM, Slot.X);
    }
  } else if (kindX === Kind.ZERO || kindY === Kind.INFINITY) {
    copy(Slot.SUM, Constant.HALF_PI);
  } else {
    fromRegister(Slot.X, w, x);
    fromRegister(Slot.Y, w, y);
    if (!negativeX && wide[Slot.X + 3] - wide[Slot.Y + 3] > QUOTIENT_DISTANCE) {
      return flags | inexact(w, y, divide(w, y, y, x, control | Precision.EXTENDED));
    }
    arctangent(Slot.SUM);
  }
  wide[Slot.SUM + 4] = signY >> 15;
  return flags | toRegister(w, y, Slot.SUM, 1, control);
}

/** A result that may happen to be exact, but is flagged inexact all the same: then a denormal one underflows. */
function inexact(w: Int32Array, d: number, flags: number): number {
  return flags | Flag.PRECISION | ((w[d + 2] & Head.EXPONENT) === 0 ? Flag.UNDERFLOW : 0);
}

/** Slot X = 3. */
function fromThree(): void {
  copy(Slot.X, Constant.ONE);
  wide[Slot.X + 2] = 0xc0000000 | 0;
  wide[Slot.X + 3] = 1;
}

/**
 * FYL2X and FYL2XP1: register y = y * log2(x), or y * log2(x + 1); neither is a NaN (SDM vol. 2, tables "FYL2X
 * Results", "FYL2XP1 Results"). Returns exceptions and C1.
 */
export function logarithmTimes(
  w: Int32Array,
  x: number,
  kindX: Kind,
  y: number,
  kindY: Kind,
  plusOne: boolean,
  control: number,
): number {
  const signX = w[x + 2] & Head.SIGN;
  const signY = w[y + 2] & Head.SIGN;
  const zeroX = kindX === Kind.ZERO;
  // The logarithm's own kind: zero, infinite or finite, and its sign.
  let zeroLog: boolean;
  let infiniteLog = kindX === Kind.INFINITY;
  let signLog: number;
  if (plusOne) {
    if (signX !== 0 && kindX === Kind.INFINITY) return invalid(w, y, control);
    zeroLog = zeroX;
    signLog = signX;
  } else {
    if (signX !== 0 && !zeroX) return invalid(w, y, control);
    const exponent = w[x + 2] & Head.EXPONENT;
    zeroLog = exponent === Exponent.BIAS && w[x + 1] << 1 === 0 && w[x] === 0;
    signLog = exponent < Exponent.BIAS ? Head.SIGN : 0;
    infiniteLog ||= zeroX;
  }
  if ((zeroLog && kindY === Kind.INFINITY) || (infiniteLog && kindY === Kind.ZERO)) return invalid(w, y, control);
  const sign = signY ^ signLog;
  if (zeroX && !plusOne && kindY !== Kind.INFINITY) {
    if ((control & Flag.ZERO_DIVIDE) !== 0) storeInfinity(w, y, sign);
    return Flag.ZERO_DIVIDE;
  }
  const flags = kindX === Kind.DENORMAL || kindY === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  if (infiniteLog || kindY === Kind.INFINITY) {
    storeInfinity(w, y, sign);
    return flags;
  }
  if (zeroLog || kindY === Kind.ZERO) {
    storeZero(w, y, sign);
    return flags;
  }
  let sticky = 1;
  if (plusOne) {
    if (signX !== 0 && (w[x + 2] & Head.EXPONENT) >= Exponent.BIAS) {
      // Undefined: the silicon gives x.
      copyRegister(w, y, x);
      return flags | Flag.PRECISION;
    }
    logarithmOfOnePlus(Slot.SUM, w, x);
  } else {
    logarithm(Slot.SUM, w, x);
    // Of a power of two exact, but flagged inexact all the same.
    if (w[x + 1] << 1 === 0 && w[x] === 0) sticky = 0;
  }
  fromRegister(Slot.Y, w, y);
  multiply(Slot.SUM, Slot.SUM, Slot.Y);
  return flags | inexact(w, y, toRegister(w, y, Slot.SUM, sticky, control));
}
