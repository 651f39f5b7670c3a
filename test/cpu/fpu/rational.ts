/** Exact arithmetic and one generic rounding: what the x87 is to give, by definition and not by algorithm. */
import type { Real } from "./operands.ts";

/** numerator / denominator, the denominator positive. */
export interface Rational {
  n: bigint;
  d: bigint;
}

/** The value of a finite, supported register. */
export function valueOf([head, high, low]: Real): Rational {
  const significand = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const exponent = Math.max(head & 0x7fff, 1) - 0x3fff - 63;
  const signed = (head & 0x8000) !== 0 ? -significand : significand;
  return exponent >= 0 ? { n: signed << BigInt(exponent), d: 1n } : { n: signed, d: 1n << BigInt(-exponent) };
}

export interface Rounded {
  real: Real;
  inexact: boolean;
  roundedUp: boolean;
}

const NEAREST = 0;
const DOWN = 1;
const UP = 2;

/** Rounds a non-zero value in the normal range to `bits` of significand; `mode` is the rounding field's two bits. */
export function roundTo({ n, d }: Rational, bits: number, mode: number): Rounded {
  const negative = n < 0n;
  if (negative) n = -n;
  // 2^(bits - 1) <= n / d * 2^-scale < 2^bits
  let scale = n.toString(2).length - d.toString(2).length - bits;
  const quotient = (): bigint => (scale >= 0 ? n / (d << BigInt(scale)) : (n << BigInt(-scale)) / d);
  while (quotient() >= 1n << BigInt(bits)) scale++;
  while (quotient() < 1n << BigInt(bits - 1)) scale--;
  const divisor = scale >= 0 ? d << BigInt(scale) : d;
  const dividend = scale >= 0 ? n : n << BigInt(-scale);
  let significand = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  const inexact = twice !== 0n;
  const roundedUp =
    inexact &&
    (mode === NEAREST
      ? twice > divisor || (twice === divisor && (significand & 1n) === 1n)
      : mode === (negative ? DOWN : UP));
  if (roundedUp) significand++;
  if (significand === 1n << BigInt(bits)) {
    significand >>= 1n;
    scale++;
  }
  significand <<= BigInt(64 - bits);
  const exponent = scale + bits - 1 + 0x3fff;
  const real: Real = [
    (negative ? 0x8000 : 0) | exponent,
    Number(significand >> 32n) | 0,
    Number(significand & 0xffffffffn) | 0,
  ];
  return { real, inexact, roundedUp };
}

/** Largest integer whose square is at most n. */
export function integerRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
