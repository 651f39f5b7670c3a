import { Control, Exponent, Flag, Head, Precision, Rounding } from "../state.ts";
import { HIGH_BIT } from "./word.ts";

/** Exponent bias adjustment of unmasked overflow and underflow (SDM vol. 1, 4.9.1.4): 3 * 2^13. */
export const WRAP = 0x6000;

/** Returned by `roundSignificand` beside the flags: rounding carried out of the significand. */
const CARRY = 0x10000;

/**
 * Whether rounding goes away from zero. `extra` is what follows the last kept bit: its top bit is worth half a unit,
 * its lowest is sticky; it is not zero. `odd` is the last kept bit.
 */
export function roundsUp(control: number, sign: number, odd: number, extra: number): boolean {
  switch (control & Control.ROUNDING) {
    case Rounding.NEAREST:
      return extra < 0 && (extra !== HIGH_BIT || (odd & 1) !== 0);
    case Rounding.DOWN:
      return sign !== 0;
    case Rounding.UP:
      return sign === 0;
    default:
      return false;
  }
}

/**
 * Rounds (-1)^sign * high:low.extra * 2^(exponent - BIAS - 63) by the control word's precision and rounding fields and
 * stores it in register `d`.
 *
 * @param sign 0 or Head.SIGN
 * @param exponent biased, of any size: outside 1..7FFEh the result overflows or underflows
 * @param high normalised: its top bit is set
 * @returns exceptions and C1
 */
export function roundAndStore(
  w: Int32Array,
  d: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
  control: number,
): number {
  if ((control & Control.PRECISION) !== Precision.EXTENDED || exponent <= 0 || exponent >= 0x7ffe) {
    return roundInRange(w, d, sign, exponent, high, low, extra, control);
  }
  let flags = 0;
  if (extra !== 0) {
    flags = Flag.PRECISION;
    if (roundsUp(control, sign, low, extra)) {
      flags = Flag.PRECISION | Flag.C1;
      low = (low + 1) | 0;
      if (low === 0) {
        high = (high + 1) | 0;
        if (high === 0) {
          high = HIGH_BIT;
          exponent++;
        }
      }
    }
  }
  w[d] = low;
  w[d + 1] = high;
  w[d + 2] = sign | exponent;
  return flags;
}

/** `roundAndStore` for every precision and every exponent. */
function roundInRange(
  w: Int32Array,
  d: number,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
  control: number,
): number {
  // Tininess is detected after rounding as if the exponent had no bounds (SDM vol. 1, 4.9.1.5).
  let flags = roundSignificand(w, d, sign, high, low, extra, control);
  let rounded = exponent;
  if ((flags & CARRY) !== 0) {
    flags &= ~CARRY;
    rounded++;
  }
  if (rounded >= Exponent.MAXIMUM) {
    if ((control & Flag.OVERFLOW) !== 0) return storeOverflow(w, d, sign, control);
    flags |= Flag.OVERFLOW;
    rounded -= WRAP;
  } else if (rounded <= 0) {
    if ((control & Flag.UNDERFLOW) !== 0) {
      return storeDenormal(w, d, sign, 1 - exponent, high, low, extra, control);
    }
    flags |= Flag.UNDERFLOW;
    rounded += WRAP;
  }
  w[d + 2] = sign | (rounded & Head.EXPONENT);
  return flags;
}

/** The masked response to underflow: the value shifted right to the smallest exponent, then rounded. */
function storeDenormal(
  w: Int32Array,
  d: number,
  sign: number,
  shift: number,
  high: number,
  low: number,
  extra: number,
  control: number,
): number {
  extra = shiftRight(w, d, high, low, extra, shift);
  const flags = roundSignificand(w, d, sign, w[d + 1], w[d], extra, control);
  w[d + 2] = sign | (w[d + 1] < 0 ? 1 : 0);
  return (flags & Flag.PRECISION) !== 0 ? flags | Flag.UNDERFLOW : flags;
}

/** The masked response to overflow: infinity or the largest number of the precision (SDM vol. 1, table 4-10). */
function storeOverflow(w: Int32Array, d: number, sign: number, control: number): number {
  const rounding = control & Control.ROUNDING;
  if (rounding === Rounding.NEAREST || rounding === (sign === 0 ? Rounding.UP : Rounding.DOWN)) {
    w[d] = 0;
    w[d + 1] = HIGH_BIT;
    w[d + 2] = sign | Exponent.MAXIMUM;
    return Flag.OVERFLOW | Flag.PRECISION | Flag.C1;
  }
  const precision = control & Control.PRECISION;
  w[d] = precision === Precision.SINGLE ? 0 : precision === Precision.DOUBLE ? 0xfffff800 | 0 : -1;
  w[d + 1] = precision === Precision.SINGLE ? 0xffffff00 | 0 : -1;
  w[d + 2] = sign | 0x7ffe;
  return Flag.OVERFLOW | Flag.PRECISION;
}

/**
 * Rounds high:low.extra to the precision and stores the significand in `d`; the bit positions are fixed, as the
 * silicon's are, so a denormal has fewer bits. On a carry out it stores 1.0 and returns CARRY too.
 */
function roundSignificand(
  w: Int32Array,
  d: number,
  sign: number,
  high: number,
  low: number,
  extra: number,
  control: number,
): number {
  const precision = control & Control.PRECISION;
  let unitHigh = 0;
  let unitLow = 1;
  let odd = low;
  if (precision === Precision.SINGLE) {
    extra = (high << 24) | (low >>> 8) | (((low << 24) | extra) !== 0 ? 1 : 0);
    high &= ~0xff;
    low = 0;
    unitHigh = 0x100;
    unitLow = 0;
    odd = high >>> 8;
  } else if (precision === Precision.DOUBLE) {
    extra = (low << 21) | (extra >>> 11) | (extra << 21 !== 0 ? 1 : 0);
    low &= ~0x7ff;
    unitLow = 0x800;
    odd = low >>> 11;
  }
  let flags = 0;
  if (extra !== 0) {
    flags = Flag.PRECISION;
    if (roundsUp(control, sign, odd, extra)) {
      flags = Flag.PRECISION | Flag.C1;
      low = (low + unitLow) | 0;
      if (low === 0) {
        const before = high;
        high = (high + (unitHigh | (unitLow !== 0 ? 1 : 0))) | 0;
        if (before < 0 && high >= 0) {
          high = HIGH_BIT;
          flags |= CARRY;
        }
      }
    }
  }
  w[d] = low;
  w[d + 1] = high;
  return flags;
}

/**
 * Shifts high:low.extra right by `count` >= 0, keeping what falls out as a sticky lowest bit. The significand goes to
 * `d`, the new extra word is returned.
 */
export function shiftRight(w: Int32Array, d: number, high: number, low: number, extra: number, count: number): number {
  let sticky = 0;
  if (count >= 96) {
    sticky = high | low | extra;
    high = low = extra = 0;
  } else {
    while (count >= 32) {
      sticky |= extra;
      extra = low;
      low = high;
      high = 0;
      count -= 32;
    }
    if (count !== 0) {
      sticky |= extra << (32 - count);
      extra = (extra >>> count) | (low << (32 - count));
      low = (low >>> count) | (high << (32 - count));
      high >>>= count;
    }
  }
  w[d] = low;
  w[d + 1] = high;
  return extra | (sticky !== 0 ? 1 : 0);
}
