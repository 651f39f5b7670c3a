import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Machine as MachineClass } from "../../emulator/machine/machine.ts";
import { buildGuests } from "../../scripts/bench/build_guests.ts";
import { guests } from "../../scripts/bench/guests.ts";
import { importBundled } from "../support/bundled.ts";
import { expected } from "./expected.ts";

/** Enough that every branch of a guest is taken, little enough for a test. */
const counts: Record<string, number> = {
  boot: 7,
  dhry: 500,
  sieve: 2,
  crc32: 2,
  matmul: 2,
  qsort: 2,
  memrep: 5,
  membyte: 5,
  "membyte-4k": 5,
  "membyte-1m": 5,
  vm: 1000,
  fault: 3000,
  syscall: 1001,
  switch: 101,
};

const line = (name: string, count: number): string => `${name} ${expected[name](count).toString(16).padStart(8, "0")}`;

describe("the benchmark guests", () => {
  let Machine: typeof MachineClass;
  let kernel: Uint8Array;

  beforeAll(async () => {
    ({ Machine } = await importBundled<{ Machine: typeof MachineClass }>(
      "bench",
      `export { Machine } from "./emulator/machine/machine.ts";`,
    ));
    kernel = buildGuests("machine");
  });

  it("are all checked here", () => {
    expect(Object.keys(counts).sort()).toEqual(["boot", ...guests.map(({ name }) => name)].sort());
  });

  it.each(Object.entries(counts))("%s gives the right result on this emulator", (name, count) => {
    let output = "";
    const machine = new Machine({
      memoryBytes: 32 << 20,
      output: { serial: (_port, byte) => void (output += String.fromCharCode(byte)) },
    });
    machine.loadMultiboot({ kernel, name: "kernel.elf", commandLine: `kernel.elf ${name} ${count}` });
    const outcome = machine.run(200_000_000);
    expect(output).toBe(`go\ndone\n${line(name, count)}\n`);
    expect(outcome).toEqual({ kind: "debug-exit", value: 0 });
  });

  it("say so when the name is wrong", () => {
    let output = "";
    const machine = new Machine({
      memoryBytes: 32 << 20,
      output: { serial: (_port, byte) => void (output += String.fromCharCode(byte)) },
    });
    machine.loadMultiboot({ kernel, name: "kernel.elf", commandLine: "kernel.elf nothing 1" });
    expect(machine.run(10_000_000)).toEqual({ kind: "debug-exit", value: 1 });
    expect(output).toBe("no such guest\n");
  });
});

const runs32Bit = process.platform === "linux" && ["x64", "ia32"].includes(process.arch);

describe.skipIf(!runs32Bit)("the benchmark guests as a Linux program", () => {
  it("give the same results", () => {
    const folder = mkdtempSync(join(tmpdir(), "faultline-bench-"));
    try {
      const program = join(folder, "program");
      writeFileSync(program, buildGuests("native"), { mode: 0o755 });
      for (const { name } of guests.filter(({ kind }) => kind === "compute")) {
        const { stdout } = spawnSync(program, [`${name} ${counts[name]}`], { encoding: "utf8" });
        expect(stdout).toBe(`go\ndone\n${line(name, counts[name])}\n`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
