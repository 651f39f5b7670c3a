/** What the assembler hands to the linker. Everything is plain data; section and symbol names are the links between the tables. */

/** Section flags, with the values of ELF's sh_flags so that a linker can copy them. */
export const enum SectionFlag {
  Write = 1,
  Alloc = 2,
  Exec = 4,
}

export interface ObjectSection {
  name: string;
  /** Contents; empty for `nobits` sections. */
  bytes: Uint8Array;
  /** Size in bytes in memory; equals bytes.length unless `nobits`. */
  size: number;
  /** Alignment in bytes, a power of two. */
  align: number;
  /** Sum of SectionFlag. */
  flags: number;
  nobits: boolean;
}

export interface ObjectSymbol {
  name: string;
  /** Name of the defining section; null for an extern or an absolute symbol (equ). */
  section: string | null;
  /** Offset in the section; the value itself for an absolute symbol. */
  offset: number;
  global: boolean;
  extern: boolean;
  /** True for code labels: `global name:function`, or any non-local label in an executable section. */
  isFunction: boolean;
  /** Bytes: given by `global name:function (size)`, else the distance to the next non-local label or the section's end. */
  size: number;
}

export type RelocationKind = "abs8" | "abs16" | "abs32" | "rel8" | "rel16" | "rel32";

/**
 * A field the linker fills in: abs = S + addend, rel = S + addend - P, where S is the target's address and P the address
 * of the field itself (ELF's convention: a `call` has addend -4). The field's bytes are zero in the section.
 */
export interface Relocation {
  /** The section that holds the field. */
  section: string;
  offset: number;
  kind: RelocationKind;
  /** Name of a symbol of this object (an extern), or of a section of this object (for every label defined here). */
  symbol: string;
  /** True when `symbol` names a section of this object. */
  isSection: boolean;
  addend: number;
}

/** One row of the line table: the code from `offset` on comes from this line (until the next row of the same section). */
export interface LineRow {
  section: string;
  offset: number;
  file: string;
  line: number;
}

export type CfiOperation =
  | "def_cfa"
  | "def_cfa_offset"
  | "def_cfa_register"
  | "adjust_cfa_offset"
  | "offset"
  | "rel_offset"
  | "register"
  | "restore"
  | "undefined"
  | "same_value"
  | "remember_state"
  | "restore_state";

export interface CfiInstruction {
  /** Section offset from which on the rule holds. */
  offset: number;
  operation: CfiOperation;
  /** DWARF register number of i386 (eax 0, ecx 1, edx 2, ebx 3, esp 4, ebp 5, esi 6, edi 7, eip 8, eflags 9), where the operation has one. */
  register?: number;
  /** Byte offset (not factored), or the second register number for "register". */
  value?: number;
}

/** The code between cfi_startproc and cfi_endproc: one FDE of .debug_frame. */
export interface CfiProcedure {
  section: string;
  start: number;
  end: number;
  /** cfi_signal_frame: CIE augmentation "S"; the return address is that of a trapped instruction. */
  signalFrame: boolean;
  /** cfi_startproc simple: no initial rules (else CFA = esp+4, eip at CFA-4 as after a call). */
  simple: boolean;
  instructions: CfiInstruction[];
}

export interface ObjectFile {
  sections: ObjectSection[];
  symbols: ObjectSymbol[];
  relocations: Relocation[];
  lines: LineRow[];
  cfi: CfiProcedure[];
}

export interface AssembleOptions {
  /** Name used in messages and line tables. */
  file: string;
  /** Preprocessor definitions, as nasm's -d. */
  defines?: Record<string, string | number>;
  /** Source text for %include; null when there is none. */
  include?: (path: string) => string | null;
  /** File contents for incbin; null when there is none. */
  readBinary?: (path: string) => Uint8Array | null;
}

export interface FlatOptions extends Partial<AssembleOptions> {
  /** Load address of the first byte, default 0 (an `org` in the source wins). */
  org?: number;
  /** Default 16, as nasm's flat format. */
  bits?: 16 | 32;
}

/** Messages are complete: "file:line: error: text". */
export interface AssembleErrors {
  errors: string[];
}

export type ObjectResult = { object: ObjectFile; errors?: undefined } | (AssembleErrors & { object?: undefined });

export interface FlatProgram {
  bytes: Uint8Array;
  /** Absolute addresses of all labels (local ones as "parent.local") and equ values. */
  labels: Map<string, number>;
}

export type FlatResult =
  (FlatProgram & { errors?: undefined }) | (AssembleErrors & { bytes?: undefined; labels?: undefined });
