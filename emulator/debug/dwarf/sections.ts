import type { ElfFile } from "../elf32.ts";

const EMPTY = new Uint8Array(0);

/** The DWARF sections of one file; an absent one is empty. */
export interface DwarfSections {
  readonly info: Uint8Array;
  readonly abbreviations: Uint8Array;
  readonly line: Uint8Array;
  readonly strings: Uint8Array;
  readonly lineStrings: Uint8Array;
  readonly stringOffsets: Uint8Array;
  readonly addresses: Uint8Array;
  readonly ranges: Uint8Array;
  readonly rangeLists: Uint8Array;
}

export function dwarfSections(elf: ElfFile): DwarfSections {
  const get = (name: string): Uint8Array => elf.sectionBytes(name) ?? EMPTY;
  return {
    info: get(".debug_info"),
    abbreviations: get(".debug_abbrev"),
    line: get(".debug_line"),
    strings: get(".debug_str"),
    lineStrings: get(".debug_line_str"),
    stringOffsets: get(".debug_str_offsets"),
    addresses: get(".debug_addr"),
    ranges: get(".debug_ranges"),
    rangeLists: get(".debug_rnglists"),
  };
}
