import { describe, expect, it } from "vitest";
import { hasGcc32 } from "../support/tools.ts";
import { buildGuest, compileC, runNative, runs32Bit } from "./native.ts";

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
