import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, faultline } from "../support/faultline.ts";
import { repository } from "../support/repository.ts";

beforeAll(ensureBuilt);

describe("npm start with lines instead of a terminal", () => {
  it("runs the lines in the shell, powers off at their end and exits 0", () => {
    const npm = spawnSync("npm", ["start", "-s"], {
      cwd: repository,
      input: "echo hello there\nls /bin\n",
      encoding: "utf8",
    });
    expect(npm.status).toBe(0);
    expect(npm.stdout).toMatch(/^\$ echo hello there\r?\nhello there\r?$/m);
    expect(npm.stdout).toMatch(/\bmalloc\b/);
  });

  it("exits 0 without any input too", () => {
    expect(faultline(["start"]).status).toBe(0);
  });

  it("exits 0 although the last line failed, and runs a last line without an end", () => {
    const { status, stdout } = faultline(["start"], { input: "nullderef\necho still $?" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/still 139\r?$/m);
  });

  it("gives the same transcript and the same number of instructions for the same lines", () => {
    const runs = [1, 2].map(() => faultline(["start", "--count"], { input: "malloc\nls /\n" }));
    expect(runs[0].stderr).toMatch(/^instructions: \d+$/m);
    expect([runs[1].stdout, runs[1].stderr]).toEqual([runs[0].stdout, runs[0].stderr]);
  });

  it("takes a script much larger than any buffer, losing nothing", () => {
    const lines = Array.from({ length: 300 }, (_, index) => `echo line ${index} ${"x".repeat(60)}`);
    const { stdout } = faultline(["start", "--append", "quiet"], { input: `${lines.join("\n")}\n` });
    const printed = stdout.split(/\r?\n/).filter((line) => line.startsWith("line "));
    expect(printed).toEqual(lines.map((line) => line.slice(5)));
  });
});
