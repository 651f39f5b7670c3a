import { spawnSync } from "node:child_process";

const known = new Map<string, boolean>();

/** True when `name` is on PATH. Tests whose outside tool is missing are skipped by name; `.ci/run` installs them all. */
export function hasTool(name: string): boolean {
  let found = known.get(name);
  if (found === undefined) {
    found = spawnSync("sh", ["-c", `command -v "$1"`, "sh", name]).status === 0;
    known.set(name, found);
  }
  return found;
}
