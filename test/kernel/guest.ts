import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileType, writeCpio } from "../../scripts/initrd/cpio.ts";
import { build } from "../../scripts/toolchain/index.ts";
import { Machine } from "../machine/emulator.ts";
import { repository } from "../support/repository.ts";

/** A file of the initrd: path without leading slash to contents. Everything is executable. */
export type Files = Record<string, Uint8Array>;

export interface Guest {
  /** The kernel's command line. `exit=debug` is added, so that `status` is init's. */
  append?: string;
  files?: Files;
  memory?: number;
}

export interface Transcript {
  /** What the first serial port sent, carriage returns taken out, without lines that state the processor. */
  text: string;
  /** Init's wait status code (exit code or 128 + signal), modulo 128 as QEMU's exit status has it; -1: another end. */
  status: number;
}

const cache = join(repository, "node_modules/.cache/faultline-test");

function filesBelow(folder: string): string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .sort();
}

/** What every image is made from: the kernel, the test programs, the toolchain. */
let sources: string | undefined;
function sourceHash(): string {
  if (sources === undefined) {
    const hash = createHash("sha256");
    for (const folder of ["kernel", "test/kernel/programs", "scripts/toolchain"]) {
      for (const path of filesBelow(folder)) hash.update(path).update(readFileSync(join(repository, path)));
    }
    sources = hash.digest("hex").slice(0, 16);
  }
  return sources;
}

/** The image of this name, built unless one from the same sources is there: each test file has a process of its own. */
function cached(name: string, make: () => ReturnType<typeof build>): Uint8Array {
  mkdirSync(cache, { recursive: true });
  const path = join(cache, `guest-${name}-${sourceHash()}.elf`);
  if (existsSync(path)) return new Uint8Array(readFileSync(path));
  const result = make();
  if ("errors" in result) throw new Error(result.errors.join("\n"));
  for (const old of readdirSync(cache)) {
    if (old.startsWith(`guest-${name}-`)) rmSync(join(cache, old), { force: true });
  }
  writeFileSync(`${path}.${process.pid}`, result.elf);
  renameSync(`${path}.${process.pid}`, path);
  return result.elf;
}

/** The kernel, compiled from its sources. */
export function kernelElf(): Uint8Array {
  return cached("kernel", () =>
    build({
      name: "kernel",
      root: repository,
      entry: "kernel/main.ts",
      asm: filesBelow("kernel").filter((path) => path.endsWith(".asm")),
      textBase: 0xc010_0000,
      entrySymbol: "_start",
      multibootPhysicalBase: 0x10_0000,
      symbolTable: true,
    }),
  );
}

/** One of programs/, compiled. */
export function guestProgram(name: string): Uint8Array {
  return cached(name, () =>
    build({
      name,
      root: repository,
      entry: `test/kernel/programs/${name}.ts`,
      asm: ["test/kernel/programs/start.asm"],
      textBase: 0x0804_8000,
      entrySymbol: "_start",
    }),
  );
}

export const scratch = mkdtempSync(join(tmpdir(), "faultline-kernel-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** One of c/, compiled and linked statically by gcc -m32: its path. */
export function cProgram(name: string, ...flags: string[]): string {
  const path = join(scratch, name);
  const source = join(repository, "test/kernel/c", `${name}.c`);
  const { stderr, status } = spawnSync("gcc", ["-m32", "-static", "-O1", "-w", source, "-o", path, ...flags], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return path;
}

/** The same program on the host's Linux: what it printed and its wait status code. */
export function onLinux(path: string, args: string[] = []): Transcript {
  const run = spawnSync(path, args, { cwd: "/", encoding: "latin1", timeout: 60_000 });
  const signals: Record<string, number> = { SIGSEGV: 11, SIGABRT: 6, SIGILL: 4, SIGFPE: 8, SIGBUS: 7, SIGKILL: 9 };
  return { text: run.stdout, status: (run.status ?? 128 + (signals[run.signal ?? ""] ?? 99)) & 127 };
}

export function initrd(files: Files): Uint8Array {
  const entries = Object.entries(files).map(([path, data]) => ({ path, mode: FileType.regular | 0o755, data }));
  return writeCpio(entries);
}

export const file = (path: string): Uint8Array => readFileSync(path);

const plain = (bytes: string): string =>
  bytes
    .replaceAll("\r", "")
    .split("\n")
    .filter((line) => !line.startsWith("cpu: "))
    .join("\n");

const commandLine = (guest: Guest): string => `kernel exit=debug ${guest.append ?? ""}`.trimEnd();

/** Boots the guest on our machine. `machine` can be looked at afterwards. */
export function onFaultline(
  guest: Guest,
  ticks = 20_000_000_000,
): Transcript & { raw: string; machine: InstanceType<typeof Machine> } {
  const bytes: number[] = [];
  const machine = new Machine({
    memoryBytes: guest.memory ?? 64 << 20,
    output: { serial: (port, byte) => void (port === 0 && bytes.push(byte)) },
  });
  const modules = guest.files ? [{ bytes: initrd(guest.files), string: "initrd.cpio" }] : [];
  machine.loadMultiboot({ kernel: kernelElf(), name: "kernel", commandLine: commandLine(guest), modules });
  const outcome = machine.run(ticks);
  const status = outcome.kind === "debug-exit" ? outcome.value & 127 : -1;
  const raw = String.fromCharCode(...bytes);
  return { text: plain(raw), status, raw, machine };
}

/** Boots the guest in QEMU (TCG). */
export function onQemu(guest: Guest): Transcript {
  const kernelPath = join(scratch, "kernel.elf");
  const initrdPath = join(scratch, "initrd.cpio");
  writeFileSync(kernelPath, kernelElf());
  writeFileSync(initrdPath, initrd(guest.files ?? {}));
  // A file and not stdout: a slow reader of a pipe makes QEMU lose what it still has to send when the guest ends it.
  const serialPath = join(scratch, "serial");
  const memory = `${(guest.memory ?? 64 << 20) >> 20}M`;
  const options = [
    ...["-accel", "tcg", "-m", memory, "-kernel", kernelPath, "-append", commandLine(guest).slice("kernel ".length)],
    ...(guest.files ? ["-initrd", initrdPath] : []),
    ...["-serial", `file:${serialPath}`, "-display", "none", "-no-reboot"],
    ...["-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
    ...["-rtc", "base=2026-01-01T00:00:00"],
  ];
  const run = spawnSync("qemu-system-i386", options, { timeout: 120_000, stdio: "ignore" });
  const status = run.status !== null && run.status & 1 ? run.status >> 1 : -1;
  return { text: plain(readFileSync(serialPath, "latin1")), status };
}
