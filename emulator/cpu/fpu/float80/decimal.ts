import { Flag, Head } from "../state.ts";
import { TWO_32, below64, multiplyHigh } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { fromInteger, toInteger } from "./integral.ts";

/** Packed BCD: 18 digits in nine bytes, lowest first, then a byte with the sign in its top bit. */

const BILLION = 1000000000;
/** 10^18, the first magnitude that does not fit. */
const LIMIT_HIGH = 0x0de0b6b3;
const LIMIT_LOW = 0xa7640000 | 0;

/** FBLD: d = the ten bytes in `source`. Digits above nine weigh what they are, as on silicon. */
export function fromDecimal(w: Int32Array, d: number, source: Int32Array): void {
  // Digits 0..8 and 9..17: bit positions 0 and 36.
  const lower = digits(source, 0);
  const upper = digits(source, 36);
  const productLow = Math.imul(upper, BILLION);
  const low = (productLow + lower) | 0;
  const high = multiplyHigh(upper, BILLION) + (low >>> 0 < lower >>> 0 ? 1 : 0);
  fromInteger(w, d, high, low);
  w[d + 2] |= source[2] & Head.SIGN;
}

/** Nine digits from bit `start` on, as a number. */
function digits(source: Int32Array, start: number): number {
  let value = 0;
  for (let bit = start + 32; bit >= start; bit -= 4) {
    value = value * 10 + ((source[bit >> 5] >>> (bit & 31)) & 15);
  }
  return value;
}

/**
 * FBSTP: the ten bytes of register `a`, rounded to an integer, into `target`; latch `d` is scratch. What does not fit
 * is invalid and gives the decimal indefinite. Returns exceptions and C1.
 */
export function toDecimal(w: Int32Array, d: number, a: number, target: Int32Array, control: number): number {
  const sign = w[a + 2] & Head.SIGN;
  const kind = kindOf(w, a);
  let flags = toInteger(w, d, a, 64, control);
  let high = w[d + 1];
  let low = w[d];
  if (sign !== 0 && kind !== Kind.ZERO) {
    low = -low | 0;
    high = (low === 0 ? -high : ~high) | 0;
  }
  if ((flags & Flag.INVALID) !== 0 || !below64(high, low, LIMIT_HIGH, LIMIT_LOW)) {
    flags = Flag.INVALID;
    target[0] = 0;
    target[1] = 0xc0000000 | 0;
    target[2] = 0xffff;
    return flags;
  }
  let upper = Math.floor(((high >>> 0) * TWO_32 + (low >>> 0)) / BILLION);
  // The double is off by less than 2^7, the estimate by one: the exact remainder, small, fits 32 bits.
  let lower = (low - Math.imul(upper, BILLION)) | 0;
  if (lower < 0) {
    upper--;
    lower += BILLION;
  } else if (lower >= BILLION) {
    upper++;
    lower -= BILLION;
  }
  target[0] = target[1] = 0;
  target[2] = sign;
  putDigits(target, 0, lower);
  putDigits(target, 36, upper);
  return flags;
}

function putDigits(target: Int32Array, start: number, value: number): void {
  for (let bit = start; bit <= start + 32; bit += 4) {
    const rest = Math.floor(value / 10);
    target[bit >> 5] |= (value - rest * 10) << (bit & 31);
    value = rest;
  }
}
