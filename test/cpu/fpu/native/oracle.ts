/** Builds and runs oracle.c. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasGcc32 } from "../../../support/tools.ts";

/**
 * Why the host's processor can't be the reference here, or undefined if it can. Results the manual defines agree on all
 * makes, but the cases also compare what only Intel's manuals and silicon settle (C1, NaN payloads, aliases).
 */
export function whyNoOracle(): string | undefined {
  if (!hasGcc32()) return "needs gcc -m32";
  if (!/GenuineIntel/.test(readFileSync("/proc/cpuinfo", "latin1"))) return "needs an Intel processor";
  return undefined;
}

export class NativeOracle {
  private readonly directory = mkdtempSync(join(tmpdir(), "faultline-fpu-"));
  private readonly program = join(this.directory, "oracle");

  constructor() {
    const source = fileURLToPath(new URL("./oracle.c", import.meta.url));
    execFileSync("gcc", ["-m32", "-O1", "-static", "-o", this.program, source]);
  }

  /** Answers to concatenated requests, concatenated. */
  run(requests: Buffer): Buffer {
    const result = spawnSync(this.program, { input: requests, maxBuffer: 1 << 30 });
    if (result.status !== 0) throw new Error(`native oracle: status ${result.status}, signal ${result.signal}`);
    return result.stdout;
  }

  close(): void {
    rmSync(this.directory, { recursive: true });
  }
}
