/**
 * The integer instructions against the host's own processor: random cases of every form, registers, flags, memory and
 * exceptions compared. CPU_CASES is the number of cases for each form (default 40; 1000 makes most of a million).
 */
import { describe, expect, it } from "vitest";
import type { Form } from "../../scripts/toolchain/assembler/forms.ts";
import { differences, runCases, whyNoNative } from "../support/driver.ts";
import { comparableForms, Random, randomCase, touchesHost, undefinedFlags } from "./cases.ts";

const perForm = Number(process.env.CPU_CASES ?? 40);
const why = whyNoNative();
const forms = comparableForms();
const byName = new Map<string, Form[]>();
for (const form of forms) byName.set(form.name, [...(byName.get(form.name) ?? []), form]);

describe.skipIf(why)(`integer instructions against the host's processor${why ? ` (${why})` : ""}`, () => {
  let compared = 0;
  for (const [name, list] of byName) {
    it(`${name}: ${list.length} forms agree`, () => {
      const random = new Random(0x386 + [...name].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 0) || 1);
      const batch = list.flatMap((form) => Array.from({ length: perForm }, () => randomCase(random, form)));
      const native = runCases("native", batch);
      const emulated = runCases("emulator", batch);
      const found: string[] = [];
      batch.forEach((test, i) => {
        if (touchesHost(native[i], emulated[i])) return;
        compared++;
        const facts = differences(native[i], emulated[i], undefinedFlags(name, test.code as string));
        if (facts.length && found.length < 5) found.push(`${test.code}: ${facts.join("; ")} (${JSON.stringify(test)})`);
      });
      expect(found).toEqual([]);
    });
  }

  it("has cases for the whole integer table", () => {
    console.log(`${compared} random cases of ${forms.length} forms agree with the host's processor`);
    expect(forms.length).toBeGreaterThan(400);
    expect(compared).toBeGreaterThan(forms.length * perForm * 0.99);
  });
});
