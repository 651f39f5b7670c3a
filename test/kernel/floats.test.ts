import { describe, expect, it } from "vitest";
import { hasGcc32 } from "../support/tools.ts";
import { cProgram, file, onFaultline, onLinux } from "./guest.ts";

describe.skipIf(!hasGcc32())("a C program that calculates with floats (needs gcc -m32)", () => {
  it("prints what it prints on Linux, to the last digit, in two processes at once", () => {
    const path = cProgram("libm", "-lm");
    const guest = { append: "quiet init=/bin/libm", files: { "bin/libm": file(path) } };
    expect(onFaultline(guest)).toMatchObject(onLinux(path));
  });
});
