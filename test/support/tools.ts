import { spawnSync } from "node:child_process";

const known = new Map<string, boolean>();

function check(name: string, probe: string, argument: string): boolean {
  let found = known.get(name);
  if (found === undefined) {
    found = spawnSync("sh", ["-c", probe, "sh", argument], { stdio: ["ignore", "ignore", "ignore"] }).status === 0;
    known.set(name, found);
    // `.ci/run` installs every oracle, so there a missing one is a broken set-up and not a reason to skip.
    if (!found && process.env.FAULTLINE_REQUIRE_TOOLS) throw new Error(`${name} is required here but is not installed`);
  }
  return found;
}

/** True when `name` is on PATH. A test whose outside tool is missing is skipped by name. */
export function hasTool(name: string): boolean {
  return check(name, `command -v "$1"`, name);
}

/** True when `gcc -m32 -static` links against glibc here. */
export function hasGcc32(): boolean {
  // Not -o /dev/null: a tool run by root may delete its output when it fails.
  const probe = `f=$(mktemp) && echo 'int main(void){return 0;}' | gcc -m32 -static -x c -o "$f" -; s=$?; rm -f "$f"; exit $s`;
  return check("gcc -m32", probe, "");
}
