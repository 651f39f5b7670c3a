// Compiles guest programs given as text and runs them: natively as a 32-bit process, and their WebAssembly in V8 as the
// oracle for what they should print.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compileToWasm, type FrontendResult } from "../../../scripts/toolchain/frontend/frontend.ts";
import { build, type BuildRequest } from "../../../scripts/toolchain/index.ts";
import { writeElf } from "../../../scripts/toolchain/link/elf.ts";
import { link, type LinkedImage } from "../../../scripts/toolchain/link/linker.ts";
import { compileProgram } from "../../../scripts/toolchain/object/program.ts";

/** The part of the WebAssembly API that @types/node leaves to the DOM. */
const { Module, Instance } = WebAssembly as unknown as {
  Module: { new (bytes: Uint8Array): object; imports(module: object): { module: string; name: string }[] };
  Instance: new (module: object, imports: object) => { exports: Record<string, () => void> };
};

/** Low enough that a small WebAssembly memory covers it, high enough for the host to map. */
export const TEXT_BASE = 0x100000;
const MEMORY_PAGES = 128;
const ALLOCA_BASE = 0x700000;

/** Makes a folder with these files (path to text), runs `use` on it and removes it. */
export function withFiles<T>(files: Record<string, string>, use: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), "faultline-toolchain-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** build() on files given as text; the entry is main.ts, execution starts at `main`. */
export function buildText(
  files: Record<string, string> | string,
  options: Partial<BuildRequest> = {},
): ReturnType<typeof build> {
  const all = typeof files === "string" ? { "main.ts": files } : files;
  return withFiles(all, (root) =>
    build({ name: "test", root, entry: "main.ts", textBase: TEXT_BASE, entrySymbol: "main", ...options }),
  );
}

/** The ELF, or an exception with the compiler's messages. */
export function elfOf(files: Record<string, string> | string, options: Partial<BuildRequest> = {}): Uint8Array {
  const result = buildText(files, options);
  if ("errors" in result) throw new Error(result.errors.join("\n"));
  return result.elf;
}

/** The compiler's messages for a program that is wrong. */
export function errorsOf(files: Record<string, string> | string, options: Partial<BuildRequest> = {}): string[] {
  const result = buildText(files, options);
  return "errors" in result ? result.errors : [];
}

export interface Linked {
  front: FrontendResult;
  image: LinkedImage;
  elf: Uint8Array;
}

/** Compiles and links main.ts from text, keeping what the oracle needs. */
export function linkText(source: string): Linked {
  return withFiles({ "main.ts": source }, (root) => {
    const front = compileToWasm(root, "main.ts");
    if ("errors" in front) throw new Error(front.errors.join("\n"));
    const program = compileProgram(front);
    const image = link({
      fragments: program.fragments,
      objects: [],
      textBase: TEXT_BASE,
      physicalBase: null,
      entrySymbol: "main",
      defines: {},
      symbolTable: false,
    });
    if ("errors" in image) throw new Error(image.errors.join("\n"));
    return { front, image, elf: writeElf(image.entry, image.sections, new Map(), image.symbols) };
  });
}

export interface Outcome {
  output: string;
  status: number | null;
  signal: string | null;
}

/** Runs an ELF as a process of the host. */
export function runNative(elf: Uint8Array, timeout = 10_000): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "faultline-native-"));
  try {
    const path = join(folder, "program");
    writeFileSync(path, elf, { mode: 0o755 });
    const result = spawnSync(path, { timeout, encoding: "latin1" });
    return { output: result.stdout ?? "", status: result.status, signal: result.signal };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let native: boolean | undefined;

/** Can this host run a static 32-bit ELF? */
export function canRunNative(): boolean {
  if (native === undefined) {
    const exit = linkText('import { int80_1 } from "~lib/cpu"; export function main(): void { int80_1(1, 42); }');
    native = runNative(exit.elf).status === 42;
  }
  return native;
}

class Exit extends Error {
  constructor(readonly status: number) {
    super("exit");
  }
}

/** Runs the WebAssembly in V8. Of Linux there are write(1, ...) and exit. */
export function runOracle({ front, image }: Linked): Outcome {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  const bytes = new Uint8Array(memory.buffer);
  for (const section of image.sections) if (!section.nobits) bytes.set(section.bytes, section.address);
  patchFunctionTables(front, image, new DataView(memory.buffer));
  let top = ALLOCA_BASE;
  let output = "";
  const system = (number: number, a = 0, b = 0, c = 0): number => {
    if (number === 1) throw new Exit(a);
    if (number !== 4) return -38;
    output += Buffer.from(bytes.subarray(b, b + c)).toString("latin1");
    return c;
  };
  const cpu: Record<string, unknown> = {
    alloca: (size: number) => (top += (size + 3) & ~3) - ((size + 3) & ~3),
    barrier: () => undefined,
    rep_movsb: (to: number, from: number, n: number) => {
      for (let i = 0; i < n; i++) bytes[to + i] = bytes[from + i];
    },
    rep_movsb_down: (to: number, from: number, n: number) => bytes.copyWithin(to, from, from + n),
    rep_stosb: (to: number, value: number, n: number) => bytes.fill(value & 0xff, to, to + n),
    divide: (high: number, low: number, divisor: number) => {
      const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      const by = BigInt(divisor >>> 0);
      return BigInt.asIntN(64, ((value % by) << 32n) | (value / by));
    },
  };
  for (let n = 0; n <= 6; n++) cpu[`int80_${n}`] = system;
  const imports: Record<string, Record<string, unknown>> = { env: { memory } };
  const module = new Module(front.wasm);
  for (const { module: from, name } of Module.imports(module)) {
    const group = (imports[from] ??= {});
    if (from === "data") group[name] = image.addressOf(`d:${name}`) ?? 0;
    else if (from === "function") group[name] = front.table.indexOf(name) + 1;
    else if (from === "cpu") group[name] = cpu[name] ?? (() => 0);
  }
  const { _init, main } = new Instance(module, imports).exports;
  try {
    _init();
    main();
  } catch (error) {
    if (error instanceof Exit) return { output, status: error.status & 0xff, signal: null };
    throw error;
  }
  return { output, status: null, signal: "SIGSEGV" };
}

/** In tables of functions V8 wants table indices where the machine wants addresses. */
function patchFunctionTables(front: FrontendResult, image: LinkedImage, view: DataView): void {
  for (const object of front.data) {
    const address = image.addressOf(`d:${object.symbol}`);
    if (address === null) continue;
    for (const { offset, module, symbol } of object.references) {
      if (module !== "function") continue;
      view.setUint32(address - object.symbolOffset + offset, front.table.indexOf(symbol) + 1, true);
    }
  }
}

/** Guest code that prints: show(x) for u32, show64(x) for u64, both in hexadecimal with a space behind. */
export const PRINTING = `
import { int80_1 as __exit, int80_3 as __write } from "~lib/cpu";
const __buffer = memory.data(32, 16);
function show(x: u32): void {
  for (let i: u32 = 0; i < 8; i++) {
    const digit = (x >> (28 - 4 * i)) & 15;
    store<u8>(__buffer + i, <u8>(digit < 10 ? 48 + digit : 87 + digit));
  }
  store<u8>(__buffer + 8, 32);
  __write(4, 1, __buffer, 9);
}
function show64(x: u64): void {
  show(<u32>(x >> 32));
  show(<u32>x);
}
function done(): void { __exit(1, 0); }
`;
