import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StopReason } from "../../emulator/cpu/cpu.ts";
import { instructions } from "../../emulator/cpu/instructions.ts";
import { At, Page, Testbed } from "./testbed.ts";

/** Bytes of random instructions: rows of the table with random operands, most of them on registers or [20000h + x]. */
function instruction(random: () => number): number[] {
  const row = instructions[random() % instructions.length];
  const code: number[] = [];
  if (random() % 8 === 0) code.push(0x66);
  if (random() % 30 === 0) code.push([0xf2, 0xf3, 0x67, 0x64, 0xf0][random() % 5]);
  if (row.opcode >= 0x100) code.push(0x0f);
  code.push((row.opcode & 0xff) + (row.registerInOpcode ? random() % 8 : 0));
  if (row.hasModRm) {
    const reg = row.digit === -1 ? random() % 8 : row.digit;
    if (random() % 2 === 0) code.push(0xc0 | (reg << 3) | (random() % 8));
    else code.push(0x05 | (reg << 3), random() & 0xff, random() & 0x0f, 0x02, 0x00);
  }
  const word = code[0] === 0x66 ? 2 : 4;
  for (const kind of row.immediates) {
    const length = { ib: 1, ibs: 1, cb: 1, iw: 2, p: word + 2, mo: 4 }[kind] ?? word;
    // Short jumps stay short.
    if (kind === "cb" || kind === "cv") code.push(random() % 32, ...new Array<number>(length - 1).fill(0));
    else if (kind === "mo") code.push(random() & 0xff, random() & 0x0f, 0x02, 0x00);
    else for (let i = 0; i < length; i++) code.push(random() & 0xff);
  }
  return code;
}

function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 12)) >>> 0) % 0x7fffffff;
  };
}

const NAMES = [
  "eax",
  "ecx",
  "edx",
  "ebx",
  "esp",
  "ebp",
  "esi",
  "edi",
  "eip",
  "eflags",
  "cs",
  "ss",
  "ds",
  "cr2",
] as const;

function program(bed: Testbed, seed: number): void {
  const random = generator(seed);
  const code: number[] = [];
  while (code.length < 600) code.push(...instruction(random));
  bed.reset();
  bed.arena.ram8.fill(0xcc, At.CODE, At.CODE + 0x1000);
  bed.cpu.writePhysicalMemory(At.CODE, Uint8Array.from(code));
  for (let i = 0; i < 0x1000; i += 4) bed.write32(0x20000 + i, random());
  bed.enablePaging();
  bed.map(0x20000, 0x20000, Page.P | Page.W | Page.U);
  bed.ring3();
  const names = ["eax", "ecx", "edx", "ebx", "ebp", "esi", "edi"] as const;
  for (const name of names) bed.set(name, random() % 3 === 0 ? random() : 0x20000 + (random() & 0xfff));
  // Faults return to the instruction after a few bytes: the handler skips ahead.
  bed.load("add dword [esp + 4], 3\nadd esp, 4\niret", 0x6000);
  bed.load("add dword [esp], 3\niret", 0x6100);
  for (let vector = 0; vector < 32; vector++) {
    const hasCode = vector === 8 || (vector >= 10 && vector <= 14) || vector === 17;
    bed.gate(vector, 0x08, hasCode ? 0x6000 : 0x6100, 0xee);
  }
}

function state(bed: Testbed): unknown {
  let hash = 0;
  for (let i = 0x20000; i < 0x21000; i += 4) hash = (Math.imul(hash, 31) + bed.read32(i)) | 0;
  return [bed.cpu.instructionCount, hash, bed.exceptions.length, ...NAMES.map((name) => bed.get(name))];
}

const whole = new Testbed();
const cut = new Testbed();

describe("random programs", () => {
  test("end the same whether run at once, in slices or one instruction at a time", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
        (seed, cuts) => {
          const LIMIT = 300;
          program(whole, seed);
          const reason = whole.run(LIMIT);
          program(cut, seed);
          let last = StopReason.Limit;
          for (let i = 0; cut.cpu.instructionCount < LIMIT && last === StopReason.Limit; i++) {
            last = cut.run(Math.min(LIMIT, cut.cpu.instructionCount + cuts[i % cuts.length]));
          }
          expect(last).toBe(reason);
          expect(state(cut)).toEqual(state(whole));
        },
      ),
      { seed: 20261120, numRuns: 1500 },
    );
  });
});

describe("random bytes as code", () => {
  test("never upset the host, in any mode", () => {
    const random = generator(99);
    const bed = new Testbed();
    for (let round = 0; round < 1000; round++) {
      if (round % 50 === 0) bed.reset();
      const mode = round % 4;
      const cpu = bed.cpu;
      if (mode === 3) cpu.reset();
      else bed.set("cr0", 0x11);
      if (mode === 0) bed.ring0();
      else bed.ring3();
      if (mode === 2) cpu.setSegment("cs", { selector: 0x1b, base: 0, limit: 0xffff, access: 0x00fb });
      for (let i = 0; i < 64; i++) bed.arena.ram8[At.CODE + i] = random();
      cpu.physicalMemoryChanged(At.CODE, 64);
      for (const name of ["eax", "ecx", "edx", "ebx", "ebp", "esi", "edi"] as const) bed.set(name, random());
      cpu.setSegment("cs", { ...cpu.segment("cs"), base: mode === 2 ? At.CODE : 0 });
      bed.set("eip", mode === 2 ? 0 : At.CODE);
      const from = cpu.instructionCount;
      cpu.run(from + 100);
      expect(cpu.instructionCount).toBeLessThanOrEqual(from + 100);
    }
  });
});
