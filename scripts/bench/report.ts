// Samples to medians, ratios and a table.
import type { Guest } from "./guests.ts";
import type { RunnerName } from "./runners.ts";
import type { Measurement } from "./transcript.ts";

export interface Row {
  guest: Guest;
  count: number;
  /** All runs, in order. A runner that was not available or doesn't have the guest is missing. */
  samples: Partial<Record<RunnerName, Measurement[]>>;
}

export type FirstByte = Partial<Record<RunnerName, number[]>>;

/** Columns, in this order. */
export const RUNNERS: readonly RunnerName[] = ["native", "qemu", "v86-jit", "v86-nojit", "faultline"];
/** Whom faultline is compared with. */
const RIVALS: readonly RunnerName[] = ["v86-nojit", "v86-jit", "qemu"];

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Median of the seconds of a cell; null without samples. */
export function seconds(row: Row, runner: RunnerName): number | null {
  const samples = row.samples[runner];
  return samples?.length ? median(samples.map((sample) => sample.seconds)) : null;
}

/** The same rows with processor time as the time; what has none falls out. */
export function inProcessorTime(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const samples: Row["samples"] = {};
    for (const [runner, list] of Object.entries(row.samples) as [RunnerName, Measurement[]][]) {
      const known = list.filter((sample) => sample.processorSeconds !== undefined);
      if (known.length > 0) samples[runner] = known.map((s) => ({ ...s, seconds: s.processorSeconds as number }));
    }
    return { ...row, samples };
  });
}

/** How many times as fast as `rival` this emulator is; null when one of them has no samples. */
export function ratio(row: Row, rival: RunnerName): number | null {
  const [ours, theirs] = [seconds(row, "faultline"), seconds(row, rival)];
  return ours === null || theirs === null ? null : theirs / ours;
}

/** Guests whose checksum is not the same everywhere, as lines for people. */
export function disagreements(rows: readonly Row[]): string[] {
  return rows.flatMap(({ guest, samples }) => {
    const seen = new Map<string, Set<string>>();
    for (const [runner, list] of Object.entries(samples)) {
      for (const { checksum } of list) seen.set(checksum, (seen.get(checksum) ?? new Set()).add(runner));
    }
    if (seen.size < 2) return [];
    return [`${guest.name}: ${[...seen].map(([sum, by]) => `${sum} (${[...by].join(", ")})`).join(" but ")}`];
  });
}

export function formatReport(rows: readonly Row[], firstByte: FirstByte): string {
  const parts = [mainTable(rows), rates(rows), startTable(firstByte), requirements(rows), spread(rows)];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function mainTable(rows: readonly Row[]): string {
  const runners = RUNNERS.filter((name) => rows.some((row) => row.samples[name]));
  const rivals = RIVALS.filter((name) => runners.includes(name) && runners.includes("faultline"));
  const head = ["seconds", "", ...runners, "MIPS", ...rivals.map((name) => `vs ${name}`)];
  const body = rows.map((row) => [
    row.guest.name,
    row.guest.title,
    ...runners.map((name) => number(seconds(row, name), 3)),
    number(mips(row), 0),
    ...rivals.map((name) => number(ratio(row, name), 2)),
  ]);
  const mean = (values: (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length > 0 ? geometricMean(known) : null;
  };
  const last = [
    "geometric mean",
    "",
    ...runners.map(() => ""),
    number(mean(rows.map(mips)), 0),
    ...rivals.map((rival) => number(mean(rows.map((row) => ratio(row, rival))), 2)),
  ];
  return table([head, ...body, last]);
}

function rates(rows: readonly Row[]): string {
  const system = rows.filter(({ guest }) => guest.kind === "system");
  const runners = RUNNERS.filter((name) => system.some((row) => row.samples[name]));
  if (system.length === 0) return "";
  const body = system.map((row) => [
    row.guest.operation ?? row.guest.name,
    ...runners.map((name) => {
      const time = seconds(row, name);
      return number(time === null ? null : row.count / time / 1e6, 2);
    }),
  ]);
  return table([["millions a second", ...runners], ...body]);
}

function startTable(firstByte: FirstByte): string {
  const runners = RUNNERS.filter((name) => firstByte[name]?.length);
  if (runners.length === 0) return "";
  const times = runners.map((name) => number(median(firstByte[name] ?? []), 0));
  return table([
    ["milliseconds", ...runners],
    ["start to first serial byte", ...times],
  ]);
}

/** The goals that the project has set itself, where they can be judged. */
function requirements(rows: readonly Row[]): string {
  const lines: string[] = [];
  const slower = (list: readonly Row[], rival: RunnerName): string[] =>
    list.filter((row) => (ratio(row, rival) ?? 1) < 1).map(({ guest }) => guest.name);
  const judge = (goal: string, list: readonly Row[], rival: RunnerName): void => {
    if (!list.some((row) => ratio(row, rival) !== null)) return;
    const failed = slower(list, rival);
    lines.push(`${goal}: ${failed.length === 0 ? "yes" : `no (${failed.join(", ")})`}`);
  };
  judge("at least as fast as v86 without its JIT on every row", rows, "v86-nojit");
  const system = rows.filter(({ guest }) => guest.kind === "system");
  judge("more faults, calls and switches a second than v86 with its JIT", system, "v86-jit");
  judge("more faults, calls and switches a second than QEMU", system, "qemu");
  return lines.join("\n");
}

/** How far apart the runs of one cell lie: what differences in the table mean nothing. */
function spread(rows: readonly Row[]): string {
  const spreads = rows.flatMap(({ samples }) =>
    Object.values(samples)
      .filter((list) => list.length > 1)
      .map((list) => {
        const times = list.map((sample) => sample.seconds);
        return (Math.max(...times) - Math.min(...times)) / median(times);
      }),
  );
  if (spreads.length === 0) return "";
  const percent = (value: number): string => `${Math.round(value * 100)}%`;
  return `runs of one cell lie ${percent(median(spreads))} apart (median), ${percent(Math.max(...spreads))} at worst`;
}

/** Guest instructions per microsecond of this emulator. */
export function mips(row: Row): number | null {
  const time = seconds(row, "faultline");
  const instructions = row.samples.faultline?.[0]?.instructions;
  return time === null || instructions === undefined ? null : instructions / time / 1e6;
}

const number = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));

/** Columns by width; text to the left, numbers to the right. */
function table(lines: readonly string[][]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isText = lines[0].map((_, column) => column === 0 || lines.slice(1).some((line) => /[a-z]/.test(line[column])));
  return lines
    .map((line) => line.map((cell, c) => (isText[c] ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}
