import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { buildGuest, runNative, runs32Bit, scratch } from "./native.ts";

const runCheck = (name: string, args: string[] = [], env = {}) =>
  runNative(buildGuest(`userland/checks/${name}_check.ts`), args, { env });

describe.skipIf(!runs32Bit)("the library, run natively", () => {
  it("malloc keeps its promises through a long random life", () => {
    expect(runCheck("malloc")).toEqual({ stdout: "malloc: all right\n", stderr: "", status: 0 });
  });

  it("malloc touches no payload", () => {
    expect(runCheck("reserve")).toEqual({ stdout: "reserve: all right\n", stderr: "", status: 0 });
  });

  it("files hold what streams wrote", () => {
    expect(runCheck("files", [join(scratch, "file")])).toEqual({ stdout: "files: all right\n", stderr: "", status: 0 });
  });

  it.each([
    ["twice", "free(): double free detected\n"],
    ["large", "free(): double free detected\n"],
    ["inside", "free(): invalid pointer\n"],
    ["stack", "free(): invalid pointer\n"],
  ])("free stops a program that misuses it: %s", (kind, message) => {
    expect(runCheck("misuse", [kind])).toEqual({ stdout: "", stderr: message, status: 134 });
  });

  it("strings, numbers, sorting, environment and directories work as in C", () => {
    const outcome = runCheck("library", [], { HOME: "/" });
    expect(outcome).toEqual({ stdout: "library: all right\n", stderr: "", status: 0 });
  });

  it.each([
    ["return", "a line without endregistered second\nregistered first\n", 7],
    ["exit", "a line without endregistered second\nregistered first\n", 8],
    ["again", "a line without endregistered second\nregistered first\n", 9],
    ["abort", "", 134],
    ["_exit", "", 3],
  ])("a program that ends by %s has run and flushed what it should", (kind, stdout, status) => {
    expect(runCheck("exit", [kind])).toEqual({ stdout, stderr: "[err]", status });
  });

  it.skipIf(!hasTool("gcc"))("strerror and strsignal say what glibc says", () => {
    const source = `
      #include <stdio.h>
      #include <string.h>
      int main(void) {
        for (int i = 0; i < 140; i++) printf("%s\\n", strerror(i));
        for (int i = 0; i < 32; i++) printf("%s\\n", strsignal(i));
        return 0;
      }`;
    writeFileSync(join(scratch, "messages.c"), source);
    const path = join(scratch, "messages");
    expect(spawnSync("gcc", ["-o", path, `${path}.c`], { encoding: "utf8" }).stderr).toBe("");
    expect(runCheck("messages", ["140", "32"]).stdout).toBe(runNative(path).stdout);
  });
});
