import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository } from "../support/repository.ts";
import { hasGcc32 } from "../support/tools.ts";
import { buildGuest, runNative, runs32Bit, scratch } from "./native.ts";

function compileC(name: string): string {
  const output = join(scratch, `c-${name}`);
  const source = join(repository, `userland/c/${name}.c`);
  const flags = ["-m32", "-static", "-Wall", "-Wextra", "-Werror", "-O1"];
  const { stderr } = spawnSync("gcc", [...flags, "-o", output, source], { encoding: "utf8" });
  expect(stderr).toBe("");
  return output;
}

describe.skipIf(!runs32Bit || !hasGcc32())("the C examples, run natively", () => {
  it.each(["malloc", "nullderef"])("%s ends as its TypeScript twin does", (name) => {
    expect(runNative(compileC(name))).toEqual(runNative(buildGuest(`userland/bin/${name}.ts`)));
  });

  it("pages reads zeros and then what it wrote", () => {
    expect(runNative(compileC("pages"))).toEqual({
      stdout: "64 pages: sum 0 before, 2016 after\n",
      stderr: "",
      status: 0,
    });
  });
});
