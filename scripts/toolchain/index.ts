// The toolchain's interface: TypeScript in the guest dialect plus .asm files -> i386 ELF32 executable with DWARF 4.
//
// How to write guest code: README.md beside this file; what may be used without import: std/types/guest/index.d.ts;
// CPU instructions: std/cpu.ts.

import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { assembleObject } from "./assembler/index.ts";
import { type PlacedAssembly, writeDwarf } from "./debuginfo/dwarf.ts";
import { compileToWasm } from "./frontend/frontend.ts";
import { writeElf } from "./link/elf.ts";
import { type AssembledObject, link, type LinkedImage } from "./link/linker.ts";
import { CodeError, type CompiledProgram, compileProgram } from "./object/program.ts";

/** What to build. All paths are relative to `root` and use `/`. */
export interface BuildRequest {
  /** For messages and the debug information: "kernel", "sh". */
  name: string;
  /** The repository root on the host. Nothing outside it is named in the output. */
  root: string;
  /** The file compilation starts from, e.g. "kernel/main.ts". What it imports is compiled with it. */
  entry: string;
  /** NASM-syntax files to assemble and link, in this order, e.g. ["kernel/boot/entry.asm"]. */
  asm?: string[];
  /** Virtual address of the first section: 0x08048000 for programs, 0xC0100000 for the kernel. */
  textBase: number;
  /** Symbol execution starts at, e.g. "_start". */
  entrySymbol: string;
  /** Constants: absolute symbols for TypeScript (`declare const NAME: u32`) and assembler definitions. */
  defines?: Record<string, number>;
  /** Physical load address of `textBase`, e.g. 0x100000: sets p_paddr, and a `.boot` section is linked to run there. */
  multibootPhysicalBase?: number;
  /** Link the `.ksyms` table of function names. */
  symbolTable?: boolean;
}

export interface BuildSuccess {
  elf: Uint8Array;
  /** The files that took part (relative to root), for content-keyed caches. */
  inputs: string[];
}

export interface BuildFailure {
  /** One line each: "file.ts:line:col: error: message". Never empty. */
  errors: string[];
}

export type BuildResult = BuildSuccess | BuildFailure;

/** Compiles, assembles and links one program. Several may be built one after another in one process. */
export function build(request: BuildRequest): BuildResult {
  const assembled = assembleAll(request);
  const wanted = new Set(
    assembled.objects.flatMap(({ object }) => object.symbols.filter((s) => s.extern).map((s) => s.name)),
  );
  const front = compileToWasm(request.root, request.entry, wanted.add(request.entrySymbol));
  const errors = [...("errors" in front ? front.errors : []), ...assembled.errors];
  if ("errors" in front || errors.length > 0) return { errors };
  const program = compileProgram(front);
  const image = linkProgram(request, program, assembled.objects);
  if ("errors" in image) return image;
  const debug = writeDwarf({
    name: request.entry,
    program: program.debug,
    functions: image.functions.map(({ address, fragment }) => ({
      address,
      size: fragment.size,
      external: fragment.exported,
      debug: fragment.debug as NonNullable<typeof fragment.debug>,
    })),
    assembly: assembled.objects.map((object, i) => placedAssembly(object, image, i)),
    addressOf: image.addressOf,
  });
  const elf = writeElf(image.entry, image.sections, debug, image.symbols);
  return { elf, inputs: [...new Set([...front.inputs, ...assembled.inputs])].sort() };
}

function linkProgram(
  request: BuildRequest,
  program: CompiledProgram,
  objects: AssembledObject[],
): LinkedImage | BuildFailure {
  try {
    return link({
      fragments: program.fragments,
      objects,
      textBase: request.textBase,
      physicalBase: request.multibootPhysicalBase ?? null,
      entrySymbol: request.entrySymbol,
      defines: request.defines ?? {},
      symbolTable: request.symbolTable ?? false,
    });
  } catch (failure) {
    // Functions are compiled when the linker reaches them.
    if (failure instanceof CodeError) return { errors: [failure.message] };
    throw failure;
  }
}

function assembleAll(request: BuildRequest): { objects: AssembledObject[]; errors: string[]; inputs: string[] } {
  const objects: AssembledObject[] = [];
  const errors: string[] = [];
  const inputs: string[] = [];
  for (const file of request.asm ?? []) {
    const read = (path: string): Buffer | null => {
      // Beside the source first, then from the root, as a person would write it.
      for (const candidate of [posix.join(dirname(file), path), path]) {
        try {
          const bytes = readFileSync(join(request.root, candidate));
          inputs.push(candidate);
          return bytes;
        } catch {
          continue;
        }
      }
      return null;
    };
    let source: string;
    try {
      source = readFileSync(join(request.root, file), "utf8");
      inputs.push(file);
    } catch {
      errors.push(`error: ${file}: no such file`);
      continue;
    }
    const result = assembleObject(source, {
      file,
      defines: request.defines,
      include: (path) => read(path)?.toString("utf8") ?? null,
      readBinary: read,
    });
    if (result.errors) errors.push(...result.errors);
    else objects.push({ file, object: result.object });
  }
  return { objects, errors, inputs };
}

function placedAssembly({ object, file }: AssembledObject, image: LinkedImage, index: number): PlacedAssembly {
  const addresses = image.objectSections[index];
  const ranges = object.sections
    .filter((section) => section.flags & 4 && section.size > 0)
    .map((section) => ({
      address: addresses.get(section.name) ?? 0,
      size: section.size,
      lines: object.lines.filter((row) => row.section === section.name),
    }));
  const procedures = object.cfi.map((procedure) => ({
    address: (addresses.get(procedure.section) ?? 0) + procedure.start,
    procedure,
  }));
  return { file, ranges, procedures };
}
