import { Exponent, Flag, Head } from "../state.ts";
import { TWO_32, below, below64, multiplyHigh } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { invalid, propagatePair } from "./nan.ts";
import { roundAndStore } from "./round.ts";
import { leadingZeros, shiftedHigh, shiftedLow, storeInfinity, storeZero } from "./store.ts";

/** d = a / b. Register operands are word indices into `w`; returns exceptions and C1. */
export function divide(w: Int32Array, d: number, a: number, b: number, control: number): number {
  const headA = w[a + 2];
  const headB = w[b + 2];
  const exponentA = headA & Head.EXPONENT;
  const exponentB = headB & Head.EXPONENT;
  if (
    (w[a + 1] & w[b + 1]) < 0 &&
    exponentA !== 0 &&
    exponentB !== 0 &&
    exponentA !== Exponent.MAXIMUM &&
    exponentB !== Exponent.MAXIMUM
  ) {
    const sign = (headA ^ headB) & Head.SIGN;
    return divideNormal(w, d, sign, exponentA - exponentB, w[a + 1], w[a], w[b + 1], w[b], control);
  }
  return divideSpecial(w, d, a, b, control);
}

function divideSpecial(w: Int32Array, d: number, a: number, b: number, control: number): number {
  const kindA = kindOf(w, a);
  const kindB = kindOf(w, b);
  if (kindA >= Kind.QUIET || kindB >= Kind.QUIET) return propagatePair(w, d, a, kindA, b, kindB, control);
  if (kindA === kindB && (kindA === Kind.INFINITY || kindA === Kind.ZERO)) return invalid(w, d, control);
  const sign = (w[a + 2] ^ w[b + 2]) & Head.SIGN;
  if (kindB === Kind.ZERO && kindA !== Kind.INFINITY) {
    // Takes precedence over a denormal dividend.
    if ((control & Flag.ZERO_DIVIDE) !== 0) storeInfinity(w, d, sign);
    return Flag.ZERO_DIVIDE;
  }
  const flags = kindA === Kind.DENORMAL || kindB === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  if (kindA === Kind.INFINITY) {
    storeInfinity(w, d, sign);
    return flags;
  }
  if (kindA === Kind.ZERO || kindB === Kind.INFINITY) {
    storeZero(w, d, sign);
    return flags;
  }
  const shiftA = leadingZeros(w[a + 1], w[a]);
  const shiftB = leadingZeros(w[b + 1], w[b]);
  const exponentA = (w[a + 2] & Head.EXPONENT || 1) - shiftA;
  const exponentB = (w[b + 2] & Head.EXPONENT || 1) - shiftB;
  return (
    flags |
    divideNormal(
      w,
      d,
      sign,
      exponentA - exponentB,
      shiftedHigh(w[a + 1], w[a], shiftA),
      shiftedLow(w[a], shiftA),
      shiftedHigh(w[b + 1], w[b], shiftB),
      shiftedLow(w[b], shiftB),
      control,
    )
  );
}

/** Divides normalised significands; `exponents` is the difference of the biased exponents. */
function divideNormal(
  w: Int32Array,
  d: number,
  sign: number,
  exponents: number,
  highA: number,
  lowA: number,
  highB: number,
  lowB: number,
  control: number,
): number {
  let exponent = exponents + Exponent.BIAS;
  // The dividend is remainder:next:0 with remainder < divisor, so that the quotient has exactly 64 bits.
  let remainderHigh = highA;
  let remainderLow = lowA;
  let next = 0;
  if (below64(highA, lowA, highB, lowB)) {
    exponent--;
  } else {
    next = lowA << 31;
    remainderLow = (lowA >>> 1) | (highA << 31);
    remainderHigh = highA >>> 1;
  }
  const scale = TWO_32 / ((highB >>> 0) * TWO_32 + (lowB >>> 0));
  let high = 0;
  let digit = 0;
  for (let step = 0; step < 2; step++) {
    // A digit of 32 bits estimated in doubles is off by one at most: the remainder tells.
    const estimate = ((remainderHigh >>> 0) * TWO_32 + (remainderLow >>> 0)) * scale;
    digit = estimate >= TWO_32 ? -1 : (estimate >>> 0) | 0;
    // remainder:next - digit * divisor, in three words.
    const product0 = Math.imul(digit, lowB);
    const cross = Math.imul(digit, highB);
    const product1 = (multiplyHigh(digit, lowB) + cross) | 0;
    const product2 = (multiplyHigh(digit, highB) + (below(product1, cross) ? 1 : 0)) | 0;
    const word0 = (next - product0) | 0;
    const borrow0 = below(next, product0) ? 1 : 0;
    const partial1 = (remainderLow - product1) | 0;
    const word1 = (partial1 - borrow0) | 0;
    const borrow1 = (below(remainderLow, product1) ? 1 : 0) + (borrow0 !== 0 && partial1 === 0 ? 1 : 0);
    const word2 = (remainderHigh - product2 - borrow1) | 0;
    if (word2 < 0) {
      digit = (digit - 1) | 0;
      remainderLow = (word0 + lowB) | 0;
      remainderHigh = (word1 + highB + (below(remainderLow, lowB) ? 1 : 0)) | 0;
    } else if (word2 > 0 || !below64(word1, word0, highB, lowB)) {
      digit = (digit + 1) | 0;
      remainderLow = (word0 - lowB) | 0;
      remainderHigh = (word1 - highB - (below(word0, lowB) ? 1 : 0)) | 0;
    } else {
      remainderLow = word0;
      remainderHigh = word1;
    }
    next = 0;
    if (step === 0) high = digit;
  }
  // The quotient of two 64-bit significands is never halfway between two others.
  let extra = 0;
  if ((remainderHigh | remainderLow) !== 0) {
    const overHalf =
      remainderHigh < 0 || !below64((remainderHigh << 1) | (remainderLow >>> 31), remainderLow << 1, highB, lowB);
    extra = overHalf ? 0xc0000000 | 0 : 1;
  }
  return roundAndStore(w, d, sign, exponent, high, digit, extra, control);
}
