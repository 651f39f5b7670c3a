import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { repository } from "../support/repository.ts";
import { hasTool } from "../support/tools.ts";
import { buildPrograms, programNames, runNative, runs32Bit, scratch } from "./native.ts";

const run = (name: string, ...args: string[]) => runNative(join(scratch, name), args);

describe.skipIf(!runs32Bit)("programs, run natively", () => {
  beforeAll(buildPrograms);

  it("malloc prints the article's line", () => {
    expect(run("malloc")).toEqual({ stdout: "Value at ptr[0]: 100\n", stderr: "", status: 0 });
  });

  it.each(["nullderef", "rowrite"])("%s is killed by SIGSEGV and prints nothing", (name) => {
    expect(run(name)).toEqual({ stdout: "", stderr: "", status: 139 });
  });

  it.each(programNames)("%s --help explains itself", (name) => {
    const { stdout, stderr, status } = run(name, "--help");
    expect(stdout).toMatch(new RegExp(`^Usage: ${name}\\b`));
    expect(stderr).toBe("");
    expect(status).toBe(name === "false" ? 1 : 0);
  });

  it("true and false say so by their status", () => {
    expect([run("true").status, run("false").status]).toEqual([0, 1]);
  });

  describe("echo", () => {
    it("prints its words with single spaces and a newline", () => {
      expect(run("echo", "a", "", "b  c").stdout).toBe("a  b  c\n");
      expect(run("echo").stdout).toBe("\n");
    });
    it("leaves the newline out for -n", () => {
      expect(run("echo", "-n", "x").stdout).toBe("x");
      expect(run("echo", "-n").stdout).toBe("");
    });
    it.skipIf(!hasTool("sh"))("fails when its output cannot be written", () => {
      const { stderr, status } = runNative("/bin/sh", ["-c", `exec ${join(scratch, "echo")} x > /dev/full`]);
      expect({ stderr, status }).toEqual({ stderr: "echo: write error: No space left on device\n", status: 1 });
    });
  });

  describe("cat", () => {
    const file = join(scratch, "cat-input");
    const bytes = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode((i * 7) & 0xff)).join("");
    beforeAll(() => writeFileSync(file, bytes, "latin1"));

    it("copies files byte by byte, one after the other", () => {
      expect(run("cat", file, file).stdout).toBe(bytes + bytes);
    });
    it("copies standard input for no argument and for -", () => {
      const input = "one\ntwo";
      expect(runNative(join(scratch, "cat"), [], { input }).stdout).toBe(input);
      expect(runNative(join(scratch, "cat"), ["-"], { input }).stdout).toBe(input);
    });
    it("names what it cannot read, goes on, and fails", () => {
      expect(run("cat", "nosuch", file, "/")).toEqual({
        stdout: bytes,
        stderr: "cat: nosuch: No such file or directory\ncat: /: Is a directory\n",
        status: 1,
      });
    });
  });

  describe("ls", () => {
    const folder = join(scratch, "ls-folder");
    beforeAll(() => {
      mkdirSync(join(folder, "sub"), { recursive: true });
      writeFileSync(join(folder, "b"), "x".repeat(12_345), { mode: 0o640 });
      writeFileSync(join(folder, "a"), "", { mode: 0o755 });
      writeFileSync(join(folder, ".hidden"), "");
      symlinkSync("b", join(folder, "link"));
      for (const name of ["a", "b", "sub", ".hidden"]) utimesSync(join(folder, name), 951_826_245, 951_826_245);
    });

    it("lists names in order, one a line where it is no terminal", () => {
      expect(run("ls", folder).stdout).toBe("a\nb\nlink\nsub\n");
      expect(run("ls", "-a", folder).stdout).toBe(".\n..\n.hidden\na\nb\nlink\nsub\n");
    });
    it("shows files first and titles directories when there are several", () => {
      const { stdout } = runNative(join(scratch, "ls"), ["sub", "b", "."], { cwd: folder });
      expect(stdout).toBe("b\n\nsub:\n\n.:\na\nb\nlink\nsub\n");
    });
    // GNU prints the names of owners, ours prints numbers, and root as a name.
    it.skipIf(!hasTool("ls"))("-l prints what GNU ls prints", () => {
      const numbers = process.getuid!() === 0 ? "-l" : "-ln";
      const gnu = ["-a", numbers, "--time-style=long-iso"];
      for (const path of [".", "/dev/null", "sub", "link"]) {
        const expected = runNative("/bin/ls", [...gnu, path], { cwd: folder, env: { LC_ALL: "C", TZ: "UTC" } });
        const ours = runNative(join(scratch, "ls"), ["-al", path], { cwd: folder });
        expect(ours.stdout).toBe(expected.stdout);
      }
    });
    it("names what is not there, lists the rest, and fails", () => {
      const { stdout, stderr, status } = run("ls", "nosuch", join(folder, "a"));
      expect(stdout).toBe(`${join(folder, "a")}\n`);
      expect(stderr).toBe("ls: nosuch: No such file or directory\n");
      expect(status).toBe(1);
    });
    it("refuses an option it does not know", () => {
      expect(run("ls", "-q").stderr).toBe("ls: unknown option -q\nTry 'ls --help'.\n");
      expect(run("ls", "-q").status).toBe(2);
    });
  });

  it("pwd prints the working directory", () => {
    expect(runNative(join(scratch, "pwd"), [], { cwd: "/usr" }).stdout).toBe("/usr\n");
  });

  it.skipIf(!hasTool("uname"))("uname prints what the system's own prints", () => {
    for (const option of ["-s", "-n", "-r", "-v", "-sr", "-m"]) {
      expect(run("uname", option).stdout).toBe(runNative("/bin/uname", [option]).stdout);
    }
    expect(run("uname").stdout).toBe("Linux\n");
    expect(run("uname", "-x").status).toBe(2);
  });

  it("programs start with an empty environment", () => {
    expect(runNative("/usr/bin/env", ["-i", join(scratch, "echo")]).stdout).toBe("\n");
  });
});

describe("program sources", () => {
  it.each(programNames)("%s brings the start-up code in", (name) => {
    const text = readFileSync(join(repository, `userland/bin/${name}.ts`), "utf8");
    expect(text).toContain('import "../lib/start";');
  });
});
