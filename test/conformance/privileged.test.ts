/** Rows of the instruction table that user mode can't complete: each once at privilege level 0, here and on QEMU. */
import { describe, expect, it } from "vitest";
import { runKernelCase } from "../support/driver.ts";
import { hasTool } from "../support/tools.ts";
import { privileged, privilegedKernel } from "./privileged.ts";

describe("privileged instructions", () => {
  const here = runKernelCase("emulator", { source: privilegedKernel() });

  it("all complete at privilege level 0", () => {
    for (const { text } of privileged) {
      const line = here.transcript.find((one) => one.startsWith(`${text}: `));
      expect(line, text).toMatch(/: [ABC]?ok$/);
    }
    expect(here.transcript).toContain("hlt: timer woken");
    expect(here.transcript.some((line) => line.startsWith("sysenter: 00000008 00000010 "))).toBe(true);
    expect(here.exit).toBe(0);
  });

  it.skipIf(!hasTool("qemu-system-i386"))("do the same on QEMU", () => {
    expect(here).toEqual(runKernelCase("qemu", { source: privilegedKernel() }));
  });
});
