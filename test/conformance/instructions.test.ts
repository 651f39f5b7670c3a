/**
 * The integer instructions against the host's own processor: registers, flags, memory, and faults with error code and
 * address. `CONFORMANCE_CASES` is the number of cases for each row of the instruction table (a sample by default);
 * 3000 make a million and more.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coverageOf, coverageText } from "./coverage.ts";
import { EmulatedProcessor } from "./emulated.ts";
import { NativeProcessor, whyNotNative } from "./native/native.ts";
import { allRows, groupTable, type RowReport, runRow, undefinedTable } from "./runner.ts";

const PER_ROW = Number(process.env.CONFORMANCE_CASES ?? 30);
const SEED = Number(process.env.CONFORMANCE_SEED ?? 1);
/** Sequences are not rows of the table, and say more than one. */
const WEIGHT: { [group: string]: number } = { Sequences: 20 };

const skip = whyNotNative();
const groups = [...new Set(allRows.map((row) => row.group))];
const reports: RowReport[] = [];

describe.skipIf(skip !== undefined)(`instructions against the host's processor${skip ? `: ${skip}` : ""}`, () => {
  let native: NativeProcessor;
  let emulated: EmulatedProcessor;

  beforeAll(() => {
    native = new NativeProcessor();
    emulated = new EmulatedProcessor(native.flat);
  });

  afterAll(() => {
    native.close();
    console.log(`Instruction cases against the host's processor:\n${groupTable(reports)}`);
    console.log(`Undefined results that are not the host's:\n${undefinedTable(reports)}`);
  });

  it("the host lets user mode have a descriptor table of its own", () => {
    expect(native.hasLdt).toBe(true);
  });

  it.each(groups)(
    "%s: every case ends as on the host",
    (group) => {
      const differences: string[] = [];
      for (const row of allRows.filter((row) => row.group === group)) {
        const report = runRow({ native, emulated }, row, PER_ROW * (WEIGHT[group] ?? 1), SEED);
        reports.push(report);
        if (report.different > 0)
          differences.push(`${row.name}: ${report.different} of ${report.cases}`, ...report.details);
      }
      expect(differences).toEqual([]);
    },
    60_000 + PER_ROW * 1000,
  );

  it("at most ten rows of the instruction table have not been executed by a passing test", () => {
    const coverage = coverageOf(reports);
    console.log(coverageText(coverage));
    expect(coverage.notExecuted.length).toBeLessThanOrEqual(10);
  });
});
