// The toolchain's interface: TypeScript in the guest dialect plus .asm files -> i386 ELF32 executable with DWARF 4.
//
// How to write guest code: README.md beside this file; what may be used without import: std/types/guest/index.d.ts;
// CPU instructions: std/cpu.ts.

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
