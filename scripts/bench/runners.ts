// Who is measured. Each run is a process of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Guest } from "./guests.ts";
import { MEMORY_MIB } from "./settings.ts";
import { type Measurement, Transcript } from "./transcript.ts";

export type RunnerName = "native" | "qemu" | "v86-jit" | "v86-nojit" | "faultline";

export interface Runner {
  name: RunnerName;
  /** Null when this runner has no such guest. */
  run(guest: Guest, count: number): Promise<Measurement> | null;
  /** Milliseconds from the start of the process to the guest's first byte on its serial line. */
  firstByte?(): Promise<number>;
}

/** Files that the runners need. */
export interface Artifacts {
  root: string;
  kernel: string;
  program: string;
  faultlineChild: string;
  v86Child: string;
}

export interface Firmware {
  bios: string;
  vgaBios: string;
}

/** Longest time for one run. */
const TIMEOUT = 300_000;
const FIRMWARE_FOLDERS = ["/usr/share/seabios", "/usr/share/qemu", "/usr/local/share/qemu", "/opt/homebrew/share/qemu"];

/** SeaBIOS, which v86 needs to boot and doesn't bring: Debian's package `seabios`, QEMU's data files. */
export function findFirmware(folders = FIRMWARE_FOLDERS): Firmware | null {
  for (const folder of folders) {
    const bios = join(folder, "bios.bin");
    const vgaBios = ["vgabios.bin", "vgabios-stdvga.bin"].map((name) => join(folder, name)).find(existsSync);
    if (existsSync(bios) && vgaBios) return { bios, vgaBios };
  }
  return null;
}

export function faultline(files: Artifacts): Runner {
  return {
    name: "faultline",
    run: (guest, count) => measureChild([files.faultlineChild, files.kernel, guest.name, String(count)]),
    firstByte: () =>
      timeFirstByte(process.execPath, [
        join(files.root, "build/faultline.mjs"),
        ...["boot", "--memory", `${MEMORY_MIB}M`, "--kernel", files.kernel, "--append", "boot 1"],
      ]),
  };
}

export function v86(files: Artifacts, { bios, vgaBios }: Firmware, jit: boolean): Runner {
  const args = (name: string, count: number): string[] => [
    ...[files.v86Child, files.kernel, name, String(count), jit ? "jit" : "nojit", bios, vgaBios],
  ];
  return {
    name: jit ? "v86-jit" : "v86-nojit",
    run: (guest, count) => measureChild(args(guest.name, count)),
    firstByte: () => timeFirstByte(process.execPath, args("boot", 1), { FIRST: "1" }),
  };
}

export function qemu(files: Artifacts): Runner | null {
  const program = "qemu-system-i386";
  if (spawnSync(program, ["--version"]).status !== 0) return null;
  const args = (name: string, count: number): string[] => [
    ...["-accel", "tcg", "-m", `${MEMORY_MIB}M`, "-display", "none", "-nic", "none", "-no-reboot", "-monitor", "none"],
    ...["-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"],
    ...["-kernel", files.kernel, "-append", `${name} ${count}`],
  ];
  return {
    name: "qemu",
    // (0 << 1) | 1: isa-debug-exit's status for a guest that wrote 0
    run: (guest, count) => measureOutput(program, args(guest.name, count), 1),
    firstByte: () => timeFirstByte(program, args("boot", 1)),
  };
}

/** The guests as a Linux program on this machine's own processor. */
export function native(files: Artifacts): Runner | null {
  if (process.platform !== "linux" || spawnSync(files.program, ["boot 1"]).status !== 0) return null;
  return {
    name: "native",
    run: (guest, count) =>
      guest.kind === "compute" ? measureOutput(files.program, [`${guest.name} ${count}`], 0) : null,
  };
}

/** The clock runs in the child, which prints its measurement. */
async function measureChild(args: string[]): Promise<Measurement> {
  const { output } = await finish(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] }), [0]);
  return JSON.parse(output) as Measurement;
}

/** The clock runs here, on what comes through the pipe. */
async function measureOutput(program: string, args: string[], status: number): Promise<Measurement> {
  const transcript = new Transcript();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (chunk: Buffer) => chunk.forEach((byte) => transcript.put(byte)));
  const { output } = await finish(child, [status]);
  if (!transcript.result) throw new Error(`unexpected output of ${program}: ${JSON.stringify(output)}`);
  return transcript.result;
}

function timeFirstByte(program: string, args: string[], environment: Record<string, string> = {}): Promise<number> {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  let time = NaN;
  child.stdout.once("data", () => (time = performance.now() - start));
  return finish(child, [0, 1]).then(() => time);
}

function finish(child: ChildProcess, statuses: number[]): Promise<{ output: string }> {
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT);
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (errors += chunk));
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      if (status !== null && statuses.includes(status)) return resolve({ output });
      const how = signal ? `signal ${signal}` : `status ${status}`;
      reject(new Error(`${child.spawnfile} ended with ${how}: ${reason(errors) || reason(output) || "no output"}`));
    });
  });
}

/** The line that says what went wrong, of what a process left. */
function reason(text: string): string {
  const lines = text.trimEnd().split("\n");
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "";
}
