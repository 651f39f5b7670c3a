import { below } from "../float80/word.ts";
import { Exponent, Head } from "../state.ts";
import { Constant, inverseFactorial } from "./constants.ts";
import { Slot, add, copy, fromDouble, fromRegister, multiply, putNormalised, toDouble, wide } from "./wide.ts";

/** The processor's pi: 66 bits, PI_66 * 2^-64 (SDM vol. 1, 8.3.8). As half pi it is PI_66 * 2^-65. */
const PI_HIGH = 3;
const PI_MIDDLE = 0x243f6a88;
const PI_LOW = 0x85a308d3 | 0;

/** Whether the argument is too large for FSIN and family: 2^63 and above. */
export function isTooLarge(w: Int32Array, a: number): boolean {
  return (w[a + 2] & Head.EXPONENT) >= Exponent.BIAS + 63;
}

/** Below 2^-68 the silicon's sine is the argument, its cosine one. */
export const TINY_EXPONENT = -68;

/** d = sine of R plus `quadrant` quarter turns. */
export function sineOfSum(d: number, quadrant: number): void {
  if (wide[Slot.R + 3] < TINY_EXPONENT) {
    // Only an argument that is itself so small is left with so little.
    copy(d, (quadrant & 1) !== 0 ? Constant.ONE : Slot.R);
    return;
  }
  multiply(Slot.T, Slot.R, Slot.R);
  if ((quadrant & 1) !== 0) cosineSeries(d, toDouble(Slot.T));
  else sineSeries(d, toDouble(Slot.T));
  if ((quadrant & 2) !== 0) wide[d + 4] ^= 1;
}

/**
 * Slot R = register `a` (finite, not zero, below 2^63) less a multiple of the processor's half pi, within half of
 * that. Returns the multiple's low two bits: the quadrant.
 */
export function reduce(w: Int32Array, a: number): number {
  const biased = w[a + 2] & Head.EXPONENT;
  if (biased < Exponent.BIAS - 1) {
    fromRegister(Slot.R, w, a);
    return 0;
  }
  // In units of 2^-65 the argument is an integer: its significand, shifted left. Shift and subtract.
  let low = w[a];
  let middle = w[a + 1];
  let high = 0;
  let quotient = 0;
  for (let steps = biased - Exponent.BIAS + 2; steps > 0; steps--) {
    high = (high << 1) | (middle >>> 31);
    middle = (middle << 1) | (low >>> 31);
    low <<= 1;
    quotient <<= 1;
    if (high > PI_HIGH || (high === PI_HIGH && !belowPi(middle, low))) {
      const borrow = below(low, PI_LOW) ? 1 : 0;
      high -= PI_HIGH + (below(middle, PI_MIDDLE) || (middle === PI_MIDDLE && borrow !== 0) ? 1 : 0);
      middle = (middle - PI_MIDDLE - borrow) | 0;
      low = (low - PI_LOW) | 0;
      quotient |= 1;
    }
  }
  let sign = w[a + 2] >> 15;
  const doubledHigh = (high << 1) | (middle >>> 31);
  const doubledMiddle = (middle << 1) | (low >>> 31);
  if (doubledHigh > PI_HIGH || (doubledHigh === PI_HIGH && !belowPi(doubledMiddle, low << 1))) {
    const borrow = below(PI_LOW, low) ? 1 : 0;
    high = PI_HIGH - high - (below(PI_MIDDLE, middle) || (middle === PI_MIDDLE && borrow !== 0) ? 1 : 0);
    middle = (PI_MIDDLE - middle - borrow) | 0;
    low = (PI_LOW - low) | 0;
    quotient++;
    sign ^= 1;
  }
  putNormalised(Slot.R, sign, 95 - 65, high, middle, low);
  return (w[a + 2] >> 15 !== 0 ? -quotient : quotient) & 3;
}

function belowPi(middle: number, low: number): boolean {
  return middle === PI_MIDDLE ? below(low, PI_LOW) : below(middle, PI_MIDDLE);
}

/**
 * d = sin R: R (1 - T/3! + T^2/5! - ...). The terms from T^6 on are below 2^-36 of the sum: a double's 53 bits do.
 */
function sineSeries(d: number, t: number): void {
  const tail =
    1 / 6227020800 -
    t *
      (1 / 1307674368000 -
        t *
          (1 / 355687428096000 -
            t * (1 / 1.21645100408832e17 - t * (1 / 5.109094217170944e19 - t / 2.585201673888498e22))));
  fromDouble(Slot.SUM, tail);
  for (let n = 11; n >= 3; n -= 2) {
    multiply(Slot.SUM, Slot.SUM, Slot.T);
    wide[Slot.SUM + 4] ^= 1;
    add(Slot.SUM, inverseFactorial(n), Slot.SUM);
  }
  multiply(Slot.SUM, Slot.SUM, Slot.T);
  wide[Slot.SUM + 4] ^= 1;
  add(Slot.SUM, Constant.ONE, Slot.SUM);
  multiply(d, Slot.R, Slot.SUM);
}

/** d = cos R: 1 - T/2! + T^2/4! - ..., from T^6 on in doubles. */
function cosineSeries(d: number, t: number): void {
  const tail =
    1 / 479001600 -
    t *
      (1 / 87178291200 -
        t *
          (1 / 20922789888000 -
            t * (1 / 6402373705728000 - t * (1 / 2.43290200817664e18 - t / 1.1240007277776077e21))));
  fromDouble(Slot.SUM, tail);
  for (let n = 10; n >= 2; n -= 2) {
    multiply(Slot.SUM, Slot.SUM, Slot.T);
    wide[Slot.SUM + 4] ^= 1;
    add(Slot.SUM, inverseFactorial(n), Slot.SUM);
  }
  multiply(Slot.SUM, Slot.SUM, Slot.T);
  wide[Slot.SUM + 4] ^= 1;
  add(d, Constant.ONE, Slot.SUM);
}
