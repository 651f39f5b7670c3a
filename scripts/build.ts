// Builds the guest: kernel, programs, RAM disk. Run by setup.mjs when their sources changed; prints the files it put in
// place, one a line. By hand: node --import ./scripts/ts-node.mjs scripts/build.ts
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildCache } from "./images/cache.ts";
import {
  PROGRAM_ASSEMBLY,
  PROGRAM_ENTRY_SYMBOL,
  PROGRAM_TEXT_BASE,
  type ProgramImage,
  buildInitrd,
  programSources,
} from "./initrd/entries.ts";
import { writeFilesAtomically } from "./setup/files.mjs";
import { type BuildRequest, build } from "./toolchain/index.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const KERNEL_TEXT_BASE = 0xc010_0000;
const KERNEL_PHYSICAL_BASE = 0x0010_0000;
/** Holds the multiboot header, which must come early in the file. */
const KERNEL_START = "kernel/boot/entry.asm";

function kernelRequest(): BuildRequest {
  const others = assemblyBelow("kernel").filter((path) => path !== KERNEL_START);
  return {
    name: "kernel",
    root,
    entry: "kernel/main.ts",
    asm: [KERNEL_START, ...others],
    textBase: KERNEL_TEXT_BASE,
    entrySymbol: "_start",
    multibootPhysicalBase: KERNEL_PHYSICAL_BASE,
    symbolTable: true,
  };
}

function programRequest({ name, entry }: { name: string; entry: string }): BuildRequest {
  return {
    name,
    root,
    entry,
    asm: PROGRAM_ASSEMBLY,
    textBase: PROGRAM_TEXT_BASE,
    entrySymbol: PROGRAM_ENTRY_SYMBOL,
  };
}

function assemblyBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const found = entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return assemblyBelow(path);
    return entry.name.endsWith(".asm") ? [path] : [];
  });
  return found.sort();
}

const cache = new BuildCache(root);
const errors: string[] = [];

/** The ELF file of `request`, to be put at `output`: that of the last build when nothing it was made of has changed. */
function make(request: BuildRequest, output: string): Uint8Array | undefined {
  const known = cache.find(output, request);
  if (known) return known;
  const result = build(request);
  if ("elf" in result) {
    cache.add(output, request, result);
    return result.elf;
  }
  errors.push(...result.errors);
  return undefined;
}

const kernel = make(kernelRequest(), "build/kernel.elf");
const programs: ProgramImage[] = [];
for (const source of programSources(root)) {
  const elf = make(programRequest(source), `build/bin/${source.name}`);
  if (elf) programs.push({ name: source.name, elf });
}
if (!kernel || errors.length > 0) {
  // Programs share their library: one mistake there is one mistake.
  process.stderr.write(`${[...new Set(errors)].join("\n")}\n`);
  process.exit(1);
}
const images: [path: string, bytes: Uint8Array][] = [
  ["build/kernel.elf", kernel],
  ...programs.map(({ name, elf }): [string, Uint8Array] => [`build/bin/${name}`, elf]),
  ["build/initrd.cpio", buildInitrd(root, programs)],
];
writeFilesAtomically([...images, cache.file()].map(([path, contents]) => [join(root, path), contents]));
process.stdout.write(images.map(([path]) => `${path}\n`).join(""));
