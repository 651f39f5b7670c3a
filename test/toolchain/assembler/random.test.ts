import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assemble } from "../../../scripts/toolchain/assembler/index.ts";
import { Kind } from "../../../scripts/toolchain/assembler/operands.ts";
import { type Form, Place, type Slot } from "../../../scripts/toolchain/assembler/forms.ts";
import { hasTool } from "../../support/tools.ts";
import { compare, nasm } from "./nasm.ts";
import { allForms } from "./rows.ts";

const seed = 20261120;
const forms = [...allForms()];
const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const reg8 = pick("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh");
const reg16 = pick("ax", "cx", "dx", "bx", "sp", "bp", "si", "di");
const reg32 = pick("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi");
const index32 = pick("eax", "ecx", "edx", "ebx", "ebp", "esi", "edi");
const displacement = fc.oneof(
  pick("", "", "+1", "-1", "+127", "+128", "-128", "-129"),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }).map((n) => (n < 0 ? `${n}` : `+${n}`)),
);
const smallDisplacement = fc.integer({ min: -0x8000, max: 0x7fff }).map((n) => (n < 0 ? `${n}` : `+${n}`));
const scale = pick("", "*1", "*2", "*4", "*8");
const segment = pick("", "", "", "es:", "cs:", "ss:", "ds:", "fs:", "gs:");

const address = fc.oneof(
  fc.tuple(reg32, displacement).map(([b, d]) => b + d),
  fc.tuple(reg32, index32, scale, displacement).map(([b, i, s, d]) => `${b}+${i}${s}${d}`),
  fc.tuple(index32, pick("*2", "*3", "*4", "*5", "*8", "*9"), displacement).map(([i, s, d]) => i + s + d),
  fc.tuple(index32, scale, reg32, displacement).map(([i, s, b, d]) => `${i}${s}+${b}${d}`),
  fc.tuple(pick("bx", "bp", "si", "di", "bx+si", "bp+di", "di+bx", "si+bp"), smallDisplacement).map(([b, d]) => b + d),
  fc.nat(0xffff).map(String),
  fc.tuple(pick("byte ", "dword "), reg32, pick("+1", "-5", "")).map(([w, b, d]) => w + b + d),
);

const sizeWord: Record<number, string> = {
  1: "byte ",
  2: "word ",
  4: "dword ",
  8: "qword ",
  10: "tword ",
  16: "oword ",
};

function operand(slot: Slot, form: Form): fc.Arbitrary<string> {
  if (slot.fixed >= 0 || slot.constant >= 0) return pick(slot.text);
  if (slot.mask === Kind.FarPointer) return fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([s, o]) => `${s}:${o}`);
  if (slot.place === Place.Rel) return fc.integer({ min: -200, max: 200 }).map((n) => (n < 0 ? `$${n}` : `$+${n}`));
  if (slot.mask === Kind.Immediate) {
    const bits = slot.width * 8;
    const full = slot.signExtended
      ? fc.integer({ min: -128, max: 127 })
      : fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** bits - 1 });
    return fc.oneof(fc.integer({ min: -128, max: 127 }), full).map(String);
  }
  const choices: fc.Arbitrary<string>[] = [];
  if (slot.mask & Kind.Reg8) choices.push(reg8);
  if (slot.mask & Kind.Reg16) choices.push(reg16);
  if (slot.mask & Kind.Reg32) choices.push(reg32);
  if (slot.mask & Kind.SegmentReg) choices.push(pick("es", "ss", "ds", "fs", "gs"));
  if (slot.mask & Kind.ControlReg) choices.push(pick("cr0", "cr2", "cr3", "cr4"));
  if (slot.mask & Kind.DebugReg) choices.push(pick("dr0", "dr1", "dr2", "dr3", "dr6", "dr7"));
  if (slot.mask & Kind.TestReg) choices.push(pick("tr6", "tr7"));
  if (slot.mask & Kind.FpuReg) choices.push(fc.nat(7).map((n) => `st${n}`));
  if (slot.mask & Kind.FpuTo) choices.push(fc.nat(7).map((n) => `to st${n}`));
  if (slot.mask & Kind.MmxReg) choices.push(fc.nat(7).map((n) => `mm${n}`));
  if (slot.mask & Kind.XmmReg) choices.push(fc.nat(7).map((n) => `xmm${n}`));
  if (slot.mask & (Kind.AnyMem | Kind.MemFarUnsized | Kind.MemFar16 | Kind.MemFar32)) {
    const far = slot.mask & Kind.MemFar16 ? "far word " : slot.mask & Kind.MemFar32 ? "far dword " : "far ";
    const size =
      slot.mask & Kind.AnyMem ? (slot.memorySize && form.name !== "lea" ? sizeWord[slot.memorySize] : "") : far;
    choices.push(
      fc.tuple(segment, address).map(([s, a]) => {
        const [, width, rest] = /^(byte |dword )?(.*)$/.exec(a)!;
        return slot.place === Place.Moffs ? `[${s}${1234}]` : `${size}[${width ?? ""}${s}${rest}]`;
      }),
    );
  }
  return fc.oneof(...choices);
}

const instruction = fc.nat(forms.length - 1).chain((n) => {
  const form = forms[n];
  return fc.tuple(...form.slots.map((slot) => operand(slot, form))).map((texts) => `${form.name} ${texts.join(", ")}`);
});

describe.skipIf(!hasTool("nasm"))("random instructions against nasm", () => {
  for (const bits of [32, 16] as const) {
    it(`encodes 20000 random instructions as nasm does in ${bits}-bit code (seed ${seed})`, () => {
      let same = 0;
      fc.assert(
        fc.property(fc.array(instruction, { minLength: 1000, maxLength: 1000 }), (lines) => {
          const result = compare(lines, bits);
          same += result.same;
          expect([...result.differ, ...result.weReject]).toEqual([]);
        }),
        { seed, numRuns: 20, endOnFailure: true },
      );
      console.log(`${bits}-bit: ${same} of 20000 random lines assembled by both, all to the same bytes`);
      expect(same).toBeGreaterThan(15_000);
    });
  }
});

/** A line of a random program full of branches: label, branch, filler of n bytes, or an alignment. */
const branchLine = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(pick("jmp", "jz", "jnc", "call", "jg", "jmp short"), fc.nat(59)) },
  { weight: 3, arbitrary: fc.tuple(pick("fill"), fc.nat(60)) },
  { weight: 1, arbitrary: fc.tuple(pick("big"), fc.nat(59)) },
);

describe.skipIf(!hasTool("nasm"))("branch relaxation against nasm", () => {
  for (const bits of [32, 16] as const) {
    it(`finds nasm's sizes for random programs of ${bits}-bit branches (seed ${seed})`, () => {
      let programs = 0;
      fc.assert(
        fc.property(fc.array(branchLine, { minLength: 60, maxLength: 200 }), (lines) => {
          const source = lines.map(([kind, n], i) => {
            const label = i < 60 ? `l${i}: ` : "";
            if (kind === "fill") return `${label}times ${n} nop`;
            if (kind === "big") return `${label}mov eax, [ebx + l${n} - $$]\nadd ecx, l${n} - l0`;
            // A short branch only where it surely reaches.
            if (kind === "jmp short") return `${label}jmp short $ + ${n}`;
            return `${label}${kind} l${n}`;
          });
          const text = `bits ${bits}\n${source.join("\n")}\n`;
          const theirs = nasm(text);
          const ours = assemble(text);
          expect(theirs.messages).toBe("");
          expect(ours.errors ?? []).toEqual([]);
          expect(Buffer.from(ours.bytes!).toString("hex")).toBe(Buffer.from(theirs.bytes!).toString("hex"));
          programs++;
        }),
        { seed, numRuns: 150, endOnFailure: true },
      );
      console.log(`${bits}-bit: ${programs} random branch programs with nasm's bytes`);
    });
  }

  it("settles branches that push each other out of reach, one by one", () => {
    // Each forward jump is in reach only as long as all the jumps between stay short.
    const count = 40;
    const lines: string[] = [];
    for (let i = 0; i < count; i++) lines.push(`jmp t${i}`);
    for (let i = 0; i < count; i++) lines.push(`times ${i === 0 ? 127 - 2 * (count - 1) + 1 : 2} nop\nt${i}:`);
    const text = `bits 32\n${lines.join("\n")}\n`;
    const ours = assemble(text);
    expect(ours.errors ?? []).toEqual([]);
    expect(Buffer.from(ours.bytes!).equals(Buffer.from(nasm(text).bytes!))).toBe(true);
    expect(ours.bytes!.length).toBeGreaterThan(count * 2 + 127);
  });
});
