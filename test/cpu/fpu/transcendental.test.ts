/** Transcendental instructions against the host's Math, to what doubles can tell; the ulps are native.test.ts's. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { State } from "../../../emulator/cpu/layout.ts";
import { Flag } from "../../../emulator/cpu/fpu/index.ts";
import { Bench } from "./records.ts";

const bench = new Bench();

function push(x: number): void {
  bench.memory = new Uint8Array(new Float64Array([x]).buffer);
  bench.fpu.executeEscape(0xdd, 0x03, 0, 0, 0, 0);
}
function popped(): number {
  const memory = new Float64Array(1);
  bench.memory = new Uint8Array(memory.buffer);
  bench.fpu.executeEscape(0xdd, 0x1b, 0, 0, 0, 0);
  return memory[0];
}
/** Pushes the operands in order, executes D9 modrm and pops a result. */
function evaluate(modrm: number, ...operands: number[]): number {
  bench.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0);
  operands.forEach(push);
  bench.fpu.executeEscape(0xd9, modrm, 0, 0, 0, 0);
  return popped();
}
function near(actual: number, wanted: number, floor = 0): void {
  expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(4e-16 * Math.abs(wanted) + floor);
}
const check = (property: fc.IRawProperty<unknown[]>): void => {
  void fc.assert(property, { seed: 387, numRuns: 1000 });
};
const angle = fc.double({ min: -50, max: 50, noNaN: true });
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((x) => Math.abs(x) > 1e-300);

describe("transcendental instructions agree with Math", () => {
  // The processor's 66-bit pi is 7e-21 off, which near a zero of the function is all there is: hence the floor.
  it("FSIN, FCOS, FSINCOS", () => {
    check(
      fc.property(angle, (x) => {
        near(evaluate(0xfe, x), Math.sin(x), 1e-19);
        near(evaluate(0xff, x), Math.cos(x), 1e-19);
        near(evaluate(0xfb, x), Math.cos(x), 1e-19);
        near(popped(), Math.sin(x), 1e-19);
      }),
    );
  });
  it("FPTAN", () => {
    check(
      fc.property(fc.double({ min: -1.5, max: 1.5, noNaN: true }), (x) => {
        expect(evaluate(0xf2, x)).toBe(1);
        near(popped(), Math.tan(x), 1e-300);
      }),
    );
  });
  it("FPATAN", () => {
    check(fc.property(number, number, (y, x) => near(evaluate(0xf3, y, x), Math.atan2(y, x))));
  });
  it("F2XM1", () => {
    check(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (x) =>
        near(evaluate(0xf0, x), Math.expm1(x * Math.LN2), 1e-300 + 3e-16 * Math.abs(x)),
      ),
    );
  });
  it("FYL2X", () => {
    check(
      fc.property(number, number, (y, x) =>
        near(evaluate(0xf1, y, Math.abs(x)), y * Math.log2(Math.abs(x)), 3e-16 * Math.abs(y)),
      ),
    );
  });
  it("FYL2XP1", () => {
    check(
      fc.property(number, fc.double({ min: -0.29, max: 0.41, noNaN: true }), (y, x) => {
        const wanted = y * (Math.log1p(x) / Math.LN2);
        near(evaluate(0xf9, y, x), wanted, 3e-16 * Math.abs(wanted) + 1e-300);
      }),
    );
  });

  it("leaves an argument of 2^63 and says so in C2", () => {
    for (const modrm of [0xfe, 0xff, 0xfb, 0xf2]) {
      expect(evaluate(modrm, 2 ** 63)).toBe(2 ** 63);
      expect(bench.words[State.FPU_STATUS] & Flag.C2).toBe(Flag.C2);
      expect(bench.words[State.FPU_TAGS]).toBe(0);
    }
    evaluate(0xfe, 2 ** 62);
    expect(bench.words[State.FPU_STATUS] & Flag.C2).toBe(0);
  });

  it("gives exact values where they are exact", () => {
    expect(evaluate(0xf0, 1)).toBe(1);
    expect(evaluate(0xf0, -1)).toBe(-0.5);
    expect(evaluate(0xf1, 3, 1024)).toBe(30);
    expect(evaluate(0xf1, 3, 2 ** -1000)).toBe(-3000);
    expect(evaluate(0xf1, 3, 1)).toBe(0);
    expect(evaluate(0xff, 0)).toBe(1);
  });

  it("reduces arguments by the processor's 66-bit pi", () => {
    // The double nearest to pi: sin is pi66 - x, known exactly, and not Math.sin's 1.2246467991473532e-16.
    expect(evaluate(0xfe, Math.PI)).toBe(1.2246063538223773e-16);
  });
});
