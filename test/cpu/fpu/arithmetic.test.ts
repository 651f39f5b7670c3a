/** FADD FSUB FMUL FDIV FSQRT against exact rational arithmetic, in every rounding and precision mode. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { State } from "../../../emulator/cpu/layout.ts";
import { Flag } from "../../../emulator/cpu/fpu/index.ts";
import type { Real } from "./operands.ts";
import { integerRoot, roundTo, valueOf } from "./rational.ts";
import type { Rational, Rounded } from "./rational.ts";
import { Bench } from "./records.ts";

const PRECISIONS = [24, 64, 53, 64];
const word = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const edge = fc.constantFrom(0, 1, -1, 0x7ff, 0x800, 0x400, 0xfffff800 | 0, 0x80000000 | 0, 0xffffff80 | 0);
const half = fc.oneof(word, edge);
/** Normal numbers around one: no result leaves the range. */
const real: fc.Arbitrary<Real> = fc
  .tuple(fc.boolean(), fc.integer({ min: 0x3fff - 70, max: 0x3fff + 70 }), half, half)
  .map(([negative, exponent, high, low]) => [(negative ? 0x8000 : 0) | exponent, high | 0x80000000, low]);
const control = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));

const bench = new Bench();

/** Loads ST0 and ST1, executes a register form, and gives ST0 and the flags. */
function execute(opcode: number, modrm: number, top: Real, next: Real, controlWord: number): [Real, number] {
  const w = bench.words;
  bench.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0);
  w[State.FPU_CONTROL] = controlWord;
  w[State.FPU_TAGS] = 3;
  [top, next].forEach(([head, high, low], i) => {
    w[State.FPU_REGISTERS + 4 * i] = low;
    w[State.FPU_REGISTERS + 4 * i + 1] = high;
    w[State.FPU_REGISTERS + 4 * i + 2] = head;
  });
  bench.fpu.executeEscape(opcode, modrm, 0, 0, 0, 0);
  const at = State.FPU_REGISTERS;
  return [[w[at + 2], w[at + 1], w[at]], w[State.FPU_STATUS]];
}

function expected(value: Rational, precision: number, rounding: number): [Real, number] {
  if (value.n === 0n) return [[rounding === 1 ? 0x8000 : 0, 0, 0], 0];
  const rounded: Rounded = roundTo(value, PRECISIONS[precision], rounding);
  return [rounded.real, (rounded.inexact ? Flag.PRECISION : 0) | (rounded.roundedUp ? Flag.C1 : 0)];
}

function check(modrm: number, exact: (a: Rational, b: Rational) => Rational): void {
  fc.assert(
    fc.property(real, real, control, (a, b, [precision, rounding]) => {
      const result = execute(0xd8, modrm, a, b, 0x7f | (precision << 8) | (rounding << 10));
      expect(result).toEqual(expected(exact(valueOf(a), valueOf(b)), precision, rounding));
    }),
    { seed: 80387, numRuns: 5000 },
  );
}

describe("x87 arithmetic is the exact result, rounded once", () => {
  it("FADD", () => check(0xc1, (a, b) => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d })));
  it("FSUB", () => check(0xe1, (a, b) => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d })));
  it("FSUBR", () => check(0xe9, (a, b) => ({ n: b.n * a.d - a.n * b.d, d: a.d * b.d })));
  it("FMUL", () => check(0xc9, (a, b) => ({ n: a.n * b.n, d: a.d * b.d })));
  it("FDIV", () =>
    check(0xf1, (a, b) => (b.n < 0n ? { n: -a.n * b.d, d: -b.n * a.d } : { n: a.n * b.d, d: b.n * a.d })));

  it("FSQRT", () => {
    fc.assert(
      fc.property(real, control, (a, [precision, rounding]) => {
        const positive: Real = [a[0] & 0x7fff, a[1], a[2]];
        const value = valueOf(positive);
        // 200 bits of root and one more that says whether there is a rest.
        const scaled = (value.n << 400n) / value.d;
        const root = integerRoot(scaled);
        const exact = root * root * value.d === value.n << 400n;
        const result = execute(0xd9, 0xfa, positive, positive, 0x7f | (precision << 8) | (rounding << 10));
        expect(result).toEqual(expected({ n: 2n * root + (exact ? 0n : 1n), d: 1n << 201n }, precision, rounding));
      }),
      { seed: 80387, numRuns: 3000 },
    );
  });

  it("gives the host's doubles in 53-bit precision", () => {
    const view = new DataView(new ArrayBuffer(8));
    const load = (x: number): void => {
      view.setFloat64(0, x, true);
      bench.memory = new Uint8Array(view.buffer.slice(0));
      bench.fpu.executeEscape(0xdd, 0x03, 0, 0, 0, 0);
    };
    const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 });
    fc.assert(
      fc.property(double, double, fc.constantFrom(0, 1, 4, 6), (a, b, reg) => {
        bench.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0);
        bench.words[State.FPU_CONTROL] = 0x27f;
        load(b);
        load(a);
        bench.fpu.executeEscape(0xd8, 0xc1 + 8 * reg, 0, 0, 0, 0);
        bench.memory = new Uint8Array(8);
        bench.fpu.executeEscape(0xdd, 0x1b, 0, 0, 0, 0);
        const result = new DataView(bench.memory.buffer).getFloat64(0, true);
        const wanted = [a + b, a * b, 0, 0, a - b, 0, a / b][reg];
        // Denormal products are rounded twice, in the register and in memory.
        if (Math.abs(wanted) > 1e-290 || wanted === 0) expect(result).toBe(wanted);
      }),
      { seed: 80387, numRuns: 3000 },
    );
  });
});
