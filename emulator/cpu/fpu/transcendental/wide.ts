import { roundAndStore } from "../float80/round.ts";
import { leadingZeros, shiftedHigh, shiftedLow } from "../float80/store.ts";
import { TWO_32, below, multiplyHigh } from "../float80/word.ts";
import { Exponent, Head, Precision } from "../state.ts";

/**
 * Floating point with 96-bit significands, for what is computed inside a transcendental instruction: 32 bits more than
 * a result has, so that truncation at every step leaves it correctly rounded but for one case in millions.
 *
 * Numbers live in slots of five words: significand low, middle, high (normalised; high is zero for the number zero),
 * exponent (unbiased, significand in [1, 2)), sign (0 or 1).
 */
const SLOT = 5;

/** The slots. Constants follow the working ones (see constants.ts). */
export const enum Slot {
  X = 0,
  Y = 5,
  /** Argument of a series, and its square. */
  R = 10,
  T = 15,
  /** Results. */
  SUM = 20,
  SINE = 25,
  COSINE = 30,
  /** Scratch of the operations here. */
  QUOTIENT = 35,
  PRODUCT = 40,
  CONSTANTS = 45,
}

export const wide = new Int32Array(Slot.CONSTANTS + 64 * SLOT);

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

/** d = a. */
export function copy(d: number, a: number): void {
  for (let i = 0; i < SLOT; i++) wide[d + i] = wide[a + i];
}

function put(d: number, sign: number, exponent: number, high: number, middle: number, low: number): void {
  wide[d] = low;
  wide[d + 1] = middle;
  wide[d + 2] = high;
  wide[d + 3] = exponent;
  wide[d + 4] = sign;
}

/** d = high:middle:low * 2^(exponent - 95), normalised. */
export function putNormalised(
  d: number,
  sign: number,
  exponent: number,
  high: number,
  middle: number,
  low: number,
): void {
  if ((high | middle | low) === 0) {
    put(d, sign, 0, 0, 0, 0);
    return;
  }
  while (high === 0) {
    high = middle;
    middle = low;
    low = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(high);
  if (shift !== 0) {
    high = (high << shift) | (middle >>> (32 - shift));
    middle = (middle << shift) | (low >>> (32 - shift));
    low <<= shift;
  }
  put(d, sign, exponent - shift, high, middle, low);
}

/** d = the register at word index `a` of `w`: finite and not zero, or pseudo-denormal. */
export function fromRegister(d: number, w: Int32Array, a: number): void {
  const shift = leadingZeros(w[a + 1], w[a]);
  const exponent = (w[a + 2] & Head.EXPONENT || 1) - shift - Exponent.BIAS;
  put(d, (w[a + 2] & Head.SIGN) >> 15, exponent, shiftedHigh(w[a + 1], w[a], shift), shiftedLow(w[a], shift), 0);
}

/**
 * Rounds slot `a` to register `d` of `w` by the rounding field and returns exceptions and C1.
 *
 * @param sticky 1 if the true value is not exactly a (it lies just above in magnitude), 0 if it is
 */
export function toRegister(w: Int32Array, d: number, a: number, sticky: number, control: number): number {
  const sign = wide[a + 4] << 15;
  const exponent = wide[a + 3] + Exponent.BIAS;
  return roundAndStore(w, d, sign, exponent, wide[a + 2], wide[a + 1], wide[a] | sticky, control | Precision.EXTENDED);
}

/** d = a * b, truncated. */
export function multiply(d: number, a: number, b: number): void {
  const a0 = wide[a];
  const a1 = wide[a + 1];
  const a2 = wide[a + 2];
  const b0 = wide[b];
  const b1 = wide[b + 1];
  const b2 = wide[b + 2];
  if (a2 === 0 || b2 === 0) {
    put(d, 0, 0, 0, 0, 0);
    return;
  }
  // Columns of the product from the third up; what the two below carry is less than the truncation.
  let column =
    (multiplyHigh(a0, b1) >>> 0) +
    (multiplyHigh(a1, b0) >>> 0) +
    (Math.imul(a0, b2) >>> 0) +
    (Math.imul(a1, b1) >>> 0) +
    (Math.imul(a2, b0) >>> 0);
  const guard = column | 0;
  column =
    Math.floor(column / TWO_32) +
    (multiplyHigh(a0, b2) >>> 0) +
    (multiplyHigh(a1, b1) >>> 0) +
    (multiplyHigh(a2, b0) >>> 0) +
    (Math.imul(a1, b2) >>> 0) +
    (Math.imul(a2, b1) >>> 0);
  let low = column | 0;
  column =
    Math.floor(column / TWO_32) +
    (multiplyHigh(a1, b2) >>> 0) +
    (multiplyHigh(a2, b1) >>> 0) +
    (Math.imul(a2, b2) >>> 0);
  let middle = column | 0;
  let high = (Math.floor(column / TWO_32) + multiplyHigh(a2, b2)) | 0;
  let exponent = wide[a + 3] + wide[b + 3] + 1;
  if (high >= 0) {
    high = (high << 1) | (middle >>> 31);
    middle = (middle << 1) | (low >>> 31);
    low = (low << 1) | (guard >>> 31);
    exponent--;
  }
  put(d, wide[a + 4] ^ wide[b + 4], exponent, high, middle, low);
}

/** d = a + b, truncated. */
export function add(d: number, a: number, b: number): void {
  addSigned(d, a, b, 0);
}

/** d = a - b, truncated. */
export function subtract(d: number, a: number, b: number): void {
  addSigned(d, a, b, 1);
}

function addSigned(d: number, a: number, b: number, flip: number): void {
  if (wide[b + 2] === 0) {
    copy(d, a);
    return;
  }
  let signB = wide[b + 4] ^ flip;
  if (wide[a + 2] === 0) {
    copy(d, b);
    wide[d + 4] = signB;
    return;
  }
  let signA = wide[a + 4];
  if (smaller(a, b)) {
    const other = a;
    a = b;
    b = other;
    const sign = signA;
    signA = signB;
    signB = sign;
  }
  const exponent = wide[a + 3];
  let shift = exponent - wide[b + 3];
  let high = wide[b + 2];
  let middle = wide[b + 1];
  let low = wide[b];
  let guard = 0;
  if (shift > 126) {
    // Too small to be added, but a difference must come out below a.
    high = middle = low = 0;
    guard = 1;
  } else {
    while (shift >= 32) {
      guard = low;
      low = middle;
      middle = high;
      high = 0;
      shift -= 32;
    }
    if (shift !== 0) {
      guard = (guard >>> shift) | (low << (32 - shift));
      low = (low >>> shift) | (middle << (32 - shift));
      middle = (middle >>> shift) | (high << (32 - shift));
      high >>>= shift;
    }
  }
  if (signA === signB) {
    let column = (wide[a] >>> 0) + (low >>> 0);
    low = column | 0;
    column = (wide[a + 1] >>> 0) + (middle >>> 0) + (column >= TWO_32 ? 1 : 0);
    middle = column | 0;
    column = (wide[a + 2] >>> 0) + (high >>> 0) + (column >= TWO_32 ? 1 : 0);
    high = column | 0;
    if (column < TWO_32) {
      put(d, signA, exponent, high, middle, low);
    } else {
      low = (low >>> 1) | (middle << 31);
      middle = (middle >>> 1) | (high << 31);
      put(d, signA, exponent + 1, (high >>> 1) | 0x80000000, middle, low);
    }
    return;
  }
  let column = (wide[a] >>> 0) - (low >>> 0) - (guard !== 0 ? 1 : 0);
  low = column | 0;
  column = (wide[a + 1] >>> 0) - (middle >>> 0) - (column < 0 ? 1 : 0);
  middle = column | 0;
  high = (wide[a + 2] - high - (column < 0 ? 1 : 0)) | 0;
  if (high < 0) {
    put(d, signA, exponent, high, middle, low);
  } else if (high > 0 && high >= 0x40000000) {
    // One bit lost, the usual case: the guard word has it.
    put(
      d,
      signA,
      exponent - 1,
      (high << 1) | (middle >>> 31),
      (middle << 1) | (low >>> 31),
      (low << 1) | (-guard >>> 31),
    );
  } else {
    putNormalised(d, signA, exponent, high, middle, low);
  }
}

/** |a| < |b|, neither zero. */
export function smaller(a: number, b: number): boolean {
  if (wide[a + 3] !== wide[b + 3]) return wide[a + 3] < wide[b + 3];
  if (wide[a + 2] !== wide[b + 2]) return below(wide[a + 2], wide[b + 2]);
  if (wide[a + 1] !== wide[b + 1]) return below(wide[a + 1], wide[b + 1]);
  return below(wide[a], wide[b]);
}

/** d = a / b; b is not zero. Two doubles of quotient, the second from the remainder the first leaves. */
export function divide(d: number, a: number, b: number): void {
  if (wide[a + 2] === 0) {
    put(d, 0, 0, 0, 0, 0);
    return;
  }
  const exponent = wide[a + 3] - wide[b + 3];
  const divisor = significand(b);
  const first = significand(a) / divisor;
  fromDouble(Slot.QUOTIENT, first);
  wide[Slot.QUOTIENT + 3] += exponent;
  wide[Slot.QUOTIENT + 4] = wide[a + 4] ^ wide[b + 4];
  multiply(Slot.PRODUCT, Slot.QUOTIENT, b);
  subtract(Slot.PRODUCT, a, Slot.PRODUCT);
  if (wide[Slot.PRODUCT + 2] !== 0) {
    const rest = wide[Slot.PRODUCT + 3] - wide[b + 3];
    const sign = wide[Slot.PRODUCT + 4] ^ wide[b + 4];
    fromDouble(Slot.PRODUCT, significand(Slot.PRODUCT) / divisor);
    wide[Slot.PRODUCT + 3] += rest;
    wide[Slot.PRODUCT + 4] = sign;
    add(d, Slot.QUOTIENT, Slot.PRODUCT);
  } else {
    copy(d, Slot.QUOTIENT);
  }
}

/** The significand as a double in [1, 2]. */
function significand(a: number): number {
  return ((wide[a + 2] >>> 0) * TWO_32 + (wide[a + 1] >>> 0)) / (TWO_32 * (TWO_32 / 2));
}

/** d = x: a normal double, or zero. */
export function fromDouble(d: number, x: number): void {
  scratch[0] = x;
  const low = scratchWords[0];
  const high = scratchWords[1];
  if (x === 0) {
    put(d, 0, 0, 0, 0, 0);
    return;
  }
  put(d, high >>> 31, ((high >>> 20) & 0x7ff) - 1023, 0x80000000 | (high << 11) | (low >>> 21), low << 11, 0);
}

/** Slot `a` as a double. Too small for a normal one gives zero; it never is too large here. */
export function toDouble(a: number): number {
  const exponent = wide[a + 3];
  if (wide[a + 2] === 0 || exponent < -1000) return 0;
  scratchWords[0] = 0;
  scratchWords[1] = (exponent + 1023) << 20;
  const magnitude = significand(a) * scratch[0];
  return wide[a + 4] !== 0 ? -magnitude : magnitude;
}
