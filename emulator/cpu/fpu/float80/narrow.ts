import { Control, Exponent, Flag, Head, Rounding } from "../state.ts";
import { HIGH_BIT } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { roundsUp, shiftRight } from "./round.ts";
import { leadingZeros, shiftedHigh, shiftedLow } from "./store.ts";

/**
 * Conversions between registers and the two memory formats. "Widening" keeps a signalling NaN signalling, so that an
 * instruction with a memory operand sees what kind of NaN it was given.
 */

/** d = the single-precision `bits`. Returns DENORMAL if they are a denormal. */
export function widenSingle(w: Int32Array, d: number, bits: number): number {
  const sign = (bits >>> 16) & Head.SIGN;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits << 8;
  w[d] = 0;
  if (exponent === 0) {
    const significand = fraction & 0x7fffffff;
    if (significand === 0) {
      w[d + 1] = 0;
      w[d + 2] = sign;
      return 0;
    }
    const shift = Math.clz32(significand);
    w[d + 1] = significand << shift;
    w[d + 2] = sign | (Exponent.BIAS - 126 - shift);
    return Flag.DENORMAL;
  }
  w[d + 1] = fraction | HIGH_BIT;
  w[d + 2] = sign | (exponent === 0xff ? Exponent.MAXIMUM : exponent + (Exponent.BIAS - 127));
  return 0;
}

/** d = the double-precision high:low. Returns DENORMAL if it is a denormal. */
export function widenDouble(w: Int32Array, d: number, high: number, low: number): number {
  const sign = (high >>> 16) & Head.SIGN;
  const exponent = (high >>> 20) & 0x7ff;
  const upper = ((high & 0xfffff) << 11) | (low >>> 21);
  const lower = low << 11;
  if (exponent === 0) {
    if ((upper | lower) === 0) {
      w[d] = 0;
      w[d + 1] = 0;
      w[d + 2] = sign;
      return 0;
    }
    const shift = leadingZeros(upper, lower);
    w[d] = shiftedLow(lower, shift);
    w[d + 1] = shiftedHigh(upper, lower, shift);
    w[d + 2] = sign | (Exponent.BIAS - 1022 - shift);
    return Flag.DENORMAL;
  }
  w[d] = lower;
  w[d + 1] = upper | HIGH_BIT;
  w[d + 2] = sign | (exponent === 0x7ff ? Exponent.MAXIMUM : exponent + (Exponent.BIAS - 1023));
  return 0;
}

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
  let result = (high < 0 ? kept & 0x7fffff : kept) | 0;
  result += exponent << 23;
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
    // All 53 kept bits set, and the 11 below round up: not tiny.
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
  let resultHigh = ((high & 0x7fffffff) >>> 11) | 0;
  if (exponent === 0 && high < 0) resultHigh |= 0x100000;
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
