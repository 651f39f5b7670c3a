import { Exponent, Flag, Head } from "../state.ts";
import { multiplyHigh, below } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { invalid, propagatePair } from "./nan.ts";
import { roundAndStore } from "./round.ts";
import { storeInfinity, storeZero, leadingZeros, shiftedHigh, shiftedLow } from "./store.ts";

/** d = a * b. Register operands are word indices into `w`; returns exceptions and C1. */
export function multiply(w: Int32Array, d: number, a: number, b: number, control: number): number {
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
    return multiplyNormal(w, d, sign, exponentA + exponentB, w[a + 1], w[a], w[b + 1], w[b], control);
  }
  return multiplySpecial(w, d, a, b, control);
}

function multiplySpecial(w: Int32Array, d: number, a: number, b: number, control: number): number {
  const kindA = kindOf(w, a);
  const kindB = kindOf(w, b);
  if (kindA >= Kind.QUIET || kindB >= Kind.QUIET) return propagatePair(w, d, a, kindA, b, kindB, control);
  const sign = (w[a + 2] ^ w[b + 2]) & Head.SIGN;
  const infinite = kindA === Kind.INFINITY || kindB === Kind.INFINITY;
  const zero = kindA === Kind.ZERO || kindB === Kind.ZERO;
  if (infinite && zero) return invalid(w, d, control);
  const flags = kindA === Kind.DENORMAL || kindB === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  if (infinite) {
    storeInfinity(w, d, sign);
    return flags;
  }
  if (zero) {
    storeZero(w, d, sign);
    return flags;
  }
  const shiftA = leadingZeros(w[a + 1], w[a]);
  const shiftB = leadingZeros(w[b + 1], w[b]);
  const exponentA = (w[a + 2] & Head.EXPONENT || 1) - shiftA;
  const exponentB = (w[b + 2] & Head.EXPONENT || 1) - shiftB;
  return (
    flags |
    multiplyNormal(
      w,
      d,
      sign,
      exponentA + exponentB,
      shiftedHigh(w[a + 1], w[a], shiftA),
      shiftedLow(w[a], shiftA),
      shiftedHigh(w[b + 1], w[b], shiftB),
      shiftedLow(w[b], shiftB),
      control,
    )
  );
}

/** Multiplies normalised significands; `exponents` is the sum of the biased exponents. */
function multiplyNormal(
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
  let high = multiplyHigh(highA, highB);
  let low = Math.imul(highA, highB);
  let extra = 0;
  // Integers and single-precision values have no low word: a quarter of the work.
  if ((lowA | lowB) !== 0) {
    const bottom = Math.imul(lowA, lowB);
    const crossA = Math.imul(highA, lowB);
    const crossB = Math.imul(lowA, highB);
    extra = multiplyHigh(lowA, lowB);
    let carries = 0;
    extra = (extra + crossA) | 0;
    if (below(extra, crossA)) carries++;
    extra = (extra + crossB) | 0;
    if (below(extra, crossB)) carries++;
    const crossAHigh = multiplyHigh(highA, lowB);
    const crossBHigh = multiplyHigh(lowA, highB);
    let carriesHigh = 0;
    low = (low + crossAHigh) | 0;
    if (below(low, crossAHigh)) carriesHigh++;
    low = (low + crossBHigh) | 0;
    if (below(low, crossBHigh)) carriesHigh++;
    low = (low + carries) | 0;
    if (below(low, carries)) carriesHigh++;
    high = (high + carriesHigh) | 0;
    if (bottom !== 0) extra |= 1;
  }
  let exponent = exponents - (Exponent.BIAS - 1);
  if (high >= 0) {
    high = (high << 1) | (low >>> 31);
    low = (low << 1) | (extra >>> 31);
    // The lowest bit is sticky and stays.
    extra = (extra << 1) | (extra & 1);
    exponent--;
  }
  return roundAndStore(w, d, sign, exponent, high, low, extra, control);
}
