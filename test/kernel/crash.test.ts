import { describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { onFaultline, onQemu } from "./guest.ts";

const crash = (kind: string) => onFaultline({ append: `quiet crash=${kind}` });

describe("a bug in the kernel", () => {
  it("at a null pointer is reported with the fault in words, registers and names", () => {
    const { text, status } = crash("null");
    const lines = text.split("\n");
    expect(lines[0]).toBe("page fault at 0x00000010: K/W [no page found].");
    expect(lines[1]).toBe("0x00000010 is in page 0, which is never mapped");
    expect(lines[2]).toMatch(/^kernel oops: null pointer, error code 2, at crash\+0x[0-9a-f]+$/);
    expect(text).toMatch(/^eip [0-9a-f]{8} eflags [0-9a-f]{8} cs 8 ds 10 es 10/m);
    expect(text).toMatch(/cr2 00000010/);
    expect(text).toMatch(/backtrace:\n {2}[0-9a-f]{8} crash\+.*\n {2}[0-9a-f]{8} kmain\+.*\n {2}[0-9a-f]{8} high\+/);
    expect(status).toBe(0xfd & 127);
  });

  it("that writes to its own code is stopped by the page's rights", () => {
    const { text } = crash("text");
    expect(text).toContain("K/W [protection fault].");
    expect(text).toContain("is in the kernel's code, which is read-only\n");
    expect(text).toContain("error code 3");
  });

  it("that reads where nothing is mapped is an oops", () => {
    expect(crash("read").text).toContain("page fault at 0xfffff000: K/R [no page found].\n");
  });

  it("that exhausts the kernel stack hits the guard and is reported by the double fault's own task", () => {
    const { text, status } = crash("stack");
    expect(text).toMatch(
      /^kernel panic: double fault: kernel stack overflow of idle\[0\]\neip [0-9a-f]{8} exhaust_stack/,
    );
    expect(status).toBe(0xfd & 127);
  });

  it("that it finds itself is a panic with a backtrace", () => {
    expect(crash("panic").text).toMatch(/^kernel panic: crash=panic\nbacktrace:\n {2}[0-9a-f]{8} crash\+/);
  });

  it("leaves the machine standing for the debugger, with interrupts off, when nothing asks for an exit", () => {
    const { machine } = onFaultline({ append: "quiet crash=undefined" });
    expect(machine.outputCount).toBeGreaterThan(100);
  });
});

describe.skipIf(!hasTool("qemu-system-i386"))("in QEMU (needs qemu-system-i386)", () => {
  it.each(["null", "text", "undefined", "panic"])(
    "crash=%s is reported the same, apart from CR0 and EFLAGS.RF",
    (kind) => {
      const guest = { append: `quiet crash=${kind}` };
      const clean = (text: string) =>
        text
          .replace(/cr0 \w+/, "")
          .replace(/eflags \w+/, "")
          .replace(/eax.*\nesi.*\n/, "");
      const ours = onFaultline(guest);
      const theirs = onQemu(guest);
      expect(clean(ours.text)).toBe(clean(theirs.text));
      expect(ours.status).toBe(theirs.status);
    },
  );
});
