import { Exponent, Flag, Head, Precision } from "../state.ts";
import { Kind, kindOf } from "./kind.ts";
import { invalid, propagate, propagatePair } from "./nan.ts";
import { roundAndStore, WRAP } from "./round.ts";
import { copyRegister, leadingZeros, shiftedHigh, shiftedLow, storeInfinity, storeZero } from "./store.ts";
import { fromInteger } from "./integral.ts";

/** Scales beyond this leave the range of every number, bias-adjusted or not. */
const FAR = 0x10000;

/** FSCALE: d = a * 2^(b truncated). Returns exceptions and C1. */
export function scale(w: Int32Array, d: number, a: number, b: number, control: number): number {
  const kindA = kindOf(w, a);
  const kindB = kindOf(w, b);
  if (kindA >= Kind.QUIET || kindB >= Kind.QUIET) return propagatePair(w, d, a, kindA, b, kindB, control);
  const sign = w[a + 2] & Head.SIGN;
  const down = (w[b + 2] & Head.SIGN) !== 0;
  if (kindB === Kind.INFINITY && kindA === (down ? Kind.INFINITY : Kind.ZERO)) return invalid(w, d, control);
  const flags = kindA === Kind.DENORMAL || kindB === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  if (kindA === Kind.ZERO || kindA === Kind.INFINITY || kindB === Kind.ZERO) {
    copyRegister(w, d, a);
    return flags;
  }
  if (kindB === Kind.INFINITY) {
    if (down) storeZero(w, d, sign);
    else storeInfinity(w, d, sign);
    return flags;
  }
  const shift = leadingZeros(w[a + 1], w[a]);
  const exponent = (w[a + 2] & Head.EXPONENT || 1) - shift + truncated(w, b);
  const high = shiftedHigh(w[a + 1], w[a], shift);
  const low = shiftedLow(w[a], shift);
  // "Massive" over- and underflow: not even the adjusted exponent is in range (SDM vol. 1, 8.5.4 and 8.5.5).
  if (exponent - WRAP >= Exponent.MAXIMUM && (control & Flag.OVERFLOW) === 0) {
    storeInfinity(w, d, sign);
    return flags | Flag.OVERFLOW | Flag.PRECISION | Flag.C1;
  }
  if (exponent + WRAP <= 0 && (control & Flag.UNDERFLOW) === 0) {
    storeZero(w, d, sign);
    return flags | Flag.UNDERFLOW | Flag.PRECISION;
  }
  return flags | roundAndStore(w, d, sign, exponent, high, low, 0, control | Precision.EXTENDED);
}

/** The register as an integer, truncated, within +-FAR. */
function truncated(w: Int32Array, b: number): number {
  const exponent = (w[b + 2] & Head.EXPONENT) - Exponent.BIAS;
  if (exponent < 0) return 0;
  const magnitude = exponent >= 16 ? FAR : w[b + 1] >>> (31 - exponent);
  return (w[b + 2] & Head.SIGN) !== 0 ? -magnitude : magnitude;
}

/**
 * FXTRACT: `exponent` = the unbiased exponent of a as a number, `significand` = a with an exponent of zero.
 * Returns exceptions.
 */
export function extract(w: Int32Array, significand: number, exponent: number, a: number, control: number): number {
  const kind = kindOf(w, a);
  if (kind >= Kind.QUIET) {
    const flags = propagate(w, significand, a, kind, control);
    if ((flags & ~control) === 0) copyRegister(w, exponent, significand);
    return flags;
  }
  const head = w[a + 2];
  const sign = head & Head.SIGN;
  if (kind === Kind.ZERO) {
    if ((control & Flag.ZERO_DIVIDE) !== 0) {
      storeZero(w, significand, sign);
      storeInfinity(w, exponent, Head.SIGN);
    }
    return Flag.ZERO_DIVIDE;
  }
  if (kind === Kind.INFINITY) {
    storeInfinity(w, significand, sign);
    storeInfinity(w, exponent, 0);
    return 0;
  }
  const flags = kind === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  const shift = leadingZeros(w[a + 1], w[a]);
  const high = shiftedHigh(w[a + 1], w[a], shift);
  const low = shiftedLow(w[a], shift);
  const unbiased = (head & Head.EXPONENT || 1) - shift - Exponent.BIAS;
  fromInteger(w, exponent, unbiased >> 31, unbiased);
  w[significand] = low;
  w[significand + 1] = high;
  w[significand + 2] = sign | Exponent.BIAS;
  return flags;
}
