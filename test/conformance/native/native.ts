/** Builds and runs harness.c. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasGcc32 } from "../../support/tools.ts";
import type { Outcome, TestCase } from "../case.ts";
import { type FlatSelectors, ldt } from "../layout.ts";
import { encodeCase, encodeHead, ResultReader } from "../record.ts";

const FLAGS = [
  ...["-m32", "-O2", "-msse2", "-static", "-nostdlib", "-ffreestanding", "-fno-pic", "-no-pie"],
  ...["-fno-stack-protector", "-fcf-protection=none", "-mstackrealign", "-Wl,-Ttext-segment=0x70000000"],
];

/** Bytes of the harness's first answer. */
const HEAD = 12;

export class NativeProcessor {
  private readonly directory = mkdtempSync(join(tmpdir(), "faultline-conformance-"));
  private readonly program = join(this.directory, "harness");
  private readonly head = encodeHead();
  /** Selectors of the host's user mode. */
  readonly flat: FlatSelectors;
  /** The kernel accepted all descriptors (no if it was built without modify_ldt or 16-bit segments). */
  readonly hasLdt: boolean;

  constructor(source = fileURLToPath(new URL("./harness.c", import.meta.url))) {
    execFileSync("gcc", [...FLAGS, "-o", this.program, source]);
    const answer = this.execute(this.head);
    this.flat = { cs: answer.readUInt32LE(0), ds: answer.readUInt32LE(4) };
    this.hasLdt = answer.readUInt32LE(8) === ldt.filter((entry) => entry !== null).length;
  }

  private execute(input: Buffer): Buffer {
    const result = spawnSync(this.program, { input, maxBuffer: 1 << 30 });
    if (result.status !== 0) {
      throw new Error(`native harness: status ${result.status}, signal ${result.signal}`);
    }
    return result.stdout;
  }

  /** How each case ends. */
  run(cases: TestCase[]): Outcome[] {
    const output = this.execute(Buffer.concat([this.head, ...cases.map(encodeCase)]));
    const reader = new ResultReader(output, HEAD);
    return cases.map((test, i) => {
      const outcome = reader.next();
      if (outcome === null) throw new Error(`native harness: no result for case ${i}, ${test.row.name}`);
      return outcome;
    });
  }

  close(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** Why the host's processor can't be the reference here, or undefined if it can. */
export function whyNotNative(): string | undefined {
  if (process.platform !== "linux") return "needs Linux on an x86 processor";
  return hasGcc32() ? undefined : "needs gcc -m32";
}
