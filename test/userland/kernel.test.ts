import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, faultline } from "../support/faultline.ts";
import { hasGcc32 } from "../support/tools.ts";
import { buildGuest, buildPrograms, compileC, runNative, runs32Bit, scratch } from "./native.ts";
import { scripts } from "./sh_scripts.ts";

/** Standard error goes where standard output goes: the guest has one console for both. */
function onLinux(path: string, args: string[], input = ""): { output: string; status: number } {
  const { stdout, status } = runNative("/bin/sh", ["-c", 'exec "$0" "$@" 2>&1', path, ...args], {
    input,
    cwd: "/",
    env: { HOME: "/" },
  });
  return { output: stdout, status };
}

function onFaultline(path: string, args: string[], input = ""): { output: string; status: number } {
  const { stdout, status } = faultline(["run", path, ...args], { input });
  return { output: stdout, status: status! };
}

/** What needs a file system that can be written to, or the files the scripts expect in their folder, is for later. */
const needsFiles = />\s*(?!\/dev\/null|&|nosuch)[\w'/]|\bd\b|\*|a1|scr|\.\/|tilde|cd /;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** All scripts as one, each in a shell of its own, with its status behind its output. */
function allScripts(): string {
  const chosen = Object.entries(scripts).filter(([name, script]) => !needsFiles.test(`${name} ${script}`));
  return chosen
    .map(([name, script]) => `echo ${quote(`-- ${name}`)}\nsh -c ${quote(script)} name\necho "[$?]"\n`)
    .join("");
}

describe.skipIf(!runs32Bit)("the same program on Linux and on Faultline's kernel", () => {
  beforeAll(() => {
    ensureBuilt();
    buildPrograms();
  });

  it.each<[string, string[]]>([
    ["malloc", []],
    ["echo", ["a", "b  c"]],
    ["nullderef", []],
    ["rowrite", []],
    ["cat", ["nosuch", "/dev/null"]],
    ["ls", ["--help"]],
    ["ls", ["nosuch"]],
    ["pwd", []],
    ["uname", ["-x"]],
    ["sh", ["nosuch"]],
  ])("%s %j prints the same and ends the same", (name, args) => {
    const path = join(scratch, name);
    expect(onFaultline(path, args)).toEqual(onLinux(path, args));
  });

  it.each<[string, string[]]>([
    ["malloc", []],
    ["library", []],
    ["messages", ["140", "32"]],
    ["misuse", ["twice"]],
    ["misuse", ["inside"]],
    ["exit", ["again"]],
    ["exit", ["abort"]],
    ["exit", ["_exit"]],
  ])("the check %s %j does too", (name, args) => {
    const path = buildGuest(`userland/checks/${name}_check.ts`);
    expect(onFaultline(path, args)).toEqual(onLinux(path, args));
  });

  it.skipIf(!hasGcc32()).each(["malloc", "nullderef", "pages"])("%s.c, built against glibc, does too", (name) => {
    const path = compileC(name);
    expect(onFaultline(path, [])).toEqual(onLinux(path, []));
  });

  it("cat passes every byte", () => {
    const bytes = Array.from({ length: 5000 }, (_, i) => String.fromCharCode((i * 11) & 0xff)).join("");
    expect(onFaultline("cat", [], bytes).output).toBe(bytes);
  });

  it("the shell runs its scripts with the same output and status", () => {
    const script = allScripts();
    expect(script.match(/'-- /g)!.length).toBeGreaterThan(30);
    const expected = onLinux(join(scratch, "sh"), [], script);
    const ours = onFaultline("sh", [], script);
    expect(ours.output.split("\n")).toEqual(expected.output.split("\n"));
    expect(ours.status).toBe(expected.status);
  });
});
