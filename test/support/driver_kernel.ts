/** Privileged cases: a bare multiboot kernel (driver_kernel.asm and the case's own text) on our machine and on QEMU. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Machine } from "../../emulator/machine/machine.ts";
import { assemble } from "../../scripts/toolchain/assembler/index.ts";

export type KernelDriver = "emulator" | "qemu";

export interface KernelCase {
  /** Assembly after the prelude; must define `main`, which returns. */
  source: string;
}

export interface KernelResult {
  /** What was written to port E9h, by lines. */
  transcript: string[];
  /** Value written to port F4h: 0 is the regular end; -1 when the machine ended another way. */
  exit: number;
}

const MEMORY = 16 << 20;
const MAXIMUM_TICKS = 50_000_000;

/** The kernel image of a case. Throws Error with the assembler's messages. */
export function buildKernelCase({ source }: KernelCase): Uint8Array {
  const prelude = readFileSync(new URL("./driver_kernel.asm", import.meta.url), "utf8");
  const lines = prelude.split("\n").length;
  const result = assemble(`${prelude}${source}\nmemory_end:\n`, { file: "kernel_case.asm", bits: 32 });
  if (result.errors) throw new Error(`${result.errors.join("\n")}\n(the case begins at line ${lines})`);
  return result.bytes;
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

function runHere(kernel: Uint8Array): KernelResult {
  const bytes: number[] = [];
  const machine = new Machine({ memoryBytes: MEMORY, output: { debugConsole: (byte) => void bytes.push(byte) } });
  machine.loadMultiboot({ kernel, name: "case", commandLine: "case" });
  const outcome = machine.run(MAXIMUM_TICKS);
  const transcript = linesOf(Buffer.from(bytes).toString("latin1"));
  if (outcome.kind === "debug-exit") return { transcript, exit: outcome.value };
  return { transcript: [...transcript, `(${outcome.kind})`], exit: -1 };
}

function runQemu(kernel: Uint8Array): KernelResult {
  const folder = mkdtempSync(join(tmpdir(), "faultline-kernel-"));
  try {
    const [image, output] = [join(folder, "kernel"), join(folder, "output")];
    writeFileSync(image, kernel);
    const exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"];
    const machine = [
      "-accel",
      "tcg",
      "-cpu",
      "pentium3",
      "-m",
      "16M",
      "-display",
      "none",
      "-no-reboot",
      "-nic",
      "none",
    ];
    const wires = ["-serial", "none", "-monitor", "none", "-debugcon", `file:${output}`, ...exit];
    const run = spawnSync("qemu-system-i386", [...machine, ...wires, "-kernel", image], { timeout: 30_000 });
    const timedOut = (run.error as { code?: string } | undefined)?.code === "ETIMEDOUT";
    if (run.error && !timedOut) throw run.error;
    const transcript = linesOf(readFileSync(output, "latin1"));
    if (timedOut) return { transcript: [...transcript, "(time)"], exit: -1 };
    const status = run.status ?? 0;
    // isa-debug-exit leaves (value << 1) | 1; a triple fault ends with -no-reboot and status 0.
    if ((status & 1) === 0) return { transcript: [...transcript, "(triple-fault)"], exit: -1 };
    return { transcript, exit: status >> 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a privileged case on one driver. Throws Error when the text does not assemble or QEMU does not start. */
export function runKernelCase(driver: KernelDriver, test: KernelCase): KernelResult {
  const kernel = buildKernelCase(test);
  return driver === "qemu" ? runQemu(kernel) : runHere(kernel);
}
