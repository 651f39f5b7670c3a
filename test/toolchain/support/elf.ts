// Just enough of an ELF reader to look at what the linker wrote.

export interface Section {
  name: string;
  type: number;
  flags: number;
  address: number;
  size: number;
  align: number;
  bytes: Uint8Array;
}

export interface Segment {
  offset: number;
  virtual: number;
  physical: number;
  fileSize: number;
  memorySize: number;
  flags: number;
}

export interface ElfSymbol {
  name: string;
  address: number;
  size: number;
  type: number;
  global: boolean;
  /** Section name; null for an absolute symbol. */
  section: string | null;
}

export interface ElfFile {
  entry: number;
  sections: Section[];
  segments: Segment[];
  symbols: ElfSymbol[];
}

export function readElf(file: Uint8Array): ElfFile {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const u32 = (at: number): number => view.getUint32(at, true);
  const u16 = (at: number): number => view.getUint16(at, true);
  const text = (bytes: Uint8Array, at: number): string =>
    Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString("utf8");
  const raw = Array.from({ length: u16(48) }, (_, i) => {
    const at = u32(32) + 40 * i;
    const [type, offset, size] = [u32(at + 4), u32(at + 16), u32(at + 20)];
    return {
      nameOffset: u32(at),
      type,
      flags: u32(at + 8),
      address: u32(at + 12),
      size,
      align: u32(at + 32),
      bytes: type === 8 ? new Uint8Array() : file.subarray(offset, offset + size),
    };
  });
  const names = raw[u16(50)].bytes;
  const sections = raw.map(({ nameOffset, ...rest }) => ({ ...rest, name: text(names, nameOffset) }));
  const segments = Array.from({ length: u16(44) }, (_, i) => {
    const at = u32(28) + 32 * i;
    return {
      offset: u32(at + 4),
      virtual: u32(at + 8),
      physical: u32(at + 12),
      fileSize: u32(at + 16),
      memorySize: u32(at + 20),
      flags: u32(at + 24),
    };
  });
  const symtab = sections.find((s) => s.name === ".symtab")?.bytes ?? new Uint8Array();
  const strtab = sections.find((s) => s.name === ".strtab")?.bytes ?? new Uint8Array();
  const table = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const symbols: ElfSymbol[] = [];
  for (let at = 16; at < symtab.length; at += 16) {
    const index = table.getUint16(at + 14, true);
    symbols.push({
      name: text(strtab, table.getUint32(at, true)),
      address: table.getUint32(at + 4, true),
      size: table.getUint32(at + 8, true),
      type: table.getUint8(at + 12) & 15,
      global: table.getUint8(at + 12) >> 4 === 1,
      section: index === 0xfff1 ? null : sections[index].name,
    });
  }
  return { entry: u32(24), sections, segments, symbols };
}

export function symbolNamed(elf: ElfFile, name: string): ElfSymbol | undefined {
  return elf.symbols.find((symbol) => symbol.name === name);
}

export function sectionNamed(elf: ElfFile, name: string): Section | undefined {
  return elf.sections.find((section) => section.name === name);
}
