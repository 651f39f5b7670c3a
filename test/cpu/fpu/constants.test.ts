/** The tables of the transcendentals, computed again from series in integers. */
import { describe, expect, it } from "vitest";
import { Constant, inverseFactorial, inverseOdd } from "../../../emulator/cpu/fpu/transcendental/constants.ts";
import { wide } from "../../../emulator/cpu/fpu/transcendental/wide.ts";

const SCALE = 200n;
const ONE = 1n << SCALE;

/** atan(numerator / denominator) * 2^200, by Euler's series. */
function arctangent(numerator: bigint, denominator: bigint): bigint {
  const square = numerator * numerator;
  const sum = square + denominator * denominator;
  let term = (ONE * numerator * denominator) / sum;
  let total = 0n;
  for (let n = 1n; term !== 0n; n++) {
    total += term;
    term = (term * 2n * n * square) / ((2n * n + 1n) * sum);
  }
  return total;
}

/** ln 2 * 2^200, as 2 atanh(1/3). */
function naturalLogarithmOf2(): bigint {
  let total = 0n;
  let power = (2n * ONE) / 3n;
  for (let k = 1n; power !== 0n; k += 2n) {
    total += power / k;
    power /= 9n;
  }
  return total;
}

/** The slot's value * 2^200. */
function valueOf(slot: number): bigint {
  const word = (i: number): bigint => BigInt(wide[slot + i] >>> 0);
  const significand = (word(2) << 64n) | (word(1) << 32n) | word(0);
  const value = (significand << SCALE) >> BigInt(95 - wide[slot + 3]);
  return wide[slot + 4] !== 0 ? -value : value;
}

/** Distance in units of 2^-95 of the value's binade. */
function distance(slot: number, exact: bigint): bigint {
  const difference = valueOf(slot) - exact;
  return (difference < 0n ? -difference : difference) >> (SCALE - 95n + BigInt(wide[slot + 3]));
}

describe("constants of the transcendental instructions are right to 96 bits", () => {
  const pi = 16n * arctangent(1n, 5n) - 4n * arctangent(1n, 239n);
  const ln2 = naturalLogarithmOf2();

  it("pi and half pi", () => {
    expect(distance(Constant.PI, pi)).toBe(0n);
    expect(distance(Constant.HALF_PI, pi / 2n)).toBe(0n);
  });
  it("logarithms of 2", () => {
    expect(distance(Constant.LN_2, ln2)).toBe(0n);
    expect(distance(Constant.TWO_OVER_LN_2, (2n * ONE * ONE) / ln2)).toBe(0n);
  });
  it("arctangents of eighths", () => {
    for (let k = 1; k <= 8; k++) {
      expect(distance(Constant.ATAN_EIGHTHS + (k - 1) * 5, arctangent(BigInt(k), 8n))).toBe(0n);
    }
  });
  it("coefficients of the series, to a few units", () => {
    let factorial = 1n;
    for (let n = 2; n <= 15; n++) {
      factorial *= BigInt(n);
      expect(distance(inverseFactorial(n), ONE / factorial)).toBeLessThan(32n);
    }
    for (let k = 1; k <= 7; k++) expect(distance(inverseOdd(k), ONE / BigInt(2 * k + 1))).toBeLessThan(8n);
  });
});
