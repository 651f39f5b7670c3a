import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MachineOptions } from "../../emulator/machine/machine.ts";
import type { RunOutcome } from "../../emulator/machine/outcome.ts";
import { Machine } from "./emulator.ts";

export interface Transcript {
  /** What COM1 sent. */
  text: string;
  /** As QEMU's isa-debug-exit gives it; -1 when the machine did not end that way. */
  status: number;
}

/** A machine with `kernel` loaded, and what its first serial port has sent. */
export function bootMachine(kernel: Uint8Array, options: Partial<MachineOptions> = {}) {
  const bytes: number[] = [];
  const machine = new Machine({
    memoryBytes: 16 << 20,
    output: { serial: (port, byte) => void (port === 0 && bytes.push(byte)) },
    ...options,
  });
  machine.loadMultiboot({ kernel, name: "kernel", commandLine: "kernel" });
  return { machine, text: () => String.fromCharCode(...bytes) };
}

/** Runs `kernel` on our machine for at most `ticks`. */
export function runHere(kernel: Uint8Array, ticks = 2_000_000_000): Transcript & { outcome: RunOutcome } {
  const { machine, text } = bootMachine(kernel);
  const outcome = machine.run(ticks);
  const status = outcome.kind === "debug-exit" ? ((outcome.value << 1) | 1) & 0xff : -1;
  return { text: text(), status, outcome };
}

/** Runs `kernel` under QEMU (TCG). */
export function runQemu(kernel: Uint8Array, ...options: string[]): Transcript {
  const folder = mkdtempSync(join(tmpdir(), "faultline-qemu-"));
  try {
    const file = join(folder, "kernel");
    // A file and not stdout: a slow reader of a pipe makes QEMU lose what it still has to send when the guest ends it.
    const serial = join(folder, "serial");
    writeFileSync(file, kernel);
    const machine = [
      "-accel",
      "tcg",
      "-m",
      "16M",
      "-kernel",
      file,
      "-serial",
      `file:${serial}`,
      "-display",
      "none",
      "-no-reboot",
    ];
    const exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
    const rtc = ["-rtc", "base=2026-01-01T00:00:00"];
    const run = spawnSync("qemu-system-i386", [...machine, ...exit, ...rtc, ...options], { timeout: 30_000 });
    return { text: readFileSync(serial, "latin1"), status: run.status ?? -1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
