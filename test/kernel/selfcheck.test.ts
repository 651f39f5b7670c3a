import { describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { onFaultline, onQemu } from "./guest.ts";

const CHECKS = ["check_pmm", "check_kmalloc", "check_vma_struct", "check_mmap", "check_pgfault", "check_vmm"];

describe("the kernel's checks of itself", () => {
  it.each([4, 5, 8, 64, 300, 960])("succeed with %d MiB and leave every frame they took", (megabytes) => {
    const { text } = onFaultline({ append: "quiet selfcheck init=/none", memory: megabytes << 20 });
    expect(text.split("\n")).toEqual([
      ...CHECKS.map((name) => `${name}() succeeded!`),
      "init: /none: no such file (2)",
      "",
    ]);
  });

  it("end with the shells' status for a program that is not there", () => {
    expect(onFaultline({ append: "init=/none" }).status).toBe(127);
  });
});

describe.skipIf(!hasTool("qemu-system-i386"))("in QEMU (needs qemu-system-i386)", () => {
  it.each([8, 64, 1100])("with %d MiB the boot prints the same, byte for byte", (megabytes) => {
    const guest = { append: "selfcheck init=/none", memory: megabytes << 20 };
    const ours = onFaultline(guest);
    expect(ours.text).toMatch(/^Faultline kernel.*\nmemory: \d+ KiB, \d+ frames free/);
    expect({ text: ours.text, status: ours.status }).toEqual(onQemu(guest));
  });
});
