/** The host's own processor as a driver: driver_native.asm, a static 32-bit program made by our own assembler. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble } from "../../scripts/toolchain/assembler/index.ts";
import { decodeResults, encodeCase, type UserCase, type UserResult } from "./driver_case.ts";

let program: Uint8Array | null = null;

function harness(): Uint8Array {
  if (program) return program;
  const source = readFileSync(new URL("./driver_native.asm", import.meta.url), "utf8");
  const result = assemble(source, { file: "driver_native.asm", bits: 32 });
  if (result.errors) throw new Error(result.errors.join("\n"));
  return (program = result.bytes);
}

/** Runs all cases in one process of the host. */
export function runNative(cases: readonly UserCase[]): UserResult[] {
  const folder = mkdtempSync(join(tmpdir(), "faultline-native-"));
  try {
    const file = join(folder, "harness");
    writeFileSync(file, harness());
    chmodSync(file, 0o755);
    const input = Buffer.concat(cases.map(encodeCase));
    const run = spawnSync(file, { input, maxBuffer: 1 << 30 });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(`native harness: status ${run.status}, signal ${run.signal}`);
    return decodeResults(run.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let unavailable: string | null | undefined;

/** Why this host cannot run the native driver; null when it can. */
export function whyNoNative(): string | null {
  if (unavailable !== undefined) return unavailable;
  unavailable = null;
  if (process.platform !== "linux" || process.arch !== "x64") unavailable = "needs Linux on x86";
  else {
    try {
      runNative([{ code: "nop" }]);
    } catch {
      unavailable = "needs a kernel that runs 32-bit programs";
    }
  }
  return unavailable;
}
