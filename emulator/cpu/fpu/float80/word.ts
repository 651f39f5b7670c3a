/**
 * Unsigned arithmetic on 32-bit words kept as signed ones (`| 0`), which V8 holds in machine registers; an unsigned
 * value above 2^31 handed to a function would be a heap number.
 */

export const HIGH_BIT = 0x80000000 | 0;
export const TWO_32 = 4294967296;
const TWO_MINUS_32 = 1 / TWO_32;

/** Upper 32 bits of the unsigned product. */
export function multiplyHigh(a: number, b: number): number {
  const low = Math.imul(a, b) >>> 0;
  // The double product is off by less than 2^11, so what is left after subtracting the exact low word rounds to the
  // exact multiple of 2^32.
  return ((((a >>> 0) * (b >>> 0) - low) * TWO_MINUS_32 + 0.5) >>> 0) | 0;
}

/** a < b, unsigned. */
export function below(a: number, b: number): boolean {
  return a >>> 0 < b >>> 0;
}

/** aHigh:aLow < bHigh:bLow, unsigned. */
export function below64(aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh >>> 0 < bHigh >>> 0;
}

/** Carry out of the addition whose truncated sum is `sum` and one of whose addends is `addend`. */
export function carry(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}
