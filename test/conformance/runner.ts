import { Random } from "../cpu/fpu/random.ts";
import type { Outcome, TestCase } from "./case.ts";
import { compare, describe, differences, Verdict } from "./compare.ts";
import { nothingUndefined } from "./case.ts";
import type { EmulatedProcessor } from "./emulated.ts";
import { randomCase } from "./generator.ts";
import type { NativeProcessor } from "./native/native.ts";
import { comparedRows, type Row } from "./rows.ts";
import { selfModifyingRow, sequenceCase, sequenceRow } from "./sequences.ts";
import { undefinedOpcodeCase, undefinedOpcodes } from "./undefined_opcodes.ts";

/** How the cases of one row went. */
export interface RowReport {
  row: Row;
  cases: number;
  /** Cases whose instruction completed, on both sides alike. */
  completed: number;
  /** Cases that ended with a fault of the instruction, on both sides alike. */
  faulted: number;
  /** Cases that differ where the manual defines the result: none should. */
  different: number;
  /** Cases that differ only in what the manual leaves undefined, and what it was: "OF", "register", "memory". */
  undefinedDiffers: number;
  undefinedKinds: Map<string, number>;
  /** Descriptions of the first differences. */
  details: string[];
}

export interface Processors {
  native: NativeProcessor;
  emulated: EmulatedProcessor;
}

/** Cases in memory at a time. */
const BATCH = 5000;
const DETAILS = 3;

/** All rows that are compared: the table's, then what stands beside it. */
export const allRows: readonly Row[] = [...comparedRows, ...undefinedOpcodes, sequenceRow, selfModifyingRow];

function generatorOf(row: Row): typeof randomCase {
  if (row === sequenceRow || row === selfModifyingRow) return sequenceCase;
  return undefinedOpcodes.includes(row) ? undefinedOpcodeCase : randomCase;
}

/** A row has its own random numbers, so that its cases don't depend on what else is run. */
function seedOf(row: Row, seed: number): number {
  let hash = seed;
  for (let i = 0; i < row.name.length; i++) hash = Math.imul(hash ^ row.name.charCodeAt(i), 0x01000193);
  return hash;
}

/** Runs `count` cases of a row on both. */
export function runRow({ native, emulated }: Processors, row: Row, count: number, seed: number): RowReport {
  const report: RowReport = {
    row,
    cases: count,
    completed: 0,
    faulted: 0,
    different: 0,
    undefinedDiffers: 0,
    undefinedKinds: new Map(),
    details: [],
  };
  const generate = generatorOf(row);
  const random = new Random(seedOf(row, seed));
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done);
    const cases = Array.from({ length: size }, () => generate(random, native.flat, row));
    const expected = native.run(cases);
    for (let i = 0; i < size; i++) judge(report, cases[i], expected[i], emulated.run(cases[i]));
  }
  return report;
}

function judge(report: RowReport, test: TestCase, native: Outcome, emulated: Outcome): void {
  const verdict = compare(test, native, emulated);
  if (verdict === Verdict.DIFFERENT) {
    report.different++;
    if (report.details.length < DETAILS) report.details.push(describe(test, native, emulated));
    return;
  }
  const isFault = native.eip === test.eip && native.segments[1] === test.segments[1] && native.trap !== 1;
  if (isFault) report.faulted++;
  else report.completed++;
  if (verdict === Verdict.UNDEFINED_DIFFERS) {
    report.undefinedDiffers++;
    for (const kind of undefinedKinds(native, emulated)) {
      report.undefinedKinds.set(kind, (report.undefinedKinds.get(kind) ?? 0) + 1);
    }
  }
}

const STATUS_NAMES: [number, string][] = [
  [0x1, "CF"],
  [0x4, "PF"],
  [0x10, "AF"],
  [0x40, "ZF"],
  [0x80, "SF"],
  [0x800, "OF"],
];

function undefinedKinds(native: Outcome, emulated: Outcome): string[] {
  const flags = native.eflags ^ emulated.eflags;
  const kinds = STATUS_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const others = differences(native, emulated, nothingUndefined()).filter((text) => !text.startsWith("eflags"));
  if (others.some((text) => text.startsWith("["))) kinds.push("memory");
  if (others.some((text) => !text.startsWith("["))) kinds.push("register");
  return kinds;
}

// --- The report ---

function total(reports: readonly RowReport[], field: (report: RowReport) => number): number {
  return reports.reduce((sum, report) => sum + field(report), 0);
}

/** A line for each group and one for all. */
export function groupTable(reports: readonly RowReport[]): string {
  const groups = [...new Set(reports.map(({ row }) => row.group))];
  const lines = groups.map((group) =>
    tableLine(
      group,
      reports.filter(({ row }) => row.group === group),
    ),
  );
  return [
    `${"".padEnd(24)}${["rows", "cases", "completed", "faults", "undefined", "different"].map((s) => s.padStart(11)).join("")}`,
    ...lines,
    tableLine("all", reports),
  ].join("\n");
}

function tableLine(name: string, reports: readonly RowReport[]): string {
  const numbers = [
    reports.length,
    total(reports, (r) => r.cases),
    total(reports, (r) => r.completed),
    total(reports, (r) => r.faulted),
    total(reports, (r) => r.undefinedDiffers),
    total(reports, (r) => r.different),
  ];
  return `${name.padEnd(24)}${numbers.map((n) => String(n).padStart(11)).join("")}`;
}

/** Where results that the manual leaves undefined are not those of the host: a line for each mnemonic. */
export function undefinedTable(reports: readonly RowReport[]): string {
  const byMnemonic = new Map<string, { cases: number; kinds: Map<string, number> }>();
  for (const { row, cases, undefinedKinds: kinds } of reports) {
    if (kinds.size === 0) continue;
    const { mnemonic } = row.instruction;
    const entry = byMnemonic.get(mnemonic) ?? { cases: 0, kinds: new Map<string, number>() };
    byMnemonic.set(mnemonic, entry);
    entry.cases += cases;
    for (const [kind, n] of kinds) entry.kinds.set(kind, (entry.kinds.get(kind) ?? 0) + n);
  }
  const lines = [...byMnemonic].map(([mnemonic, { cases, kinds }]) => {
    const parts = [...kinds].map(([kind, n]) => `${kind} ${n}`);
    return `  ${mnemonic.padEnd(8)} ${parts.join(", ")} of ${cases}`;
  });
  return lines.length === 0 ? "  none" : lines.join("\n");
}
