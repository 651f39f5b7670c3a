import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { scripts } from "./sh_scripts.ts";
import { buildPrograms, runNative, runs32Bit, scratch } from "./native.ts";

const sh = (script: string, ...args: string[]) => runNative(join(scratch, "sh"), ["-c", script, ...args]);
const folder = join(scratch, "sh-folder");

describe.skipIf(!runs32Bit)("sh, run natively", () => {
  beforeAll(buildPrograms);

  describe.skipIf(!hasTool("dash"))("does what dash does", () => {
    const run = (shell: string, args: string[]) => {
      // Both begin with the same files, and may change them.
      const cwd = join(folder, `${shell.split("/").at(-1)}-${Object.keys(scripts).length}-${counter++}`);
      mkdirSync(join(cwd, "d"), { recursive: true });
      for (const name of ["a1", "d/x", ".hidden"]) writeFileSync(join(cwd, name), "text\n", { mode: 0o644 });
      writeFileSync(join(cwd, "b2"), "");
      const { stdout, status } = runNative(shell, args, { cwd, env: { HOME: "/root" } });
      return { stdout: stdout.replaceAll(cwd, "CWD"), status };
    };
    let counter = 0;

    it.each(Object.entries(scripts))("%s", (name, script) => {
      const args = ["-c", script, "name", ...(name === "positional" ? ["one", "two words", "", "*"] : [])];
      expect(run(join(scratch, "sh"), args)).toEqual(run("/bin/dash", args));
    });
  });

  it.each([
    ["nosuch", "sh: nosuch: command not found\n", 127],
    ["/nosuch", "sh: /nosuch: No such file or directory\n", 127],
    ["/", "sh: /: Permission denied\n", 126],
    ["echo a > /nosuch/f", "sh: /nosuch/f: No such file or directory\n", 1],
    ["cat < nosuch", "sh: nosuch: No such file or directory\n", 1],
    ["cd nosuch", "sh: nosuch: No such file or directory\n", 1],
    ["fi", "sh: syntax error: unexpected fi\n", 2],
    ["echo a; ; echo b", "sh: syntax error: unexpected ;\n", 2],
    ["echo a &&", "sh: syntax error: unexpected end of file\n", 2],
    ["echo 'a", "sh: syntax error: unexpected end of file\n", 2],
    ["if true; then echo a", "sh: syntax error: unexpected end of file\n", 2],
    ["( echo a", "sh: syntax error: unexpected end of file\n", 2],
    ["echo )", "sh: syntax error: unexpected )\n", 2],
    ["echo a >", "sh: syntax error: unexpected end of file\n", 2],
    ["echo > > a", "sh: syntax error: unexpected >\n", 2],
    ["{ echo a; ) }", "sh: syntax error: unexpected )\n", 2],
    ["exit x", "sh: exit: x: not a number\n", 2],
    ["[ 1 -eq x ]", "sh: test: not a number: x\n", 2],
    ["[ a b c ]", "sh: test: unexpected b\n", 2],
    ["[ a", "sh: [: missing ]\n", 2],
    ["export 1a", "sh: export: 1a: not a name\n", 1],
    ["nullderef", "Segmentation fault\n", 139],
    ["sh -c nullderef", "Segmentation fault\n", 139],
  ])("`%s` says what is wrong", (script, stderr, status) => {
    expect(sh(script)).toEqual({ stdout: "", stderr, status });
  });

  it("runs a file with arguments, and fails for one that is not there", () => {
    const file = join(scratch, "script");
    writeFileSync(file, 'echo $0 "$1" $#\nexit 5\necho never\n');
    const run = (...args: string[]) => runNative(join(scratch, "sh"), args);
    expect(run(file, "a b", "c")).toEqual({ stdout: `${file} a b 2\n`, stderr: "", status: 5 });
    expect(run("nosuch")).toEqual({ stdout: "", stderr: "sh: nosuch: No such file or directory\n", status: 127 });
  });

  it("runs standard input and leaves to programs what is behind their line", () => {
    const input = "echo a\ncat\nthis is for cat\n";
    const { stdout, status } = runNative(join(scratch, "sh"), [], { input });
    expect(stdout).toBe("a\nthis is for cat\n");
    expect(status).toBe(0);
  });

  it("prompts where it is told to, again for the rest of a command, and ends with a newline", () => {
    const input = "echo a\nif true\nthen echo b; fi\nfi\necho c";
    const { stdout, stderr, status } = runNative(join(scratch, "sh"), ["-i"], { input });
    expect(stdout).toBe("$ a\n$ > b\n$ $ c\n$ \n");
    expect(stderr).toBe("sh: syntax error: unexpected fi\n");
    expect(status).toBe(0);
  });

  it("ends with the status of its last command", () => {
    expect(runNative(join(scratch, "sh"), [], { input: "false\n" }).status).toBe(1);
    expect(runNative(join(scratch, "sh"), [], { input: "exit 9\n" }).status).toBe(9);
    expect(runNative(join(scratch, "sh"), [], { input: "" }).status).toBe(0);
  });

  it("does not leak memory or descriptors in a long loop", () => {
    const script = `
      n=0
      for a in 0 1 2 3 4 5 6 7 8 9; do for b in 0 1 2 3 4 5 6 7 8 9; do for c in 0 1 2 3 4 5 6 7 8 9; do
        x=$a$b$c; [ $x = 999 ] && echo "$x" > ${scratch}/loop; { :; } < /dev/null
      done; done; done
      cat /proc/self/fd/9 2>&1; ls /proc/$$/fd; cat /proc/$$/statm`;
    const lines = sh(script).stdout.split("\n");
    expect(lines.slice(0, 4)).toEqual(["cat: /proc/self/fd/9: No such file or directory", "0", "1", "2"]);
    // Pages of the whole address space: program, stack and a heap that did not grow (the span table is 1024 of them).
    expect(Number(lines[4].split(" ")[0])).toBeLessThan(1400);
    expect(readFileSync(join(scratch, "loop"), "latin1")).toBe("999\n");
  });

  it("help and an unknown option", () => {
    expect(sh("help").stdout).toContain("cd [DIRECTORY]");
    expect(runNative(join(scratch, "sh"), ["-q"])).toEqual({
      stdout: "",
      stderr: "sh: unknown option -q\nTry 'sh --help'.\n",
      status: 2,
    });
  });
});
