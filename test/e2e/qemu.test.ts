import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, faultline } from "../support/faultline.ts";
import { repository } from "../support/repository.ts";
import { hasTool } from "../support/tools.ts";

beforeAll(ensureBuilt);

const folder = mkdtempSync(join(tmpdir(), "faultline-qemu-"));
afterAll(() => rmSync(folder, { recursive: true }));

const QEMU = [
  ...["-accel", "tcg", "-M", "pc", "-m", "128M", "-display", "none", "-no-reboot"],
  ...[
    "-device",
    "isa-debug-exit,iobase=0xf4,iosize=0x04",
    "-kernel",
    "build/kernel.elf",
    "-initrd",
    "build/initrd.cpio",
  ],
];
const OURS = [
  "boot",
  "--kernel",
  "build/kernel.elf",
  "--module",
  "build/initrd.cpio",
  "--serial",
  "stdio",
  "--serial",
  "none",
];

/** Lines that state the processor may differ, nothing else. */
const withoutProcessor = (transcript: string): string => transcript.replace(/^cpu: [^\n]*\n/gm, "");

describe.skipIf(!hasTool("qemu-system-i386"))("the same images under QEMU (needs qemu-system-i386)", () => {
  it.each([
    ["malloc", "console=ttyS0 init=/bin/malloc exit=debug"],
    ["a killed program", "console=ttyS0 init=/bin/nullderef exit=debug"],
    ["a shell script", 'console=ttyS0 init=/bin/sh exit=debug -- -c "ls /bin; rowrite; malloc; cat /etc/motd"'],
    ["power-off", "console=ttyS0 init=/bin/true"],
  ])("%s: transcript and exit status are the same, byte for byte", (_, append) => {
    // A file and not stdout: a slow reader of a pipe makes QEMU lose what it still has to send when the guest ends it.
    const serial = join(folder, "serial");
    const theirs = spawnSync("qemu-system-i386", [...QEMU, "-serial", `file:${serial}`, "-append", append], {
      cwd: repository,
      stdio: "ignore",
    });
    const ours = spawnSync(process.execPath, ["build/faultline.mjs", ...OURS, "--append", append], {
      cwd: repository,
      input: "",
    });
    expect(withoutProcessor(ours.stdout.toString("latin1"))).toBe(withoutProcessor(readFileSync(serial, "latin1")));
    expect(ours.stdout.length).toBeGreaterThan(100);
    expect(ours.status).toBe(theirs.status);
  });

  it("a session at the prompt: the same", async () => {
    const lines = ["echo hello", "ls /", "malloc", "nullderef", "echo $?"];
    const append = "console=ttyS0";
    const ours = faultline([...OURS, "--append", append], { input: `${lines.join("\n")}\n` });
    const theirs = await typeAtPrompts(
      [...QEMU, "-serial", "stdio", "-append", append],
      [...lines.map((line) => `${line}\n`), "\x04"],
    );
    expect(withoutProcessor(ours.stdout)).toBe(withoutProcessor(theirs));
  });
});

/** Types each of `inputs` when the prompt stands at the end of the output. */
function typeAtPrompts(args: string[], inputs: string[]): Promise<string> {
  const qemu = spawn("qemu-system-i386", args, { cwd: repository });
  let output = "";
  qemu.stdout.setEncoding("latin1").on("data", (chunk: string) => {
    output += chunk;
    if (!output.endsWith("$ ") || inputs.length === 0) return;
    qemu.stdin.write(inputs.shift()!);
  });
  return new Promise((resolve) => qemu.on("close", () => resolve(output)));
}
