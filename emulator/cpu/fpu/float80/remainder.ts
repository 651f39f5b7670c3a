import { Flag, Head, Precision } from "../state.ts";
import { below64 } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { invalid, propagatePair } from "./nan.ts";
import { roundAndStore } from "./round.ts";
import { copyRegister, leadingZeros, shiftedHigh, shiftedLow, storeZero } from "./store.ts";

/**
 * FPREM and FPREM1: d = a - b * Q, exactly, with Q the quotient truncated (FPREM) or rounded to nearest (FPREM1,
 * `nearest`). With exponents 64 or more apart it only reduces a by some of the quotient's upper bits and sets C2.
 *
 * @returns exceptions, C2 while the reduction is incomplete, else Q's low three bits in C0 (bit 2), C3 (1) and C1 (0)
 */
export function remainder(w: Int32Array, d: number, a: number, b: number, nearest: boolean, control: number): number {
  const kindA = kindOf(w, a);
  const kindB = kindOf(w, b);
  if (kindA >= Kind.QUIET || kindB >= Kind.QUIET) return propagatePair(w, d, a, kindA, b, kindB, control);
  if (kindA === Kind.INFINITY || kindB === Kind.ZERO) return invalid(w, d, control);
  const flags = kindA === Kind.DENORMAL || kindB === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  if (kindA === Kind.ZERO) {
    copyRegister(w, d, a);
    return flags;
  }
  const sign = w[a + 2] & Head.SIGN;
  const shiftA = leadingZeros(w[a + 1], w[a]);
  const exponentA = (w[a + 2] & Head.EXPONENT || 1) - shiftA;
  const highA = shiftedHigh(w[a + 1], w[a], shiftA);
  const lowA = shiftedLow(w[a], shiftA);
  if (kindB === Kind.INFINITY) return flags | finish(w, d, sign, exponentA, highA, lowA, control);
  const shiftB = leadingZeros(w[b + 1], w[b]);
  const exponentB = (w[b + 2] & Head.EXPONENT || 1) - shiftB;
  const highB = shiftedHigh(w[b + 1], w[b], shiftB);
  const lowB = shiftedLow(w[b], shiftB);
  return flags | reduce(w, d, sign, exponentA, highA, lowA, exponentB, highB, lowB, nearest, control);
}

/** Long division of normalised numbers, keeping the remainder and the quotient's last bits. */
function reduce(
  w: Int32Array,
  d: number,
  sign: number,
  exponentA: number,
  highA: number,
  lowA: number,
  exponentB: number,
  highB: number,
  lowB: number,
  nearest: boolean,
  control: number,
): number {
  const distance = exponentA - exponentB;
  if (distance < -1 || (distance < 0 && !nearest)) return finish(w, d, sign, exponentA, highA, lowA, control);
  if (distance < 0) {
    // a is between b / 4 and b: nearest means b - a when a is above b / 2.
    if (!below64(highB, lowB, highA, lowA)) return finish(w, d, sign, exponentA, highA, lowA, control);
    const low = ((lowB << 1) - lowA) | 0;
    const high = (((highB << 1) | (lowB >>> 31)) - highA - ((lowB << 1) >>> 0 < lowA >>> 0 ? 1 : 0)) | 0;
    return quotientBits(1) | finish(w, d, sign ^ Head.SIGN, exponentA, high, low, control);
  }
  // The silicon's step for a partial reduction: between 32 and 63 bits, so that the rest is a multiple of 32.
  const partial = distance >= 64;
  const bits = partial ? 32 + (distance & 31) : distance;
  let high = highA;
  let low = lowA;
  let overflow = 0;
  let quotient = 0;
  for (let bit = bits; ; bit--) {
    quotient <<= 1;
    if (overflow !== 0 || !below64(high, low, highB, lowB)) {
      high = (high - highB - (low >>> 0 < lowB >>> 0 ? 1 : 0)) | 0;
      low = (low - lowB) | 0;
      quotient |= 1;
    }
    if (bit === 0) break;
    overflow = high >>> 31;
    high = (high << 1) | (low >>> 31);
    low <<= 1;
  }
  if (partial) return Flag.C2 | finish(w, d, sign, exponentA - bits, high, low, control);
  if (nearest) {
    const doubled = (high << 1) | (low >>> 31);
    const over = high < 0 || below64(highB, lowB, doubled, low << 1);
    const tie = high >= 0 && doubled === highB && low << 1 === lowB;
    if (over || (tie && (quotient & 1) !== 0)) {
      high = (highB - high - (lowB >>> 0 < low >>> 0 ? 1 : 0)) | 0;
      low = (lowB - low) | 0;
      quotient++;
      sign ^= Head.SIGN;
    }
  }
  return quotientBits(quotient) | finish(w, d, sign, exponentB, high, low, control);
}

function quotientBits(quotient: number): number {
  return (
    ((quotient & 4) !== 0 ? Flag.C0 : 0) | ((quotient & 2) !== 0 ? Flag.C3 : 0) | ((quotient & 1) !== 0 ? Flag.C1 : 0)
  );
}

/** Stores an exact result; the precision field does not apply. */
function finish(
  w: Int32Array,
  d: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  control: number,
): number {
  if ((high | low) === 0) {
    storeZero(w, d, sign);
    return 0;
  }
  const shift = leadingZeros(high, low);
  const wide = control | Precision.EXTENDED;
  return roundAndStore(w, d, sign, exponent - shift, shiftedHigh(high, low, shift), shiftedLow(low, shift), 0, wide);
}
