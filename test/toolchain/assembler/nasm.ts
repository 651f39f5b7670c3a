/** NASM as the oracle: the bytes it makes of each line, or that it rejects the line. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble } from "../../../scripts/toolchain/assembler/index.ts";

/** Hex bytes per line; null where the assembler rejects the line. */
export type LineBytes = (string | null)[];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "faultline-nasm-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs nasm on a whole text. Null bytes when it reports errors. */
export function nasm(
  source: string,
  format: "bin" | "elf32" = "bin",
  flags: string[] = [],
): { bytes: Uint8Array | null; messages: string } {
  // prettier-ignore
  return inTemporaryFolder((folder) => {
    const input = join(folder, "in.asm");
    const output = join(folder, "out");
    writeFileSync(input, source);
    const run = spawnSync("nasm", ["-f", format, "-w-all", ...flags, "-o", output, "in.asm"], { cwd: folder });
    if (run.error) throw run.error;
    return { bytes: run.status === 0 ? readFileSync(output) : null, messages: run.stderr.toString() };
  });
}

/** Each line on its own (lines may not refer to each other); `warned` holds the lines whose values NASM cut to size. */
export function nasmLines(lines: readonly string[], bits: 16 | 32): { bytes: LineBytes; warned: Set<number> } {
  return inTemporaryFolder((folder) => {
    const rejected = new Set<number>();
    for (;;) {
      const text = lines.map((line, i) => (rejected.has(i) ? "" : line)).join("\n");
      writeFileSync(join(folder, "in.asm"), `bits ${bits}\n${text}\n`);
      const run = spawnSync("nasm", ["-f", "bin", "-w+all", "-l", "list", "-o", "out", "in.asm"], {
        cwd: folder,
        maxBuffer: 1 << 28,
      });
      if (run.error) throw run.error;
      const messages = run.stderr.toString();
      const linesOf = (pattern: RegExp): number[] =>
        [...messages.matchAll(pattern)].map(([, line]) => Number(line) - 2);
      const errors = linesOf(/^in\.asm:(\d+): error/gm);
      for (const line of errors) rejected.add(line);
      if (errors.length) continue;
      if (run.status !== 0) throw new Error(messages);
      const listing = readFileSync(join(folder, "list"), "latin1");
      const bytes = sliceByListing(lines.length, rejected, listing, readFileSync(join(folder, "out")));
      return { bytes, warned: new Set(linesOf(/^in\.asm:(\d+): warning: .*(?:exceeds|overflow)/gm)) };
    }
  });
}

function sliceByListing(count: number, rejected: Set<number>, listing: string, bytes: Uint8Array): LineBytes {
  const starts: number[] = [];
  for (const row of listing.split("\n")) {
    const match = /^ *(\d+) ([0-9A-F]{8}) [0-9A-F]/.exec(row);
    if (match) starts[Number(match[1]) - 2] ??= parseInt(match[2], 16);
  }
  const result: LineBytes = new Array(count).fill(null);
  let end = bytes.length;
  for (let i = count - 1; i >= 0; i--) {
    if (rejected.has(i) || starts[i] === undefined) continue;
    result[i] = hex(bytes.subarray(starts[i], end));
    end = starts[i];
  }
  return result;
}

/** The same by our assembler. */
export function ourLines(lines: readonly string[], bits: 16 | 32): LineBytes {
  const source = lines.map((line, i) => `L${i}: ${line}`).join("\n") + `\nL${lines.length}:`;
  const first = assemble(source, { bits, file: "in.asm" });
  const rejected = new Set((first.errors ?? []).map((message) => Number(/^in\.asm:(\d+):/.exec(message)![1]) - 1));
  const kept = lines.map((line, i) => `L${i}: ${rejected.has(i) ? "" : line}`).join("\n") + `\nL${lines.length}:`;
  const second = rejected.size ? assemble(kept, { bits, file: "in.asm" }) : first;
  if (second.errors) throw new Error(second.errors.join("\n"));
  return lines.map((_, i) =>
    rejected.has(i) ? null : hex(second.bytes.subarray(second.labels.get(`L${i}`), second.labels.get(`L${i + 1}`))),
  );
}

export interface Comparison {
  same: number;
  bothReject: number;
  /** Lines on which bytes differ, with both. */
  differ: string[];
  /** Lines that NASM takes without a warning about a value's size, and we do not. */
  weReject: string[];
  /** Lines that we take and NASM does not. */
  onlyWeTake: string[];
}

export function compare(lines: readonly string[], bits: 16 | 32): Comparison {
  const ours = ourLines(lines, bits);
  const { bytes: theirs, warned } = nasmLines(lines, bits);
  const result: Comparison = { same: 0, bothReject: 0, differ: [], weReject: [], onlyWeTake: [] };
  lines.forEach((line, i) => {
    if (ours[i] === theirs[i]) result[ours[i] === null ? "bothReject" : "same"]++;
    else if (ours[i] === null && warned.has(i)) result.bothReject++;
    else if (ours[i] === null) result.weReject.push(`${line}: nasm ${theirs[i]}`);
    else if (theirs[i] === null) result.onlyWeTake.push(`${line}: ours ${ours[i]}`);
    else result.differ.push(`${line}: ours ${ours[i]}, nasm ${theirs[i]}`);
  });
  return result;
}
