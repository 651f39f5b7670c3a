import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "./repository.ts";

const BUNDLE = join(repository, "build/faultline.mjs");

export interface RunOptions {
  /** Standard input; none by default. */
  input?: string | Uint8Array;
  cwd?: string;
}

/** The command from its built bundle, as `npm run -s faultline -- ARGS` starts it after set-up. Needs ensureBuilt() before. */
export function faultline(args: string[], { input = "", cwd = repository }: RunOptions = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [BUNDLE, ...args], { cwd, input, encoding: "utf8", maxBuffer: 1 << 28 });
}

/** The same in the background, standard input left open. */
export function startFaultline(args: string[]): ChildProcess {
  return spawn(process.execPath, [BUNDLE, ...args], { cwd: repository });
}

/** Brings the build up to date, for tests that read its products. */
export function ensureBuilt(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(repository, "scripts/setup.mjs")], { encoding: "utf8" });
  if (status !== 0) throw new Error(`set-up failed:\n${stderr}`);
}
