/** A small i386 ELF executable for loader tests. */
export interface TestSegment {
  virtual: number;
  physical: number;
  bytes: Uint8Array;
  memorySize?: number;
  flags?: number;
}

/** Section of type `type` (1 PROGBITS, 2 SYMTAB, 3 STRTAB) that no segment holds. */
export interface TestSection {
  type: number;
  bytes: Uint8Array;
}

export function elf(
  entry: number,
  segments: readonly TestSegment[],
  sections: readonly TestSection[] = [],
): Uint8Array {
  const headersEnd = 52 + segments.length * 32;
  let at = headersEnd;
  const place = (bytes: Uint8Array) => {
    const offset = at;
    at += (bytes.length + 3) & ~3;
    return offset;
  };
  const segmentOffsets = segments.map(({ bytes }) => place(bytes));
  const sectionOffsets = sections.map(({ bytes }) => place(bytes));
  const tableOffset = at;
  const count = sections.length > 0 ? sections.length + 1 : 0;
  const file = new Uint8Array(at + count * 40);
  const view = new DataView(file.buffer);
  const words = (offset: number, ...values: number[]) =>
    values.forEach((value, i) => view.setUint32(offset + i * 4, value >>> 0, true));
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  words(16, 2 | (3 << 16), 1, entry, 52, count ? tableOffset : 0, 0, 52 | (32 << 16), segments.length | (40 << 16));
  view.setUint16(48, count, true);
  view.setUint16(50, count ? count - 1 : 0, true);
  segments.forEach(({ virtual, physical, bytes, memorySize, flags }, i) => {
    words(
      52 + i * 32,
      1,
      segmentOffsets[i],
      virtual,
      physical,
      bytes.length,
      memorySize ?? bytes.length,
      flags ?? 7,
      4096,
    );
    file.set(bytes, segmentOffsets[i]);
  });
  sections.forEach(({ type, bytes }, i) => {
    words(tableOffset + (i + 1) * 40, 0, type, 0, 0, sectionOffsets[i], bytes.length);
    file.set(bytes, sectionOffsets[i]);
  });
  return file;
}

/** A multiboot header without address fields. */
export function multibootHeader(flags = 3): Uint8Array {
  return new Uint8Array(Uint32Array.of(0x1badb002, flags, -(0x1badb002 + flags)).buffer);
}
