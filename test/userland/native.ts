// Guest programs run by the host's own Linux: they use the Linux ABI, so the kernel they were written for is not needed
// to test them, and what Linux does is the reference.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  PROGRAM_ASSEMBLY,
  PROGRAM_ENTRY_SYMBOL,
  PROGRAM_TEXT_BASE,
  programSources,
} from "../../scripts/initrd/entries.ts";
import { build } from "../../scripts/toolchain/index.ts";
import { repository } from "../support/repository.ts";

/** A folder for this test file, removed when the process ends. */
export const scratch = mkdtempSync(join(tmpdir(), "faultline-userland-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** A static ELF32 that does nothing but exit(0). */
function smallestProgram(): Uint8Array {
  const base = 0x0804_8000;
  const code = [0x31, 0xdb, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]; // xor ebx,ebx; mov eax,1; int 80h
  const bytes = new Uint8Array(84 + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const halves = { 16: 2, 18: 3, 40: 52, 42: 32, 44: 1 };
  for (const [offset, value] of Object.entries(halves)) view.setUint16(Number(offset), value, true);
  const words = { 20: 1, 24: base + 84, 28: 52, 52: 1, 60: base, 64: base, 68: bytes.length, 72: bytes.length, 76: 5 };
  for (const [offset, value] of Object.entries(words)) view.setUint32(Number(offset), value, true);
  view.setUint32(80, 4096, true);
  bytes.set(code, 84);
  return bytes;
}

function install(name: string, elf: Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, elf);
  chmodSync(path, 0o755);
  return path;
}

function hostRuns32Bit(): boolean {
  if (process.platform !== "linux") return false;
  const runs = spawnSync(install("smallest", smallestProgram())).status === 0;
  if (!runs && process.env.FAULTLINE_REQUIRE_TOOLS) throw new Error("32-bit programs do not run here but are required");
  return runs;
}

/** True when the host's kernel runs i386 programs; tests that need it are skipped by name otherwise. */
export const runs32Bit = hostRuns32Bit();

const built = new Map<string, string>();

/** Builds the program whose entry file is `entry` (relative to the repository) and returns the path of its ELF file. */
export function buildGuest(entry: string): string {
  let path = built.get(entry);
  if (path === undefined) {
    const name = entry.split("/").at(-1)!.replace(/\.ts$/, "");
    const result = build({
      name,
      root: repository,
      entry,
      asm: PROGRAM_ASSEMBLY,
      textBase: PROGRAM_TEXT_BASE,
      entrySymbol: PROGRAM_ENTRY_SYMBOL,
    });
    if ("errors" in result) throw new Error(result.errors.join("\n"));
    path = install(name, result.elf);
    built.set(entry, path);
  }
  return path;
}

/** The names of the programs in userland/bin. */
export const programNames = programSources(repository).map(({ name }) => name);

/** Builds every program of userland/bin; they are found in `scratch` then. */
export function buildPrograms(): void {
  for (const { entry } of programSources(repository)) buildGuest(entry);
}

/** Builds userland/c/NAME.c for i386 against the host's libraries, statically, and returns the path of its ELF file. */
export function compileC(name: string): string {
  const output = join(scratch, `c-${name}`);
  const source = join(repository, `userland/c/${name}.c`);
  const flags = ["-m32", "-static", "-Wall", "-Wextra", "-Werror", "-O1"];
  const { stderr } = spawnSync("gcc", [...flags, "-o", output, source], { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return output;
}

export interface Outcome {
  stdout: string;
  stderr: string;
  /** Exit status, or 128 + signal number as a shell sees it. */
  status: number;
}

export interface NativeOptions {
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
}

const SIGNALS: Record<string, number> = { SIGABRT: 6, SIGSEGV: 11, SIGPIPE: 13 };

/** Runs a program of the host or one that was built; the environment is nothing but PATH and what is asked for. */
export function runNative(path: string, args: string[] = [], options: NativeOptions = {}): Outcome {
  const { stdout, stderr, status, signal, error } = spawnSync(path, args, {
    input: options.input ?? "",
    cwd: options.cwd ?? scratch,
    env: { PATH: scratch, ...options.env },
    encoding: "latin1",
    timeout: 30_000,
  });
  if (error) throw error;
  return { stdout, stderr, status: signal ? 128 + SIGNALS[signal] : status! };
}
