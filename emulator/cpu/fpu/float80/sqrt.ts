import { Exponent, Flag, Head } from "../state.ts";
import { TWO_32, below, below64, multiplyHigh } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { invalid, propagate } from "./nan.ts";
import { roundAndStore } from "./round.ts";
import { copyRegister, leadingZeros, shiftedHigh, shiftedLow } from "./store.ts";

/** d = square root of a. Register operands are word indices into `w`; returns exceptions and C1. */
export function squareRoot(w: Int32Array, d: number, a: number, control: number): number {
  const kind = kindOf(w, a);
  if (kind >= Kind.QUIET) return propagate(w, d, a, kind, control);
  const negative = (w[a + 2] & Head.SIGN) !== 0;
  if (kind === Kind.ZERO || (kind === Kind.INFINITY && !negative)) {
    copyRegister(w, d, a);
    return 0;
  }
  if (negative) return invalid(w, d, control);
  const flags = kind === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  const shift = leadingZeros(w[a + 1], w[a]);
  const exponent = (w[a + 2] & Head.EXPONENT || 1) - shift;
  return flags | rootNormal(w, d, exponent, shiftedHigh(w[a + 1], w[a], shift), shiftedLow(w[a], shift), control);
}

/**
 * The radicand is word3:word2:word1:0 with one of its two top bits set; its root has exactly 64 bits: 32 from the
 * double-precision root of the top half, 32 by dividing what is left by twice that, corrected by the remainder.
 */
function rootNormal(w: Int32Array, d: number, exponent: number, high: number, low: number, control: number): number {
  let word3 = high;
  let word2 = low;
  let word1 = 0;
  if ((exponent & 1) !== 0) {
    // Even true exponent (the bias is odd): the significand in [1, 2).
    word1 = low << 31;
    word2 = (low >>> 1) | (high << 31);
    word3 = high >>> 1;
  }
  const half = ((exponent - Exponent.BIAS) >> 1) + Exponent.BIAS;
  const top = (word3 >>> 0) * TWO_32 + (word2 >>> 0);
  let root1 = Math.min(Math.floor(Math.sqrt(top)), TWO_32 - 1);
  // remainder = word3:word2 - root1^2, fits a double exactly once it is small.
  let remainder = remainderOfSquare(word3, word2, root1);
  while (remainder < 0) {
    root1--;
    remainder += 2 * root1 + 1;
  }
  while (remainder > 2 * root1) {
    remainder -= 2 * root1 + 1;
    root1++;
  }
  let root0 = Math.min(Math.floor((remainder * TWO_32 + (word1 >>> 0)) / (2 * root1)), TWO_32 - 1);

  // rest = remainder:word1:0 - 2 * root1 * root0 * 2^32 - root0^2, four words; negative: root0 is too large.
  const digit1 = root1 | 0;
  const digit0 = root0 | 0;
  const crossHigh = multiplyHigh(digit1, digit0);
  const crossLow = Math.imul(digit1, digit0);
  const squareHigh = multiplyHigh(digit0, digit0);
  const squareLow = Math.imul(digit0, digit0);
  let rest0 = -squareLow | 0;
  let rest1 = subtractWord(word1, squareHigh, squareLow !== 0 ? 1 : 0);
  let borrow = borrowOf(word1, squareHigh, squareLow !== 0 ? 1 : 0);
  const doubled1 = crossLow << 1;
  borrow += borrowOf(rest1, doubled1, 0);
  rest1 = (rest1 - doubled1) | 0;
  const doubled2 = (crossHigh << 1) | (crossLow >>> 31);
  // Upper two words as one double: below 2^36 in size.
  let upper = remainder - (doubled2 >>> 0) - (crossHigh < 0 ? TWO_32 : 0) - borrow;
  while (upper < 0) {
    // root -= 1, rest += 2 * root + 1
    root0--;
    const addLow = ((root0 | 0) << 1) | 1;
    const addHigh = ((root1 | 0) << 1) | ((root0 | 0) >>> 31);
    rest0 = (rest0 + addLow) | 0;
    const carryLow = below(rest0, addLow) ? 1 : 0;
    const sum = (rest1 + addHigh) | 0;
    const carryHigh = below(sum, addHigh) ? 1 : 0;
    rest1 = (sum + carryLow) | 0;
    upper += carryHigh + (carryLow !== 0 && rest1 === 0 ? 1 : 0) + ((root1 | 0) < 0 ? 1 : 0);
  }
  const rootHigh = root1 | 0;
  const rootLow = root0 | 0;
  let extra = 0;
  if (upper > 0 || (rest1 | rest0) !== 0) {
    // Above the middle exactly when the rest exceeds the root.
    extra = upper > 0 || below64(rootHigh, rootLow, rest1, rest0) ? 0xc0000000 | 0 : 1;
  }
  return roundAndStore(w, d, 0, half, rootHigh, rootLow, extra, control);
}

/** high:low - root^2 as a double: exact, since it is below 2^36 in size. */
function remainderOfSquare(high: number, low: number, root: number): number {
  const squareHigh = multiplyHigh(root | 0, root | 0);
  const squareLow = Math.imul(root | 0, root | 0);
  return ((high >>> 0) - (squareHigh >>> 0)) * TWO_32 + ((low >>> 0) - (squareLow >>> 0));
}

function subtractWord(a: number, b: number, borrow: number): number {
  return (a - b - borrow) | 0;
}

function borrowOf(a: number, b: number, borrow: number): number {
  return (a >>> 0) - (b >>> 0) - borrow < 0 ? 1 : 0;
}
