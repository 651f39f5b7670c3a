/** Environment, pointers, faults and pending exceptions: what the host's processor can't show or no longer does. */
import { describe, expect, it } from "vitest";
import { State } from "../../../emulator/cpu/layout.ts";
import { ESCAPE_ROWS, FpuStatus, escapeRow } from "../../../emulator/cpu/fpu/index.ts";
import { randomCase } from "./cases.ts";
import { Random } from "./random.ts";
import { Bench, REQUEST_HEAD, REQUEST_IMAGE, encodeCase } from "./records.ts";

/** The architectural words: all but the latches. */
function architectural(bench: Bench): number[] {
  const words = Array.from(bench.words);
  words.fill(0, State.FPU_LATCH_A, State.FPU_LATCH_A + 8);
  return words;
}

function initialised(): Bench {
  const bench = new Bench();
  bench.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0);
  return bench;
}

/** 1.0 / 0.0 with division by zero unmasked. */
function withPendingException(): Bench {
  const bench = initialised();
  bench.memory = new Uint8Array([0x7b, 0x03]);
  bench.fpu.executeEscape(0xd9, 0x2b, 0, 0, 0, 0);
  bench.fpu.executeEscape(0xd9, 0xee, 0, 0, 0, 0);
  bench.fpu.executeEscape(0xd9, 0xe8, 0, 0, 0, 0);
  expect(bench.fpu.executeEscape(0xd8, 0xf1, 0, 0, 0, 0)).toBe(FpuStatus.DONE);
  return bench;
}

function bytes(...words: number[]): Uint8Array {
  return new Uint8Array(new Int32Array(words).buffer);
}
function halves(...words: number[]): Uint8Array {
  return new Uint8Array(new Uint16Array(words).buffer);
}

describe("x87 state", () => {
  it("starts with empty masks and zeros, not as after FNINIT", () => {
    const bench = new Bench();
    bench.fpu.reset();
    expect(bench.words[State.FPU_CONTROL]).toBe(0x40);
    expect(bench.fpu.statusWord).toBe(0);
    bench.memory = new Uint8Array(28);
    bench.fpu.executeEscape(0xd9, 0x33, 0, 0, 0, 0);
    expect(Array.from(bench.memory.subarray(8, 10))).toEqual([0x55, 0x55]);
  });

  it("remembers the last non-control instruction and its memory operand", () => {
    const bench = initialised();
    const w = bench.words;
    bench.memory = new Uint8Array(16);
    bench.fpu.executeEscape(0xd9, 0x45, 0x23, 0x1000, 0x2b, 0x2000);
    const pointers = (): number[] =>
      [State.FPU_CS, State.FPU_IP, State.FPU_OPCODE, State.FPU_DS, State.FPU_DP].map((i) => w[i]);
    expect(pointers()).toEqual([0x23, 0x1000, 0x145, 0x2b, 0x2000]);
    // FNSTCW, FNSTSW, FLDCW, FNCLEX are control instructions.
    bench.fpu.executeEscape(0xd9, 0x3b, 1, 2, 3, 4);
    bench.fpu.executeEscape(0xdd, 0x3b, 1, 2, 3, 4);
    bench.fpu.executeEscape(0xdf, 0xe0, 1, 2, 3, 4);
    bench.fpu.executeEscape(0xd9, 0x2b, 1, 2, 3, 4);
    bench.fpu.executeEscape(0xdb, 0xe2, 1, 2, 3, 4);
    expect(pointers()).toEqual([0x23, 0x1000, 0x145, 0x2b, 0x2000]);
    // A register form leaves the operand's pointer.
    bench.fpu.executeEscape(0xd9, 0xe0, 0x33, 0x1003, 0x77, 0x7777);
    expect(pointers()).toEqual([0x33, 0x1003, 0x1e0, 0x2b, 0x2000]);
    // FNINIT clears all five.
    bench.fpu.executeEscape(0xdb, 0xe3, 1, 2, 3, 4);
    expect(pointers()).toEqual([0, 0, 0, 0, 0]);
  });

  describe("environment layouts (SDM vol. 1, figures 8-9 to 8-12)", () => {
    const IMAGES = [
      ["16-bit real", 0, halves(0x37f, 0x3800, 0x3fff, 0x5678, 0x2000 | 0x105, 0x1234, 0x5000)],
      ["32-bit real", 1, bytes(0xffff037f, 0xffff3800, 0xffff3fff, 0xffff5678, 0x2105, 0xffff1234, 0x5000)],
      ["16-bit protected", 2, halves(0x37f, 0x3800, 0x3fff, 0x5678, 0x2000, 0x1234, 0x5000)],
      ["32-bit protected", 3, bytes(0xffff037f, 0xffff3800, 0xffff3fff, 0x5678, 0x01052000, 0x1234, 0xffff5000)],
    ] as const;

    it.each(IMAGES)("FNSTENV writes the %s layout", (_, layout, image) => {
      const bench = initialised();
      bench.memory = new Uint8Array([0, 0, 0x80, 0x3f]);
      bench.fpu.executeEscape(0xd9, 0x05, 0x2000, 0x5678, 0x5000, 0x1234);
      bench.words[State.FPU_TAGS] = 0x80;
      bench.memory = new Uint8Array(28);
      bench.layout = layout;
      expect(bench.fpu.executeEscape(0xd9, 0x33, 0, 0, 0, 0)).toBe(FpuStatus.DONE);
      // Real layouts hold linear addresses: 2000h * 16 + 5678h = 25678h, 5000h * 16 + 1234h = 51234h.
      expect(Array.from(bench.memory.subarray(0, image.length))).toEqual(Array.from(image));
    });

    it.each(IMAGES)("FLDENV reads back the %s layout", (_, layout, image) => {
      const bench = initialised();
      bench.layout = layout;
      bench.memory = Uint8Array.from(image);
      expect(bench.fpu.executeEscape(0xd9, 0x23, 0, 0, 0, 0)).toBe(FpuStatus.DONE);
      const w = bench.words;
      const real = (layout & 2) === 0;
      expect([w[State.FPU_CONTROL], bench.fpu.statusWord, w[State.FPU_TAGS]]).toEqual([0x37f, 0x3800, 0x80]);
      expect([w[State.FPU_IP], w[State.FPU_CS]]).toEqual(real ? [0x25678, 0] : [0x5678, 0x2000]);
      expect([w[State.FPU_DP], w[State.FPU_DS]]).toEqual(real ? [0x51234, 0] : [0x1234, 0x5000]);
      expect(w[State.FPU_OPCODE]).toBe(layout === 2 ? 0 : 0x105);
    });

    it.each(IMAGES)("FNSAVE and FRSTOR carry the registers in the %s layout", (_, layout) => {
      const random = new Random(80);
      const bench = initialised();
      const w = bench.words;
      for (let i = 0; i < 32; i++)
        w[State.FPU_REGISTERS + i] = i % 4 === 3 ? 0 : i % 4 === 2 ? random.below(0x10000) : random.bits();
      w[State.FPU_TAGS] = 0xa5;
      w[State.FPU_TOP] = 3;
      const before = architectural(bench);
      bench.layout = layout;
      bench.memory = new Uint8Array((layout & 1) !== 0 ? 108 : 94);
      expect(bench.fpu.executeEscape(0xdd, 0x33, 0, 0, 0, 0)).toBe(FpuStatus.DONE);
      // As FNINIT afterwards.
      expect([w[State.FPU_CONTROL], w[State.FPU_TAGS], w[State.FPU_TOP]]).toEqual([0x37f, 0, 0]);
      w.fill(-1, State.FPU_REGISTERS, State.FPU_REGISTERS + 32);
      for (let i = 3; i < 32; i += 4) w[State.FPU_REGISTERS + i] = 0;
      expect(bench.fpu.executeEscape(0xdd, 0x23, 0, 0, 0, 0)).toBe(FpuStatus.DONE);
      expect(architectural(bench)).toEqual(before);
    });
  });

  it("changes nothing when the memory operand faults, whatever the instruction", () => {
    const random = new Random(14);
    const bench = new Bench();
    let count = 0;
    for (const row of ESCAPE_ROWS.filter((candidate) => candidate.count === 0)) {
      for (let n = 0; n < 50; n++) {
        const test = randomCase(random, row);
        // Masked: an unmasked exception keeps a store from touching memory at all.
        test.control |= 0x3f;
        const request = encodeCase(test);
        bench.frstor(request.subarray(REQUEST_IMAGE, REQUEST_HEAD));
        const before = architectural(bench);
        bench.faulting = true;
        expect(bench.fpu.executeEscape(row.opcode, row.modrm, 1, 2, 3, 4)).toBe(FpuStatus.MEMORY_FAULT);
        bench.faulting = false;
        expect(architectural(bench)).toEqual(before);
        count++;
      }
    }
    for (const xmm of [false, true]) {
      bench.faulting = true;
      const before = architectural(bench);
      expect(bench.fpu.saveExtended(xmm)).toBe(FpuStatus.MEMORY_FAULT);
      expect(bench.fpu.restoreExtended(xmm)).toBe(FpuStatus.MEMORY_FAULT);
      expect(architectural(bench)).toEqual(before);
      bench.faulting = false;
    }
    expect(count).toBeGreaterThan(2000);
  });

  it("changes nothing for a reserved encoding", () => {
    const bench = initialised();
    const before = architectural(bench);
    for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
      for (let modrm = 0; modrm < 256; modrm++) {
        if (escapeRow(opcode, modrm) !== undefined) continue;
        expect(bench.fpu.executeEscape(opcode, modrm, 1, 2, 3, 4)).toBe(FpuStatus.UNDEFINED);
      }
    }
    expect(architectural(bench)).toEqual(before);
  });

  it("reports an unmasked exception at the next waiting instruction, and not before", () => {
    const bench = withPendingException();
    expect(bench.fpu.pending).toBe(true);
    // 1 / 0 left its operands, and status has ZE, ES and B.
    expect(bench.fpu.statusWord).toBe(0xb084);
    const before = architectural(bench);
    expect(bench.fpu.executeEscape(0xd9, 0xe8, 1, 2, 3, 4)).toBe(FpuStatus.PENDING);
    expect(bench.fpu.executeEscape(0xd9, 0x2b, 1, 2, 3, 4)).toBe(FpuStatus.PENDING);
    expect(architectural(bench)).toEqual(before);
    expect(bench.fpu.executeEscape(0xdf, 0xe0, 1, 2, 3, 4)).toBe(FpuStatus.DONE);
    expect(bench.ax).toBe(0xb084);
    expect(bench.fpu.executeEscape(0xdb, 0xe2, 1, 2, 3, 4)).toBe(FpuStatus.DONE);
    expect(bench.fpu.pending).toBe(false);
    expect(bench.fpu.executeEscape(0xd9, 0xe8, 1, 2, 3, 4)).toBe(FpuStatus.DONE);
  });

  it("goes on under IGNNE#", () => {
    const bench = withPendingException();
    bench.fpu.ignoreErrors = true;
    expect(bench.fpu.pending).toBe(false);
    expect(bench.fpu.executeEscape(0xd9, 0xe8, 1, 2, 3, 4)).toBe(FpuStatus.DONE);
    bench.fpu.ignoreErrors = false;
    expect(bench.fpu.pending).toBe(true);
  });

  it("makes an exception pending when FLDCW unmasks it, and not when it masks it again", () => {
    const bench = withPendingException();
    bench.fpu.ignoreErrors = true;
    bench.memory = new Uint8Array([0x7f, 0x03]);
    bench.fpu.executeEscape(0xd9, 0x2b, 0, 0, 0, 0);
    bench.fpu.ignoreErrors = false;
    expect(bench.fpu.pending).toBe(false);
    expect(bench.fpu.statusWord).toBe(0x3004);
    bench.memory = new Uint8Array([0x7b, 0x03]);
    bench.fpu.executeEscape(0xd9, 0x2b, 0, 0, 0, 0);
    expect(bench.fpu.pending).toBe(true);
  });

  it("writes 160 bytes of FXSAVE image without the XMM registers, 288 with", () => {
    const bench = initialised();
    for (const [xmm, length] of [
      [false, 160],
      [true, 288],
    ] as const) {
      bench.memory = new Uint8Array(512).fill(0xcc);
      expect(bench.fpu.saveExtended(xmm)).toBe(FpuStatus.DONE);
      expect(bench.memory.subarray(length).every((byte) => byte === 0xcc)).toBe(true);
      expect(bench.memory[length - 1]).not.toBe(0xcc);
    }
  });

  it("keeps last-instruction pointers in FXSAVE images", () => {
    const bench = initialised();
    bench.memory = new Uint8Array(16);
    bench.fpu.executeEscape(0xdb, 0x2f, 0x23, 0x12345678, 0x2b, 0x9abcdef0 | 0);
    bench.memory = new Uint8Array(512);
    bench.fpu.saveExtended(true);
    const before = architectural(bench);
    bench.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0);
    bench.fpu.restoreExtended(true);
    expect(architectural(bench)).toEqual(before);
  });

  it("refuses an MXCSR with reserved bits and restores nothing", () => {
    const bench = initialised();
    const before = architectural(bench);
    bench.memory = new Uint8Array(512).fill(0xff);
    expect(bench.fpu.restoreExtended(true)).toBe(FpuStatus.PROTECTION);
    expect(architectural(bench)).toEqual(before);
    expect(bench.fpu.restoreExtended(false)).toBe(FpuStatus.DONE);
  });

  it("turns into the MMX register file and back", () => {
    const bench = initialised();
    bench.words[State.FPU_TOP] = 5;
    bench.fpu.enterMmx();
    expect([bench.words[State.FPU_TOP], bench.words[State.FPU_TAGS]]).toEqual([0, 0xff]);
    bench.fpu.emptyMmx();
    expect(bench.words[State.FPU_TAGS]).toBe(0);
  });
});

describe("the escape table", () => {
  it("has no encoding twice", () => {
    const seen = new Map<number, string>();
    for (const row of ESCAPE_ROWS) {
      for (let modrm = 0; modrm < 256; modrm++) {
        const inside =
          row.count === 0
            ? modrm < 0xc0 && (modrm & 0x38) === row.modrm
            : modrm >= row.modrm && modrm < row.modrm + row.count;
        if (!inside) continue;
        expect(seen.get(row.opcode * 256 + modrm)).toBeUndefined();
        seen.set(row.opcode * 256 + modrm, row.mnemonic);
        expect(escapeRow(row.opcode, modrm)).toBe(row);
      }
    }
  });
});
