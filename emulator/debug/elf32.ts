import { ByteReader, FormatError, decodeText } from "./bytes.ts";

// ELF: TIS Portable Formats Specification 1.1, part 1. Names without the ELF prefix letters of the specification.

export const enum ElfType {
  RELOCATABLE = 1,
  EXECUTABLE = 2,
  SHARED = 3,
  CORE = 4,
}

export const enum SegmentType {
  LOAD = 1,
  DYNAMIC = 2,
  INTERPRETER = 3,
}

export const enum SymbolType {
  NONE = 0,
  OBJECT = 1,
  FUNCTION = 2,
  SECTION = 3,
  FILE = 4,
  TLS = 6,
}

export const enum SectionFlag {
  WRITE = 1,
  ALLOCATED = 2,
  EXECUTABLE = 4,
  COMPRESSED = 0x800,
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly virtualAddress: number;
  readonly physicalAddress: number;
  readonly fileSize: number;
  readonly memorySize: number;
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly type: SymbolType | number;
  /** STB_LOCAL 0, STB_GLOBAL 1, STB_WEAK 2. */
  readonly binding: number;
  /** Index of the section it is defined in; 0 when undefined, 0xfff1 when absolute. */
  readonly section: number;
}

const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;

const MACHINES: Record<number, string> = {
  2: "SPARC",
  8: "MIPS",
  20: "PowerPC",
  21: "PowerPC 64",
  22: "S/390",
  40: "ARM",
  50: "Itanium",
  62: "x86-64",
  183: "AArch64",
  243: "RISC-V",
  258: "LoongArch",
};

/**
 * An ELF32 file for the i386. The constructor checks what a loader needs (header and program headers within the file, segments' file
 * parts within the file); sections and symbols are read when asked for. Throws `FormatError`.
 */
export class ElfFile {
  readonly type: ElfType | number;
  readonly entry: number;
  readonly segments: readonly Segment[];
  #sections: Section[] | undefined;
  readonly #sectionTable: { offset: number; count: number; entrySize: number; names: number };

  constructor(readonly bytes: Uint8Array) {
    checkIdentification(bytes);
    const header = new ByteReader(bytes, "ELF header", 16);
    this.type = header.u16();
    header.skip(2 + 4);
    this.entry = header.u32();
    const segmentOffset = header.u32();
    const sectionOffset = header.u32();
    header.skip(4 + 2);
    const segmentSize = header.u16();
    const segmentCount = header.u16();
    const sectionSize = header.u16();
    const sectionCount = header.u16();
    const names = header.u16();
    this.#sectionTable = { offset: sectionOffset, count: sectionCount, entrySize: sectionSize, names };
    this.segments = readSegments(bytes, segmentOffset, segmentSize, segmentCount);
  }

  /** The path of the program interpreter (the dynamic linker), if the file asks for one. */
  get interpreter(): string | undefined {
    const segment = this.segments.find((each) => each.type === SegmentType.INTERPRETER);
    if (!segment) return undefined;
    const reader = new ByteReader(this.bytes, "ELF interpreter", segment.offset, segment.offset + segment.fileSize);
    return reader.text();
  }

  get sections(): readonly Section[] {
    return (this.#sections ??= this.#readSections());
  }

  section(name: string): Section | undefined {
    return this.sections.find((each) => each.name === name);
  }

  /** The bytes of section `name`; undefined when it is absent, empty, has no bytes in the file, or is compressed. */
  sectionBytes(name: string): Uint8Array | undefined {
    const section = this.section(name);
    if (!section || section.type === SHT_NOBITS || section.size === 0 || section.flags & SectionFlag.COMPRESSED) {
      return undefined;
    }
    return this.#contents(section);
  }

  /** The symbol table, `.dynsym` when the file is stripped. Entries come in file order. */
  symbols(): ElfSymbol[] {
    const sections = this.sections;
    const table =
      sections.find((each) => each.type === SHT_SYMTAB) ?? sections.find((each) => each.type === SHT_DYNSYM);
    if (!table) return [];
    const strings = sections[table.link];
    if (!strings) throw new FormatError("ELF symbol table: its string table does not exist");
    return readSymbols(this.#contents(table), this.#contents(strings));
  }

  /** Physical load address of a linked virtual address (the segments' p_paddr), or -1 outside every segment. */
  physicalAddress(virtual: number): number {
    for (const each of this.segments) {
      if (each.type !== SegmentType.LOAD) continue;
      const offset = virtual - each.virtualAddress;
      if (offset >= 0 && offset < each.memorySize) return each.physicalAddress + offset;
    }
    return -1;
  }

  #contents(section: Section): Uint8Array {
    if (section.type === SHT_NOBITS) return new Uint8Array(0);
    return new ByteReader(this.bytes, `ELF section ${section.name}`, section.offset).take(section.size);
  }

  #readSections(): Section[] {
    const { offset, count, entrySize, names } = this.#sectionTable;
    if (count === 0 || offset === 0) return [];
    if (entrySize < 40) throw new FormatError("ELF section headers: an entry is too short");
    const raw: (Section & { nameOffset: number })[] = [];
    for (let index = 0; index < count; index++) {
      const reader = new ByteReader(this.bytes, "ELF section headers", offset + index * entrySize);
      const nameOffset = reader.u32();
      const type = reader.u32();
      const flags = reader.u32();
      const address = reader.u32();
      const at = reader.u32();
      const size = reader.u32();
      const link = reader.u32();
      reader.skip(8);
      raw.push({ name: "", nameOffset, type, flags, address, offset: at, size, link, entrySize: reader.u32() });
    }
    const strings = raw[names] ? this.#contents(raw[names]) : new Uint8Array(0);
    return raw.map(({ nameOffset, ...rest }) => ({ ...rest, name: stringAt(strings, nameOffset) }));
  }
}

function checkIdentification(bytes: Uint8Array): void {
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new FormatError("not an ELF file");
  }
  if (bytes.length < 20) throw new FormatError("truncated ELF file: the header is incomplete");
  const machine = bytes[18] | (bytes[19] << 8);
  if (bytes[5] !== 1) throw new FormatError("not an i386 ELF file: it is big-endian");
  if (bytes[4] !== 1 || machine !== 3) {
    const bits = bytes[4] === 2 ? "64-bit" : "32-bit";
    throw new FormatError(`not an i386 ELF file: it is for ${MACHINES[machine] ?? `machine ${machine}`} (${bits})`);
  }
  if (bytes.length < 52) throw new FormatError("truncated ELF file: the header is incomplete");
}

function readSegments(bytes: Uint8Array, offset: number, entrySize: number, count: number): Segment[] {
  if (count === 0) return [];
  if (entrySize < 32) throw new FormatError("ELF program headers: an entry is too short");
  const end = offset + count * entrySize;
  if (end > bytes.length) {
    throw new FormatError(`truncated ELF file: ${bytes.length} bytes, the program headers end at ${end}`);
  }
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const reader = new ByteReader(bytes, "ELF program headers", offset + index * entrySize);
    const segment = {
      type: reader.u32(),
      offset: reader.u32(),
      virtualAddress: reader.u32(),
      physicalAddress: reader.u32(),
      fileSize: reader.u32(),
      memorySize: reader.u32(),
      flags: reader.u32(),
    };
    const stop = segment.offset + segment.fileSize;
    if (segment.fileSize > 0 && stop > bytes.length) {
      throw new FormatError(`truncated ELF file: ${bytes.length} bytes, segment ${index} ends at ${stop}`);
    }
    segments.push(segment);
  }
  return segments;
}

function readSymbols(table: Uint8Array, strings: Uint8Array): ElfSymbol[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const symbols: ElfSymbol[] = [];
  for (let at = 16; at + 16 <= table.length; at += 16) {
    const info = table[at + 12];
    symbols.push({
      name: stringAt(strings, view.getUint32(at, true)),
      value: view.getUint32(at + 4, true),
      size: view.getUint32(at + 8, true),
      type: info & 15,
      binding: info >> 4,
      section: view.getUint16(at + 14, true),
    });
  }
  return symbols;
}

/** Longer names are cut: a table of overlapping names without an end must not take memory without end. */
const LONGEST_NAME = 4096;

/** A name out of a string table; an offset outside it gives the empty name, since one bad name must not cost the others. */
function stringAt(strings: Uint8Array, offset: number): string {
  const limit = Math.min(strings.length, offset + LONGEST_NAME);
  let stop = offset;
  while (stop < limit && strings[stop] !== 0) stop++;
  return decodeText(strings, offset, stop);
}
