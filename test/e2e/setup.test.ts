import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repository } from "../support/repository.ts";

// A clone in small: the real set-up scripts, an emulator and a guest build of a few lines that note when they run.

const EMULATOR = `console.log("emulator", process.argv.slice(2).join(" "), process.cwd());\n`;
const GUEST_BUILD = `
import { appendFileSync, mkdirSync, writeFileSync, readFileSync } from "node:fs";
appendFileSync("builds.log", "guest\\n");
const source = readFileSync("kernel/main.ts", "utf8");
if (source.includes("wrong")) {
  console.error("kernel/main.ts:1:1: error: wrong");
  process.exit(1);
}
if (source.includes("slow")) await new Promise((resolve) => setTimeout(resolve, 1000));
mkdirSync("build", { recursive: true });
writeFileSync("build/kernel.elf", source);
console.log("build/kernel.elf");
`;

let clone = "";

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "faultline-setup-"));
  for (const path of [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "scripts/setup",
    "scripts/setup.mjs",
    "scripts/faultline.mjs",
    "scripts/ts-node.mjs",
  ]) {
    cpSync(join(repository, path), join(clone, path), { recursive: true });
  }
  for (const folder of ["emulator/cli", "kernel"]) mkdirSync(join(clone, folder), { recursive: true });
  writeFileSync(join(clone, "emulator/cli/main.ts"), EMULATOR);
  writeFileSync(join(clone, "scripts/build.ts"), GUEST_BUILD);
  writeFileSync(join(clone, "kernel/main.ts"), "kernel 1");
  symlinkSync(join(repository, "node_modules"), join(clone, "node_modules"));
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

function start(args: string[] = ["hello"], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const script = join(clone, "scripts/faultline.mjs");
  return spawnSync(process.execPath, [script, ...args], {
    cwd: clone,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
}

const guestBuilds = (): number => readFileSync(join(clone, "builds.log"), "utf8").split("\n").length - 1;
const kernel = (): string => readFileSync(join(clone, "build/kernel.elf"), "utf8");

describe("set-up", () => {
  it("builds on the first start with progress on stderr, and nothing on the second", () => {
    const first = start();
    expect(first.stdout).toBe(`emulator hello ${clone}\n`);
    expect(first.stderr).toMatch(/^faultline: building the emulator \.\.\.$/m);
    expect(first.stderr).toMatch(/^faultline: building the kernel and the programs: done in [\d.]+ s$/m);
    const second = start(["again"]);
    expect([second.status, second.stdout, second.stderr]).toEqual([0, `emulator again ${clone}\n`, ""]);
    expect(guestBuilds()).toBe(1);
  });

  it("builds again what changed, and only that", () => {
    start();
    writeFileSync(join(clone, "kernel/main.ts"), "kernel 2");
    expect(start().stderr).not.toContain("emulator");
    expect(kernel()).toBe("kernel 2");
    writeFileSync(join(clone, "emulator/cli/main.ts"), `console.log("changed");\n`);
    const changed = start();
    expect(changed.stdout).toBe("changed\n");
    expect(changed.stderr).not.toContain("kernel");
    // A new date is no new content.
    writeFileSync(join(clone, "kernel/main.ts"), "kernel 2");
    expect(start().stderr).toBe("");
  });

  it("replaces a product that was removed or damaged", () => {
    start();
    rmSync(join(clone, "build/kernel.elf"));
    start();
    expect(kernel()).toBe("kernel 1");
    writeFileSync(join(clone, "build/kernel.elf"), "half");
    start();
    expect(kernel()).toBe("kernel 1");
  });

  it("shows the errors of a build that fails, keeps the last product and starts nothing", () => {
    start();
    writeFileSync(join(clone, "kernel/main.ts"), "wrong");
    const failed = start();
    expect([failed.status, failed.stdout]).toEqual([1, ""]);
    expect(failed.stderr).toContain("kernel/main.ts:1:1: error: wrong");
    expect(failed.stderr).not.toMatch(/^\s+at /m);
    expect(kernel()).toBe("kernel 1");
    writeFileSync(join(clone, "kernel/main.ts"), "kernel 3");
    expect(start().status).toBe(0);
    expect(kernel()).toBe("kernel 3");
  });

  it("shows the place of a mistake in the emulator's sources", () => {
    writeFileSync(join(clone, "emulator/cli/main.ts"), "const = 1;\n");
    const { status, stderr } = start();
    expect(status).toBe(1);
    expect(stderr).toMatch(/emulator\/cli\/main\.ts:1:6/);
  });

  it("needs no kernel of ours to boot another one", () => {
    writeFileSync(join(clone, "kernel/main.ts"), "wrong");
    expect(start(["boot", "--kernel", "other.elf"]).stdout).toBe(`emulator boot --kernel other.elf ${clone}\n`);
  });

  it("lets two starts at once share one build", async () => {
    writeFileSync(join(clone, "kernel/main.ts"), "slow");
    const results = await Promise.all([1, 2].map(() => startInBackground().done));
    expect(results.map(({ status, stdout }) => [status, stdout])).toEqual([
      [0, `emulator hello ${clone}\n`],
      [0, `emulator hello ${clone}\n`],
    ]);
    expect(guestBuilds()).toBe(1);
    expect(readdirSync(join(clone, "build")).filter((name) => name.includes("lock") || name.includes("tmp"))).toEqual(
      [],
    );
  });

  it("recovers from a build that was killed", async () => {
    writeFileSync(join(clone, "kernel/main.ts"), "slow");
    const { child, done } = startInBackground();
    while (!existsSync(join(clone, "builds.log"))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    await done;
    expect(existsSync(join(clone, "build/.lock"))).toBe(true);
    const again = start();
    expect([again.status, again.stdout]).toEqual([0, `emulator hello ${clone}\n`]);
    expect(kernel()).toBe("slow");
  });

  it("says that the registry cannot be reached when the packages must be installed and are not there", () => {
    rmSync(join(clone, "node_modules"));
    const { status, stdout, stderr } = start(["x"], {
      npm_config_registry: "http://127.0.0.1:9",
      npm_config_cache: join(clone, "cache"),
      npm_config_loglevel: "silent",
    });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("installing the npm packages ...");
    expect(stderr).toContain("the npm registry could not be reached");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  function startInBackground() {
    const child = spawn(process.execPath, [join(clone, "scripts/faultline.mjs"), "hello"], { cwd: clone });
    let stdout = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    const done = new Promise<{ status: number | null; stdout: string }>((resolve) => {
      child.on("close", (status) => resolve({ status, stdout }));
    });
    return { child, done };
  }
});
