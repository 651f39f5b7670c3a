import { Exponent } from "../state.ts";
import { HIGH_BIT } from "./word.ts";

/** Stores a zero; `sign` is 0 or Head.SIGN. */
export function storeZero(w: Int32Array, d: number, sign: number): void {
  w[d] = 0;
  w[d + 1] = 0;
  w[d + 2] = sign;
}

/** Stores an infinity; `sign` is 0 or Head.SIGN. */
export function storeInfinity(w: Int32Array, d: number, sign: number): void {
  w[d] = 0;
  w[d + 1] = HIGH_BIT;
  w[d + 2] = sign | Exponent.MAXIMUM;
}

/** Copies a register. */
export function copyRegister(w: Int32Array, d: number, a: number): void {
  w[d] = w[a];
  w[d + 1] = w[a + 1];
  w[d + 2] = w[a + 2];
}

/** Leading zero bits of a non-zero 64-bit significand. */
export function leadingZeros(high: number, low: number): number {
  return high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low);
}

/** High word of high:low << count, 0 <= count < 64. */
export function shiftedHigh(high: number, low: number, count: number): number {
  if (count === 0) return high;
  return count < 32 ? (high << count) | (low >>> (32 - count)) : low << (count - 32);
}

/** Low word of high:low << count, 0 <= count < 64. */
export function shiftedLow(low: number, count: number): number {
  return count < 32 ? low << count : 0;
}
