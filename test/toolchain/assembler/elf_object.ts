/** Just enough of a reader of ELF32 relocatable objects to compare nasm's with ours. */
interface ElfSection {
  name: string;
  type: number;
  bytes: Uint8Array;
  size: number;
  align: number;
  nobits: boolean;
  link: number;
  info: number;
}

export interface ElfObject {
  sections: Map<string, ElfSection>;
  relocations: { section: string; offset: number; kind: string; symbol: string; addend: number }[];
  globals: { name: string; section: string | null; offset: number }[];
}

/** Relocation types of i386: name and width of the field that holds the addend. */
const kinds: Record<number, [string, number]> = {
  1: ["abs32", 4],
  2: ["rel32", 4],
  20: ["abs16", 2],
  21: ["rel16", 2],
  22: ["abs8", 1],
  23: ["rel8", 1],
};

/** Addends move from the fields into the relocations, and the fields become zero. */
export function readElfObject(contents: Uint8Array): ElfObject {
  const file = new Uint8Array(contents); // a copy: a Buffer's slices would share their memory
  const view = new DataView(file.buffer);
  const string = (table: Uint8Array, at: number): string => {
    let end = at;
    while (end < table.length && table[end] !== 0) end++;
    return Buffer.from(table.subarray(at, end)).toString("latin1");
  };
  const u32 = (at: number): number => view.getUint32(at, true);
  const u16 = (at: number): number => view.getUint16(at, true);
  const headers = Array.from({ length: u16(48) }, (_, i) => u32(32) + i * u16(46));
  const raw = headers.map((h) => {
    const type = u32(h + 4);
    const size = u32(h + 20);
    const start = u32(h + 16);
    const bytes = type === 8 ? new Uint8Array(0) : file.slice(start, start + size);
    return {
      nameAt: u32(h),
      type,
      bytes,
      size,
      align: u32(h + 32),
      nobits: type === 8,
      link: u32(h + 24),
      info: u32(h + 28),
    };
  });
  const names = raw[u16(50)].bytes;
  const sections: ElfSection[] = raw.map(({ nameAt, ...rest }) => ({ name: string(names, nameAt), ...rest }));
  const symbolTable = sections.find((s) => s.type === 2)!;
  const symbolView = new DataView(symbolTable.bytes.buffer);
  const symbolNames = sections[symbolTable.link].bytes;
  const symbols = Array.from({ length: symbolTable.size / 16 }, (_, i) => ({
    name: string(symbolNames, symbolView.getUint32(i * 16, true)),
    value: symbolView.getUint32(i * 16 + 4, true),
    info: symbolTable.bytes[i * 16 + 12],
    index: symbolView.getUint16(i * 16 + 14, true),
  }));
  const relocations: ElfObject["relocations"] = [];
  for (const table of sections.filter((s) => s.type === 9)) {
    const section = sections[table.info];
    const tableView = new DataView(table.bytes.buffer);
    for (let at = 0; at < table.size; at += 8) {
      const offset = tableView.getUint32(at, true);
      const info = tableView.getUint32(at + 4, true);
      const [kind, width] = kinds[info & 0xff];
      const symbol = symbols[info >>> 8];
      let addend = 0;
      for (let i = 0; i < width; i++) addend |= section.bytes[offset + i] << (8 * i);
      section.bytes.fill(0, offset, offset + width);
      if (width < 4) addend = (addend << (32 - 8 * width)) >> (32 - 8 * width);
      // A relocation against a defined symbol is one against its section.
      const defined = symbol.index > 0 && symbol.index < 0xff00;
      const name = defined ? sections[symbol.index].name : symbol.name;
      relocations.push({
        section: section.name,
        offset,
        kind,
        symbol: name,
        addend: addend + (defined ? symbol.value : 0),
      });
    }
  }
  const globals = symbols
    .filter((s) => s.info >> 4 === 1 && s.index !== 0)
    .map((s) => ({ name: s.name, section: s.index < 0xff00 ? sections[s.index].name : null, offset: s.value }));
  return { sections: new Map(sections.map((s) => [s.name, s])), relocations, globals };
}
