import { describe, expect, it } from "vitest";
import { hasTool } from "../../support/tools.ts";
import { compare, nasmLines, ourLines } from "./nasm.ts";
import { allForms, linesOfForm } from "./rows.ts";

/**
 * Where we take a line that NASM does not: a stated `byte` for a count or selector that can only be a byte, `short` on loops, sizes on
 * operands that have only one. All others must agree.
 */
const lenient =
  /^(rol|ror|rcl|rcr|shl|sal|shr|sar|shld|shrd|enter|jcxz|jecxz|loop\w*|cmpsd|pmuludq|psubq|pshufw|pshufd|pshufhw|pshuflw|pinsrw|shufps|shufpd|cmpps|cmppd|cmpss) /;

describe.skipIf(!hasTool("nasm"))("the instruction table against nasm", () => {
  for (const bits of [32, 16] as const) {
    it(`encodes every row in every addressing mode and operand size as nasm does in ${bits}-bit code`, () => {
      const lines = [...new Set([...allForms()].flatMap((form) => [...linesOfForm(form, bits)]))];
      const result = compare(lines, bits);
      console.log(
        `${bits}-bit: ${lines.length} lines, ${result.same} with the same bytes, ${result.bothReject} rejected by both, ` +
          `${result.onlyWeTake.length} taken only by us`,
      );
      expect(result.differ.slice(0, 20)).toEqual([]);
      expect(result.weReject.slice(0, 20)).toEqual([]);
      expect(result.onlyWeTake.filter((line) => !lenient.test(line)).slice(0, 20)).toEqual([]);
      expect(result.same).toBeGreaterThan(50_000);
    }, 180_000);
  }

  it("reaches every row with at least one line that both assemble to the same bytes", () => {
    const unreached: string[] = [];
    const forms = [...allForms()];
    const perForm = forms.map((form) => [...linesOfForm(form, 32)].filter((_, i) => i % 7 === 0));
    const lines = perForm.flat();
    const ours = ourLines(lines, 32);
    const theirs = nasmLines(lines, 32).bytes;
    let at = 0;
    forms.forEach((form, i) => {
      const reached = perForm[i].some((_, k) => ours[at + k] !== null && ours[at + k] === theirs[at + k]);
      if (!reached) unreached.push(form.row);
      at += perForm[i].length;
    });
    console.log(`${forms.length} forms of ${new Set(forms.map((f) => f.name)).size} mnemonics`);
    expect(unreached).toEqual([]);
  });
});
