/** Builds and runs native/oracle.c. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
