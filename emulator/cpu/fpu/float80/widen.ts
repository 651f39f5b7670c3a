import { Exponent, Flag, Head } from "../state.ts";
import { leadingZeros, shiftedHigh, shiftedLow } from "./store.ts";
import { HIGH_BIT } from "./word.ts";

/**
 * From the memory formats to registers, exactly. A signalling NaN stays signalling, so that an instruction with a
 * memory operand sees what kind of NaN it was given.
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
