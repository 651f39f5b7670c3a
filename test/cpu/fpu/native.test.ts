/**
 * The x87 against the host's own. `FPU_CASES` is the number of cases for each row of the escape table (default 150, a
 * sample); 8000 make a million and more.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Flag } from "../../../emulator/cpu/fpu/index.ts";
import { EXACT_ROWS, TRANSCENDENTAL_ROWS, randomCase, randomSequence } from "./cases.ts";
import { describeAnswer, registerDistance, sameAnswer, sameUpToResults } from "./comparison.ts";
import { NativeOracle, whyNoOracle } from "./native/oracle.ts";
import { BOUNDARIES } from "./operands.ts";
import { Random } from "./random.ts";
import { ANSWER_HEAD, encodeCase, runEmulated } from "./records.ts";
import type { Case } from "./records.ts";
import { meaningfulCase } from "./transcendental_cases.ts";

const PER_ROW = Number(process.env.FPU_CASES ?? 150);
/** Cases held in memory at a time. */
const BATCH = 20000;
const skip = whyNoOracle();

let oracle: NativeOracle;
const counts = new Map<string, number>();

/** Runs the cases on both and returns the first few that `same` rejects, described. */
function compare(name: string, cases: Case[], same: (native: Buffer, emulated: Buffer) => boolean): string[] {
  const differences: string[] = [];
  for (let first = 0; first < cases.length; first += BATCH) {
    const batch = cases.slice(first, first + BATCH);
    const requests = Buffer.concat(batch.map(encodeCase));
    const native = oracle.run(requests);
    const emulated = runEmulated(requests);
    let at = 0;
    for (const test of batch) {
      const end = at + ANSWER_HEAD + test.memory.length;
      const [a, b] = [native.subarray(at, end), emulated.subarray(at, end)];
      at = end;
      if (same(a, b) || differences.length >= 3) continue;
      differences.push(
        `${Buffer.from(test.code).toString("hex")} on ${encodeCase(test).toString("hex")}\n` +
          `  native   ${describeAnswer(a)}\n  emulated ${describeAnswer(b)}`,
      );
    }
  }
  counts.set(name, (counts.get(name) ?? 0) + cases.length);
  return differences;
}

function rowName(row: { mnemonic: string; operands: string; opcode: number; modrm: number }): string {
  return `${row.mnemonic} ${row.operands} (${row.opcode.toString(16)} ${row.modrm.toString(16).padStart(2, "0")})`;
}

describe.skipIf(skip !== undefined)(`x87 against the host's processor${skip ? `: ${skip}` : ""}`, () => {
  beforeAll(() => {
    oracle = new NativeOracle();
  });
  afterAll(() => {
    oracle.close();
    for (const [name, count] of counts) console.log(`x87 against the host: ${count} ${name}`);
  });

  it.each(EXACT_ROWS.map((row) => [rowName(row), row] as const))("%s agrees bit for bit", (_, row) => {
    const random = new Random(0x1387 + row.opcode * 256 + row.modrm);
    const cases = Array.from({ length: PER_ROW }, () => randomCase(random, row));
    expect(compare("cases bit for bit", cases, sameAnswer)).toEqual([]);
  });

  it.each(TRANSCENDENTAL_ROWS.map((row) => [rowName(row), row] as const))(
    "%s agrees within one ulp, and in all flags but C1",
    (_, row) => {
      const random = new Random(0x387 + row.modrm);
      const cases = Array.from({ length: 4 * PER_ROW }, (_, n) =>
        n % 2 === 0 ? randomCase(random, row) : meaningfulCase(random, row),
      );
      const same = (a: Buffer, b: Buffer): boolean =>
        sameUpToResults(a, b, 0xffff & ~Flag.C1) && registerDistance(a, b) <= 1n;
      expect(compare("transcendental cases within an ulp", cases, same)).toEqual([]);
    },
  );

  it("stores the boundaries of every memory format alike", () => {
    const random = new Random(0x754);
    const cases: Case[] = [];
    for (const row of EXACT_ROWS.filter(({ mnemonic, count }) => /^f(i|b)?stp?$/.test(mnemonic) && count === 0)) {
      for (const [head, high, low] of BOUNDARIES) {
        for (let variant = 0; variant < 48; variant++) {
          const test = randomCase(random, row);
          // Both signs, an ulp either side, four rounding modes, masked and unmasked.
          test.registers[0] = [head | ((variant & 1) << 15), high, (low + (variant % 3) - 1) | 0];
          test.control = (test.control & ~0xc3f) | (((variant >> 1) & 3) << 10) | (variant < 24 ? 0x3f : 0x20);
          test.status &= ~0x3f;
          test.tags = 0;
          cases.push(test);
        }
      }
    }
    expect(compare("stores at boundaries", cases, sameAnswer)).toEqual([]);
  });

  it("stops at the same instruction of a sequence, with the same state", () => {
    const random = new Random(0x8087);
    const cases = Array.from({ length: 40 * PER_ROW }, () => randomSequence(random));
    expect(compare("sequences", cases, sameAnswer)).toEqual([]);
  });

  it("defines, and reserves, the same encodings, and the same ones wait", () => {
    const random = new Random(0x287);
    const cases: Case[] = [];
    for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
      for (let modrm = 0; modrm < 256; modrm++) {
        // FISTTP came with SSE3, which this processor doesn't have.
        const fisttp = (modrm & 0xf8) === 0x08 && (opcode === 0xdb || opcode === 0xdd || opcode === 0xdf);
        if ((modrm < 0xc0 && (modrm & 0xc7) !== 3) || fisttp) continue;
        const test = randomCase(random, EXACT_ROWS[0]);
        const memory = new Uint8Array(128);
        cases.push({ ...test, code: [opcode, modrm], memory, tags: 0 });
        // Invalid set and unmasked: pending.
        cases.push({
          ...test,
          code: [opcode, modrm],
          memory,
          status: (test.status & ~0xff) | 0x8081,
          control: test.control & ~1,
        });
      }
    }
    const transcendental = new Set(TRANSCENDENTAL_ROWS.map((row) => row.modrm));
    const differences = compare("encodings", cases, (a, b) => a.readUInt32LE(0) === b.readUInt32LE(0));
    expect(transcendental.size).toBe(8);
    expect(differences).toEqual([]);
  });

  it("saves and restores with FXSAVE and FXRSTOR as the host does", () => {
    const random = new Random(0xfc5a);
    const cases: Case[] = [];
    for (let n = 0; n < 4 * PER_ROW; n++) {
      const memory = new Uint8Array(512);
      for (let i = 0; i < 288; i++) memory[i] = random.bits();
      // Masked exceptions only, no pointers (the host's selectors read as zero), a plausible MXCSR.
      memory.set([0x3f, random.below(16), random.below(64), random.below(64)], 0);
      memory.fill(0, 5, 24);
      memory.set([random.bits() & 0xbf, random.bits() & 0xff, 0, 0], 24);
      const restore = { ...randomCase(random, EXACT_ROWS[0]), memory };
      cases.push({ ...restore, code: [0x0f, 0xae, 0x0b] });
      // Restored and saved again: bytes that are not state come back as the save writes them.
      cases.push({ ...restore, code: [0x0f, 0xae, 0x0b, 0x0f, 0xae, 0x03] });
    }
    const withoutMask = (answer: Buffer): Buffer => {
      const copy = Buffer.from(answer);
      // MXCSR_MASK says what the host's MXCSR has; reserved bytes 10 to 15 of a register are not written by some.
      copy.fill(0, ANSWER_HEAD + 28, ANSWER_HEAD + 32);
      for (let at = ANSWER_HEAD + 32; at < ANSWER_HEAD + 160; at += 16) copy.fill(0, at + 10, at + 16);
      return copy;
    };
    expect(compare("FXSAVE images", cases, (a, b) => sameAnswer(withoutMask(a), withoutMask(b)))).toEqual([]);
  });
});
