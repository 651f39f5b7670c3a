/** Bytes written one value after the other, for images made by hand. */
export class Bytes {
  readonly data: number[] = [];

  get length(): number {
    return this.data.length;
  }

  u8(...values: number[]): this {
    for (const value of values) this.data.push(value & 0xff);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.u8(value, value >>> 8);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.u8(value, value >>> 8, value >>> 16, value >>> 24);
    return this;
  }

  uleb(value: number): this {
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 128)) this.u8((left % 128) | 0x80);
    return this.u8(left);
  }

  text(text: string): this {
    return this.u8(...new TextEncoder().encode(text), 0);
  }

  append(bytes: Iterable<number>): this {
    return this.u8(...bytes);
  }

  done(): Uint8Array {
    return Uint8Array.from(this.data);
  }
}

export interface SectionSpec {
  name: string;
  bytes: Uint8Array;
  type?: number;
  flags?: number;
  address?: number;
  link?: string;
}

export interface SymbolSpec {
  name: string;
  value: number;
  size?: number;
  type?: number;
  binding?: number;
  section: string;
}

export interface ElfSpec {
  type?: number;
  machine?: number;
  entry?: number;
  segments?: { type?: number; address: number; physical?: number; bytes: Uint8Array; memorySize?: number }[];
  sections?: SectionSpec[];
  symbols?: SymbolSpec[];
}

/** An ELF32 image with exactly what `spec` says. */
export function buildElf(spec: ElfSpec): Uint8Array {
  const segments = spec.segments ?? [];
  const sections = [...(spec.sections ?? [])];
  const indexOf = (name: string): number => sections.findIndex((each) => each.name === name) + 1;
  if (spec.symbols) {
    const strings = new Bytes().u8(0);
    const table = new Bytes().u32(0, 0, 0, 0);
    for (const { name, value, size = 0, type = 2, binding = 1, section } of spec.symbols) {
      table
        .u32(strings.length, value, size)
        .u8((binding << 4) | type, 0)
        .u16(indexOf(section));
      strings.text(name);
    }
    sections.push({ name: ".symtab", type: 2, bytes: table.done(), link: ".strtab" });
    sections.push({ name: ".strtab", type: 3, bytes: strings.done() });
  }
  const names = new Bytes().u8(0);
  const nameOffsets = [...sections, { name: ".shstrtab" }].map(({ name }) => {
    const at = names.length;
    names.text(name);
    return at;
  });
  sections.push({ name: ".shstrtab", type: 3, bytes: names.done() });

  const body = new Bytes();
  const bodyAt = 52 + 32 * segments.length;
  const place = (bytes: Uint8Array): number => {
    const at = bodyAt + body.length;
    body.append(bytes);
    return at;
  };
  const headers = new Bytes();
  for (const { type = 1, address, physical = address, bytes, memorySize = bytes.length } of segments) {
    headers.u32(type, place(bytes), address, physical, bytes.length, memorySize, 7, 4096);
  }
  const sectionHeaders = new Bytes().u32(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  sections.forEach(({ bytes, type = 1, flags = 0, address = 0, link }, index) => {
    const linked = link === undefined ? 0 : indexOf(link);
    sectionHeaders.u32(nameOffsets[index], type, flags, address, place(bytes), bytes.length, linked, 0, 4, 16);
  });
  const header = new Bytes().u8(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  header.u16(spec.type ?? 2, spec.machine ?? 3).u32(1, spec.entry ?? 0, segments.length > 0 ? 52 : 0);
  header.u32(bodyAt + body.length, 0).u16(52, 32, segments.length, 40, sections.length + 1, sections.length);
  return new Bytes().append(header.data).append(headers.data).append(body.data).append(sectionHeaders.data).done();
}
