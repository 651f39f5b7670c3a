import { Control, Exponent, Flag, Head, Rounding } from "../state.ts";
import { carry, below, below64 } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { invalid, propagatePair } from "./nan.ts";
import { roundAndStore } from "./round.ts";

/** d = a + b. Register operands are word indices into `w`; returns exceptions and C1. */
export function add(w: Int32Array, d: number, a: number, b: number, control: number): number {
  return addSigned(w, d, a, b, 0, control);
}

/** d = a - b. */
export function subtract(w: Int32Array, d: number, a: number, b: number, control: number): number {
  return addSigned(w, d, a, b, Head.SIGN, control);
}

/** d = a + b with the sign of a number b flipped by `flip`; that of a NaN stays. */
function addSigned(w: Int32Array, d: number, a: number, b: number, flip: number, control: number): number {
  const headA = w[a + 2];
  const headB = w[b + 2] ^ flip;
  const exponentA = headA & Head.EXPONENT;
  const exponentB = headB & Head.EXPONENT;
  const highA = w[a + 1];
  const highB = w[b + 1];
  if (
    (highA & highB) < 0 &&
    exponentA !== 0 &&
    exponentB !== 0 &&
    exponentA !== Exponent.MAXIMUM &&
    exponentB !== Exponent.MAXIMUM
  ) {
    const signA = headA & Head.SIGN;
    const signB = headB & Head.SIGN;
    return exponentA >= exponentB
      ? addOrdered(w, d, signA, exponentA, highA, w[a], signB, exponentB, highB, w[b], control)
      : addOrdered(w, d, signB, exponentB, highB, w[b], signA, exponentA, highA, w[a], control);
  }
  return addSpecial(w, d, a, b, flip, control);
}

function addSpecial(w: Int32Array, d: number, a: number, b: number, flip: number, control: number): number {
  const kindA = kindOf(w, a);
  const kindB = kindOf(w, b);
  if (kindA >= Kind.QUIET || kindB >= Kind.QUIET) return propagatePair(w, d, a, kindA, b, kindB, control);
  const headA = w[a + 2];
  const headB = w[b + 2] ^ flip;
  const signA = headA & Head.SIGN;
  const signB = headB & Head.SIGN;
  if (kindA === Kind.INFINITY && kindB === Kind.INFINITY && signA !== signB) return invalid(w, d, control);
  const flags = kindA === Kind.DENORMAL || kindB === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  if (kindA === Kind.INFINITY || kindB === Kind.INFINITY) {
    const source = kindA === Kind.INFINITY ? a : b;
    w[d + 2] = kindA === Kind.INFINITY ? headA : headB;
    w[d + 1] = w[source + 1];
    w[d] = w[source];
    return flags;
  }
  if (kindA === Kind.ZERO && kindB === Kind.ZERO) {
    w[d + 2] = signA === signB ? signA : zeroSign(control);
    w[d + 1] = 0;
    w[d] = 0;
    return 0;
  }
  // An exponent of zero weighs as one.
  const exponentA = headA & Head.EXPONENT || 1;
  const exponentB = headB & Head.EXPONENT || 1;
  const aFirst = kindB === Kind.ZERO || (kindA !== Kind.ZERO && exponentA >= exponentB);
  return (
    flags |
    (aFirst
      ? addOrdered(w, d, signA, exponentA, w[a + 1], w[a], signB, exponentB, w[b + 1], w[b], control)
      : addOrdered(w, d, signB, exponentB, w[b + 1], w[b], signA, exponentA, w[a + 1], w[a], control))
  );
}

/** Sign of an exact zero difference. */
function zeroSign(control: number): number {
  return (control & Control.ROUNDING) === Rounding.DOWN ? Head.SIGN : 0;
}

/** Adds finite numbers, not both zero; exponentA >= exponentB unless b is zero. */
function addOrdered(
  w: Int32Array,
  d: number,
  signA: number,
  exponentA: number,
  highA: number,
  lowA: number,
  signB: number,
  exponentB: number,
  highB: number,
  lowB: number,
  control: number,
): number {
  let extra = 0;
  let shift = exponentA - exponentB;
  if (shift > 0) {
    // Align b. Once it is more than a word below a's guard bits only its being non-zero matters.
    if (shift >= 96) {
      extra = (highB | lowB) !== 0 ? 1 : 0;
      highB = lowB = 0;
    } else {
      let sticky = 0;
      while (shift >= 32) {
        sticky |= extra;
        extra = lowB;
        lowB = highB;
        highB = 0;
        shift -= 32;
      }
      if (shift !== 0) {
        sticky |= extra << (32 - shift);
        extra = (extra >>> shift) | (lowB << (32 - shift));
        lowB = (lowB >>> shift) | (highB << (32 - shift));
        highB >>>= shift;
      }
      if (sticky !== 0) extra |= 1;
    }
  }
  if (signA === signB) {
    const low = (lowA + lowB) | 0;
    const middle = (highA + highB) | 0;
    const high = (middle + carry(low, lowA)) | 0;
    // Carry out of 64 bits: from the first addition, or from adding the carry to all ones.
    if (below(middle, highA) || (middle === -1 && high === 0)) {
      extra = (low << 31) | (extra >>> 1) | (extra & 1);
      return roundAndStore(
        w,
        d,
        signA,
        exponentA + 1,
        (high >>> 1) | 0x80000000,
        (low >>> 1) | (high << 31),
        extra,
        control,
      );
    }
    if (high < 0) return roundAndStore(w, d, signA, exponentA, high, low, extra, control);
    return normaliseAndRound(w, d, signA, exponentA, high, low, extra, control);
  }
  if (below64(highA, lowA, highB, lowB)) {
    // Only with equal exponents, so extra is zero.
    const low = (lowB - lowA) | 0;
    return normaliseAndRound(w, d, signB, exponentA, (highB - highA - carry(lowB, lowA)) | 0, low, 0, control);
  }
  // a - b - extra: the extra word borrows from the significand.
  const negated = -extra | 0;
  const borrow = extra !== 0 ? 1 : 0;
  const partial = (lowA - lowB) | 0;
  const low = (partial - borrow) | 0;
  const borrowHigh = (below(lowA, lowB) ? 1 : 0) + (borrow !== 0 && partial === 0 ? 1 : 0);
  const high = (highA - highB - borrowHigh) | 0;
  if (high < 0) return roundAndStore(w, d, signA, exponentA, high, low, negated, control);
  return normaliseAndRound(w, d, signA, exponentA, high, low, negated, control);
}

/** Rounds a significand that may have leading zeros or be zero (an exact cancellation). */
function normaliseAndRound(
  w: Int32Array,
  d: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
  control: number,
): number {
  if ((high | low | extra) === 0) {
    w[d] = w[d + 1] = 0;
    w[d + 2] = zeroSign(control);
    return 0;
  }
  while (high === 0) {
    high = low;
    low = extra;
    extra = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(high);
  if (shift !== 0) {
    high = (high << shift) | (low >>> (32 - shift));
    low = (low << shift) | (extra >>> (32 - shift));
    extra <<= shift;
  }
  return roundAndStore(w, d, sign, exponent - shift, high, low, extra, control);
}
