import type { CaseBuilder } from "./builder.ts";
import { Eflags, Reg, Seg } from "./case.ts";
import type { Planner } from "./plan.ts";
import { wordSelector } from "./segments.ts";

function elementCount(b: CaseBuilder): number {
  const { random } = b;
  const choice = random.below(100);
  if (choice < 50) return random.below(20);
  if (choice < 75) return random.below(100);
  if (choice < 88) return 0x80 + random.below(0x400);
  if (choice < 94) return 0x1000 + random.below(0x4000);
  return b.value();
}

/** Points a register at elements that are `bytes` long in all, their first or (backward) last. */
function point(b: CaseBuilder, register: Reg, segment: Seg, size: number): void {
  const offset = b.dataOffset(segment, size, b.address16);
  b.writeRegister(register, b.address16 ? 2 : 4, offset);
}

/** Gives the next elements values that agree up to some place, so that CMPS and SCAS run on for a while. */
function patchRun(b: CaseBuilder, size: number, compares: boolean): void {
  const { random, registers } = b;
  const step = (b.eflags & Eflags.DF) !== 0 ? -size : size;
  const elements = 1 + random.below(24);
  const same = b.value();
  const different = random.below(elements + 8);
  const mask = b.address16 ? 0xffff : 0xffffffff;
  const source = b.override === -1 ? Seg.DS : b.override;
  for (let i = 0; i < elements; i++) {
    const value = i === different ? b.value() : same;
    const at = ((registers[Reg.EDI] & mask) + i * step) & mask;
    b.patch(b.linearOf(Seg.ES, at >>> 0), size, value);
    if (compares) {
      const from = ((registers[Reg.ESI] & mask) + i * step) & mask;
      b.patch(b.linearOf(source, from >>> 0), size, i === different && random.chance(80) ? b.value() : same);
    }
  }
  if (!compares && random.chance(80)) b.writeRegister(Reg.EAX, size, random.chance(60) ? same : b.value());
}

const string: Planner = (b, row) => {
  const { random, registers, segments } = b;
  const { mnemonic } = row.instruction;
  const size = mnemonic.endsWith("B") ? 1 : b.operandSize;
  if (random.chance(50)) b.eflags ^= Eflags.DF;
  if (b.address16 && !random.chance(10)) {
    segments[Seg.DS] = wordSelector(random);
    segments[Seg.ES] = random.chance(70) ? segments[Seg.DS] : wordSelector(random);
  }
  const source = b.override === -1 ? Seg.DS : b.override;
  point(b, Reg.EDI, Seg.ES, size);
  if (mnemonic.startsWith("MOVS") && random.chance(30)) {
    // Overlapping.
    b.writeRegister(Reg.ESI, b.address16 ? 2 : 4, registers[Reg.EDI] + random.below(33) - 16);
  } else {
    point(b, Reg.ESI, source, size);
  }
  if (b.repeat !== 0) b.writeRegister(Reg.ECX, b.address16 ? 2 : 4, elementCount(b));
  const compares = mnemonic.startsWith("CMPS");
  if ((compares || mnemonic.startsWith("SCAS")) && random.chance(75)) patchRun(b, size, compares);
  return { register: 0, immediateBytes: 0, immediates: () => [] };
};

export const stringPlans: { [mnemonic: string]: Planner } = {};
for (const name of ["MOVS", "CMPS", "STOS", "LODS", "SCAS", "INS", "OUTS"]) {
  stringPlans[`${name}B`] = string;
  stringPlans[`${name}V`] = string;
}
