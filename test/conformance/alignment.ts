import type { Random } from "../cpu/fpu/random.ts";
import { Eflags, type TestCase } from "./case.ts";
import { randomCase } from "./generator.ts";
import type { FlatSelectors } from "./layout.ts";
import { comparedRows, type Row } from "./rows.ts";

/** Alignment checks (SDM 3, 6.15, interrupt 17): any instruction with EFLAGS.AC set; Linux sets CR0.AM. */
export const alignmentRow: Row = {
  instruction: { ...comparedRows[0].instruction, id: -1, mnemonic: "alignment" },
  name: "alignment checks",
  group: "Alignment checks",
  excluded: null,
};

export function alignmentCase(random: Random, flat: FlatSelectors): TestCase {
  const test = randomCase(random, flat, random.pick(comparedRows));
  return { ...test, eflags: test.eflags | Eflags.AC };
}
