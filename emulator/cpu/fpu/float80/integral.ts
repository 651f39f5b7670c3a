import { Exponent, Flag, Head } from "../state.ts";
import { HIGH_BIT } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";
import { propagate } from "./nan.ts";
import { roundsUp, shiftRight } from "./round.ts";
import { copyRegister, leadingZeros, shiftedHigh, shiftedLow, storeZero } from "./store.ts";

/** FRNDINT: d = a rounded to an integer by the rounding field. Returns exceptions and C1. */
export function roundToInteger(w: Int32Array, d: number, a: number, control: number): number {
  const kind = kindOf(w, a);
  if (kind >= Kind.QUIET) return propagate(w, d, a, kind, control);
  if (kind === Kind.ZERO || kind === Kind.INFINITY) {
    copyRegister(w, d, a);
    return 0;
  }
  const flags = kind === Kind.DENORMAL ? Flag.DENORMAL : 0;
  if ((flags & ~control) !== 0) return flags;
  const sign = w[a + 2] & Head.SIGN;
  // Exponent of an integer's lowest bit is BIAS + 63: everything right of that is fraction.
  const fraction = Exponent.BIAS + 63 - (w[a + 2] & Head.EXPONENT);
  if (fraction <= 0) {
    copyRegister(w, d, a);
    return flags;
  }
  const extra = shiftRight(w, d, w[a + 1], w[a], 0, fraction);
  const rounding = roundInteger(w, d, sign, extra, control);
  if ((w[d + 1] | w[d]) === 0) {
    storeZero(w, d, sign);
  } else {
    const shift = leadingZeros(w[d + 1], w[d]);
    const high = shiftedHigh(w[d + 1], w[d], shift);
    w[d] = shiftedLow(w[d], shift);
    w[d + 1] = high;
    w[d + 2] = sign | (Exponent.BIAS + 63 - shift);
  }
  return flags | rounding;
}

/** Rounds the integer in the significand of `d`, followed by `extra`. Returns PRECISION and C1. */
function roundInteger(w: Int32Array, d: number, sign: number, extra: number, control: number): number {
  if (extra === 0) return 0;
  if (!roundsUp(control, sign, w[d], extra)) return Flag.PRECISION;
  w[d] = (w[d] + 1) | 0;
  if (w[d] === 0) w[d + 1] = (w[d + 1] + 1) | 0;
  return Flag.PRECISION | Flag.C1;
}

/**
 * Converts register `a` to a two's complement integer of `bits` (16, 32 or 64) by the rounding field, into words `d`
 * (low) and `d + 1` (high). What does not fit, infinities and NaNs are invalid and give the integer indefinite,
 * 8000...0h (the caller does not store it if the exception is unmasked). Returns exceptions and C1.
 */
export function toInteger(w: Int32Array, d: number, a: number, bits: number, control: number): number {
  const kind = kindOf(w, a);
  if (kind === Kind.ZERO) {
    w[d] = w[d + 1] = 0;
    return 0;
  }
  const fraction = Exponent.BIAS + 63 - (w[a + 2] & Head.EXPONENT);
  if (kind >= Kind.INFINITY || fraction < 0) return integerIndefinite(w, d, bits);
  const sign = w[a + 2] & Head.SIGN;
  const extra = shiftRight(w, d, w[a + 1], w[a], 0, fraction);
  const flags = roundInteger(w, d, sign, extra, control);
  if (!fits(w[d + 1], w[d], sign, bits)) return integerIndefinite(w, d, bits);
  if (sign !== 0) {
    const low = -w[d] | 0;
    w[d + 1] = (low === 0 ? -w[d + 1] : ~w[d + 1]) | 0;
    w[d] = low;
  }
  return flags;
}

/** Whether a magnitude fits a signed integer of `bits`. */
function fits(high: number, low: number, sign: number, bits: number): boolean {
  if (bits === 64) return high >= 0 || (sign !== 0 && high === HIGH_BIT && low === 0);
  if (high !== 0) return false;
  if (bits === 32) return low >= 0 || (sign !== 0 && low === HIGH_BIT);
  return low >= 0 && low < (sign !== 0 ? 0x8001 : 0x8000);
}

function integerIndefinite(w: Int32Array, d: number, bits: number): number {
  w[d] = bits === 64 ? 0 : bits === 32 ? HIGH_BIT : 0x8000;
  w[d + 1] = HIGH_BIT;
  return Flag.INVALID;
}

/** d = the signed 64-bit integer high:low, exactly. */
export function fromInteger(w: Int32Array, d: number, high: number, low: number): void {
  if ((high | low) === 0) {
    storeZero(w, d, 0);
    return;
  }
  let sign = 0;
  if (high < 0) {
    sign = Head.SIGN;
    low = -low | 0;
    high = (low === 0 ? -high : ~high) | 0;
  }
  const shift = leadingZeros(high, low);
  w[d] = shiftedLow(low, shift);
  w[d + 1] = shiftedHigh(high, low, shift);
  w[d + 2] = sign | (Exponent.BIAS + 63 - shift);
}
