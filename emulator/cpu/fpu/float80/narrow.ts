import { Control, Exponent, Flag, Head, Rounding } from "../state.ts";
import { Kind, kindOf } from "./kind.ts";
import { roundsUp, shiftRight } from "./round.ts";

/**
 * Converts register `a` to single precision in word `d`. Returns exceptions and C1; with an unmasked one of INVALID,
 * OVERFLOW or UNDERFLOW nothing may be stored.
 */
export function narrowToSingle(w: Int32Array, d: number, a: number, control: number): number {
  const kind = kindOf(w, a);
  const sign = (w[a + 2] & Head.SIGN) << 16;
  if (kind === Kind.NORMAL || kind === Kind.DENORMAL) {
    const exponent = (w[a + 2] & Head.EXPONENT || 1) - (Exponent.BIAS - 127);
    return roundToSingle(w, d, sign, exponent, w[a + 1], w[a], control);
  }
  if (kind === Kind.UNSUPPORTED) {
    w[d] = 0xffc00000 | 0;
    return Flag.INVALID;
  }
  if (kind === Kind.ZERO) w[d] = sign;
  else if (kind === Kind.INFINITY) w[d] = sign | 0x7f800000;
  else w[d] = sign | 0x7fc00000 | ((w[a + 1] & 0x7fffffff) >>> 8);
  return kind === Kind.SIGNALLING ? Flag.INVALID : 0;
}

function roundToSingle(
  w: Int32Array,
  d: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  control: number,
): number {
  // 24 bits stay: of the top 40 the rest becomes the extra word.
  let tiny = false;
  if (exponent <= 0) {
    tiny = exponent < 0 || !roundsToNext(sign, (high << 24) | (low !== 0 ? 1 : 0), high >>> 8, 0xffffff, control);
    const extra = shiftRight(w, d, high, low, 0, 1 - exponent);
    high = w[d + 1];
    low = w[d] | extra;
    exponent = 0;
  }
  const kept = high >>> 8;
  const extra = (high << 24) | (low >>> 8) | (low << 24 !== 0 ? 1 : 0);
  let flags = 0;
  // The integer bit of a normal number is implied; rounding up may carry into the exponent.
  let result = (kept & 0x7fffff) + (exponent << 23);
  if (extra !== 0) {
    flags = Flag.PRECISION;
    if (roundsUp(control, sign, kept, extra)) {
      result++;
      flags |= Flag.C1;
    }
  }
  if (tiny && (extra !== 0 || (control & Flag.UNDERFLOW) === 0)) flags |= Flag.UNDERFLOW;
  if (exponent >= 0xff || result >= 0x7f800000) {
    flags = Flag.OVERFLOW | Flag.PRECISION;
    result = 0x7f7fffff;
    if (overflowsToInfinity(sign, control)) {
      flags |= Flag.C1;
      result = 0x7f800000;
    }
  }
  w[d] = sign | result;
  return flags;
}

/** Whether a masked overflow gives infinity and not the largest number. */
function overflowsToInfinity(sign: number, control: number): boolean {
  const rounding = control & Control.ROUNDING;
  return rounding === Rounding.NEAREST || rounding === (sign === 0 ? Rounding.UP : Rounding.DOWN);
}

/**
 * Whether a significand one binade below the smallest normal number rounds up to it, as if exponents had no bound:
 * all its kept bits are ones and it rounds up. Then it is not tiny.
 */
function roundsToNext(sign: number, extra: number, kept: number, ones: number, control: number): boolean {
  return kept === ones && extra !== 0 && roundsUp(control, sign, 1, extra);
}

/** As `narrowToSingle`, to double precision in words `d` (low) and `d + 1` (high). */
export function narrowToDouble(w: Int32Array, d: number, a: number, control: number): number {
  const kind = kindOf(w, a);
  const sign = (w[a + 2] & Head.SIGN) << 16;
  const high = w[a + 1];
  const low = w[a];
  if (kind === Kind.NORMAL || kind === Kind.DENORMAL) {
    const exponent = (w[a + 2] & Head.EXPONENT || 1) - (Exponent.BIAS - 1023);
    return roundToDouble(w, d, sign, exponent, high, low, control);
  }
  if (kind === Kind.UNSUPPORTED) {
    w[d] = 0;
    w[d + 1] = 0xfff80000 | 0;
    return Flag.INVALID;
  }
  w[d] = 0;
  if (kind === Kind.ZERO) w[d + 1] = sign;
  else if (kind === Kind.INFINITY) w[d + 1] = sign | 0x7ff00000;
  else {
    w[d] = (low >>> 11) | (high << 21);
    w[d + 1] = sign | 0x7ff80000 | ((high & 0x7fffffff) >>> 11);
  }
  return kind === Kind.SIGNALLING ? Flag.INVALID : 0;
}

function roundToDouble(
  w: Int32Array,
  d: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  control: number,
): number {
  let tiny = false;
  let sticky = 0;
  if (exponent <= 0) {
    // As in roundToSingle: all 53 kept bits set, and the 11 below round up.
    const toNext = high === -1 && roundsToNext(sign, low << 21, low >>> 11, 0x1fffff, control);
    tiny = exponent < 0 || !toNext;
    sticky = shiftRight(w, d, high, low, 0, 1 - exponent);
    high = w[d + 1];
    low = w[d];
    exponent = 0;
  }
  const extra = (low << 21) | (sticky !== 0 ? 1 : 0);
  let flags = 0;
  let resultLow = (low >>> 11) | (high << 21);
  let resultHigh = (high & 0x7fffffff) >>> 11;
  if (extra !== 0) {
    flags = Flag.PRECISION;
    if (roundsUp(control, sign, resultLow, extra)) {
      flags |= Flag.C1;
      resultLow = (resultLow + 1) | 0;
      if (resultLow === 0) resultHigh++;
    }
  }
  if (tiny && (extra !== 0 || (control & Flag.UNDERFLOW) === 0)) flags |= Flag.UNDERFLOW;
  if (exponent >= 0x7ff || resultHigh + exponent * 0x100000 >= 0x7ff00000) {
    flags = Flag.OVERFLOW | Flag.PRECISION;
    resultHigh = 0x7fefffff;
    resultLow = -1;
    if (overflowsToInfinity(sign, control)) {
      flags |= Flag.C1;
      resultHigh = 0x7ff00000;
      resultLow = 0;
    }
  } else {
    resultHigh += exponent << 20;
  }
  w[d] = resultLow;
  w[d + 1] = sign | resultHigh;
  return flags;
}
