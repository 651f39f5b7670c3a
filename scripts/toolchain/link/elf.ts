// Writes an ELF32 executable for i386.
import { ByteWriter } from "../debuginfo/writer.ts";

export const enum SectionFlags {
  Write = 1,
  Alloc = 2,
  Exec = 4,
}

export interface OutputSection {
  name: string;
  address: number;
  /** Load address; equals `address` unless the kernel says otherwise. */
  physical: number;
  flags: number;
  align: number;
  bytes: Uint8Array;
  /** Size in memory; more than bytes.length for nobits. */
  size: number;
  nobits: boolean;
}

export interface OutputSymbol {
  name: string;
  address: number;
  size: number;
  global: boolean;
  kind: "function" | "object" | "none";
  /** Index in the sections, or -1 for an absolute symbol. */
  section: number;
}

const PAGE = 4096;
const HEADER_SIZE = 52;
const PROGRAM_HEADER_SIZE = 32;
const SECTION_HEADER_SIZE = 40;
const SHN_ABS = 0xfff1;

const enum SectionType {
  Null = 0,
  Progbits = 1,
  Symtab = 2,
  Strtab = 3,
  Nobits = 8,
}

interface Header {
  name: string;
  type: SectionType;
  flags: number;
  address: number;
  offset: number;
  size: number;
  link: number;
  info: number;
  align: number;
  entrySize: number;
}

class StringTable {
  readonly bytes = new ByteWriter().u8(0);
  private readonly offsets = new Map<string, number>([["", 0]]);

  add(text: string): number {
    let offset = this.offsets.get(text);
    if (offset === undefined) {
      offset = this.bytes.length;
      this.offsets.set(text, offset);
      this.bytes.text(text);
    }
    return offset;
  }
}

/** Sections in order of address (those of one kind adjacent), debug sections, symbols (any order). */
export function writeElf(
  entry: number,
  sections: readonly OutputSection[],
  debug: ReadonlyMap<string, Uint8Array>,
  symbols: readonly OutputSymbol[],
): Uint8Array {
  const out = new ByteWriter();
  const segments = groupSegments(sections);
  const prefix = HEADER_SIZE + PROGRAM_HEADER_SIZE * segments.length;
  out.bytes(new Uint8Array(prefix));
  const headers: Header[] = [header("", SectionType.Null, 0)];
  for (const section of sections) {
    if (!section.nobits) while (out.length % PAGE !== section.address % PAGE) out.u8(0);
    const item = header(section.name, section.nobits ? SectionType.Nobits : SectionType.Progbits, section.align);
    item.flags = section.flags;
    item.address = section.address;
    item.offset = out.length;
    item.size = section.size;
    headers.push(item);
    if (!section.nobits) out.bytes(section.bytes);
  }
  for (const [name, bytes] of debug) headers.push(append(out, header(name, SectionType.Progbits, 1), bytes));
  const strings = new StringTable();
  const ordered = [...symbols.filter((s) => !s.global), ...symbols.filter((s) => s.global)];
  const symtab = append(out, header(".symtab", SectionType.Symtab, 4), symbolBytes(ordered, strings));
  symtab.link = headers.length + 1;
  symtab.info = 1 + symbols.filter((s) => !s.global).length;
  symtab.entrySize = 16;
  headers.push(symtab);
  headers.push(append(out, header(".strtab", SectionType.Strtab, 1), strings.bytes.result()));
  const names = new StringTable();
  for (const { name } of headers) names.add(name);
  names.add(".shstrtab");
  headers.push(append(out, header(".shstrtab", SectionType.Strtab, 1), names.bytes.result()));
  out.align(4);
  const sectionTable = out.length;
  for (const item of headers) {
    out.u32(names.add(item.name)).u32(item.type).u32(item.flags).u32(item.address).u32(item.offset);
    out.u32(item.size).u32(item.link).u32(item.info).u32(item.align).u32(item.entrySize);
  }
  const file = out.result();
  file.set(fileHeader(entry, segments.length, sectionTable, headers.length));
  segments.forEach((segment, i) => {
    file.set(programHeader(segment, headers, sections), HEADER_SIZE + PROGRAM_HEADER_SIZE * i);
  });
  return file;
}

function header(name: string, type: SectionType, align: number): Header {
  return { name, type, flags: 0, address: 0, offset: 0, size: 0, link: 0, info: 0, align, entrySize: 0 };
}

function append(out: ByteWriter, item: Header, bytes: Uint8Array): Header {
  out.align(Math.max(item.align, 1));
  item.offset = out.length;
  item.size = bytes.length;
  out.bytes(bytes);
  return item;
}

function symbolBytes(symbols: readonly OutputSymbol[], strings: StringTable): Uint8Array {
  const out = new ByteWriter();
  out.bytes(new Uint8Array(16));
  for (const symbol of symbols) {
    const type = symbol.kind === "function" ? 2 : symbol.kind === "object" ? 1 : 0;
    out.u32(strings.add(symbol.name)).u32(symbol.address).u32(symbol.size);
    out.u8((symbol.global ? 0x10 : 0) | type, 0).u16(symbol.section < 0 ? SHN_ABS : symbol.section + 1);
  }
  return out.result();
}

/** Indices of consecutive sections with equal rights and address difference: one PT_LOAD each. */
function groupSegments(sections: readonly OutputSection[]): number[][] {
  const segments: number[][] = [];
  sections.forEach((section, i) => {
    const last = segments[segments.length - 1];
    const previous = last ? sections[last[last.length - 1]] : null;
    const together =
      previous !== null &&
      previous.flags === section.flags &&
      previous.address - previous.physical === section.address - section.physical &&
      (!previous.nobits || section.nobits);
    if (together) last.push(i);
    else segments.push([i]);
  });
  return segments;
}

function programHeader(segment: number[], headers: Header[], sections: readonly OutputSection[]): Uint8Array {
  const first = sections[segment[0]];
  const last = sections[segment[segment.length - 1]];
  const withBytes = segment.filter((i) => !sections[i].nobits);
  const lastBytes = withBytes.length > 0 ? sections[withBytes[withBytes.length - 1]] : null;
  const fileSize = lastBytes ? lastBytes.address + lastBytes.bytes.length - first.address : 0;
  const memorySize = last.address + last.size - first.address;
  const rights = 4 | (first.flags & SectionFlags.Write ? 2 : 0) | (first.flags & SectionFlags.Exec ? 1 : 0);
  return new ByteWriter()
    .u32(1)
    .u32(headers[segment[0] + 1].offset)
    .u32(first.address)
    .u32(first.physical)
    .u32(fileSize)
    .u32(memorySize)
    .u32(rights)
    .u32(PAGE)
    .result();
}

function fileHeader(entry: number, segments: number, sectionTable: number, sectionCount: number): Uint8Array {
  const out = new ByteWriter();
  out.u8(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0).bytes(new Uint8Array(8));
  out.u16(2).u16(3).u32(1).u32(entry).u32(HEADER_SIZE).u32(sectionTable).u32(0);
  out.u16(HEADER_SIZE).u16(PROGRAM_HEADER_SIZE).u16(segments);
  out
    .u16(SECTION_HEADER_SIZE)
    .u16(sectionCount)
    .u16(sectionCount - 1);
  return out.result();
}
