// The boot information that a multiboot kernel finds through EBX (Multiboot Specification 0.6.96, 3.3).
import { firmwareMemoryMap, Physical } from "./memory_map.ts";
import type { ElfImage } from "./elf_image.ts";

const LOADER_NAME = "faultline";
const SECTION_HEADER_SIZE = 40;

/** Low memory page for memory map, information structure and GDT; the offsets within it are QEMU's. */
export const INFO_AREA = 0x9000;
const STRUCT_OFFSET = 0x500;
const GDT_OFFSET = 0x800;
const AREA_BYTES = 0x818;

const enum InfoFlag {
  MEMORY = 0x001,
  BOOT_DEVICE = 0x002,
  COMMAND_LINE = 0x004,
  MODULES = 0x008,
  ELF_SECTIONS = 0x020,
  MEMORY_MAP = 0x040,
  LOADER_NAME = 0x200,
}

/** Null, flat code and flat data, as the segment registers hold them. */
const GDT = [0, 0, 0x0000ffff, 0x00cf9a00, 0x0000ffff, 0x00cf9200];

export interface PlacedModule {
  start: number;
  bytes: Uint8Array;
  string: string;
}

export interface BootInfo {
  /** Module structures and all strings, for `stringsAt`. */
  strings: Uint8Array;
  /** Section header table and the sections that are not loaded otherwise (symbols, strings). */
  symbols: Uint8Array;
  symbolsAt: number;
  symbolsEnd: number;
  /** Memory map, information structure and GDT for a page at `base`. */
  area(base: number): Uint8Array;
  structOffset: number;
  gdtOffset: number;
}

export function buildBootInfo(
  request: { kernel: Uint8Array; commandLine: string },
  kernel: { sections: ElfImage["sections"] },
  memoryBytes: number,
  stringsAt: number,
  modules: readonly PlacedModule[],
): BootInfo {
  const text = new StringTable(stringsAt + modules.length * 16);
  const moduleStructs = modules.flatMap(({ start, bytes, string }) => [
    start,
    start + bytes.length,
    text.add(string),
    0,
  ]);
  const commandLine = text.add(request.commandLine);
  const loaderName = text.add(LOADER_NAME);
  const strings = concat(words(moduleStructs), text.bytes());

  const modulesEnd = modules.reduce((end, { start, bytes }) => Math.max(end, start + bytes.length), 0);
  const symbolsAt = roundUp(Math.max(stringsAt + strings.length, modulesEnd), 4096);
  const symbols = placeSections(request.kernel, kernel.sections, symbolsAt);

  const map = firmwareMemoryMap(memoryBytes).flatMap(({ start, length, usable }) => [
    20, // size of the rest of the entry
    ...[start >>> 0, Math.floor(start / 2 ** 32), length >>> 0, Math.floor(length / 2 ** 32)],
    usable ? 1 : 2,
  ]);

  const area = (base: number) => {
    const info = new Array<number>(22).fill(0);
    info[0] = InfoFlag.MEMORY | InfoFlag.BOOT_DEVICE | InfoFlag.COMMAND_LINE | InfoFlag.MODULES;
    info[0] |= InfoFlag.MEMORY_MAP | InfoFlag.LOADER_NAME | (symbols.length > 0 ? InfoFlag.ELF_SECTIONS : 0);
    info[1] = Math.floor(Physical.CONVENTIONAL_END / 1024);
    info[2] = Math.floor((memoryBytes - Physical.FIRMWARE_TOP - Physical.EXTENDED) / 1024);
    info[3] = 0x8000ffff; // first hard disk, no partition
    info[4] = commandLine;
    info[5] = modules.length;
    info[6] = stringsAt;
    if (symbols.length > 0) {
      info[7] = kernel.sections!.count;
      info[8] = SECTION_HEADER_SIZE;
      info[9] = symbolsAt;
      info[10] = kernel.sections!.stringIndex;
    }
    info[11] = map.length * 4;
    info[12] = base;
    info[16] = loaderName;
    const bytes = new Uint8Array(AREA_BYTES);
    bytes.set(words(map), 0);
    bytes.set(words(info), STRUCT_OFFSET);
    bytes.set(words(GDT), GDT_OFFSET);
    return bytes;
  };
  const symbolsEnd = symbolsAt + symbols.length;
  return { strings, symbols, symbolsAt, symbolsEnd, area, structOffset: STRUCT_OFFSET, gdtOffset: GDT_OFFSET };
}

/** Flag bit 5: the table, with an address in it for each section that the program headers did not load. */
function placeSections(file: Uint8Array, sections: ElfImage["sections"], at: number): Uint8Array {
  if (!sections) return new Uint8Array(0);
  const headers = sections.headers.slice();
  const view = new DataView(headers.buffer);
  const parts = [headers];
  let end = headers.length;
  for (let i = 0; i < sections.count; i++) {
    const field = (offset: number) => view.getUint32(i * SECTION_HEADER_SIZE + offset, true);
    const [type, flags, address, offset, size] = [4, 8, 12, 16, 20].map(field);
    const SHT_NULL = 0;
    const SHT_NOBITS = 8;
    const SHF_ALLOC = 2;
    if (type === SHT_NULL || type === SHT_NOBITS || flags & SHF_ALLOC || address !== 0) continue;
    if (size === 0 || offset + size > file.length) continue;
    view.setUint32(i * SECTION_HEADER_SIZE + 12, at + end, true);
    const padded = new Uint8Array(roundUp(size, 4));
    padded.set(file.subarray(offset, offset + size));
    parts.push(padded);
    end += padded.length;
  }
  return concat(...parts);
}

/** Strings one after the other, each with its final zero; characters are UTF-8. */
class StringTable {
  private readonly parts: Uint8Array[] = [];
  constructor(private end: number) {}

  /** Address of the string. */
  add(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const at = this.end;
    this.parts.push(bytes);
    this.end += bytes.length;
    return at;
  }

  bytes(): Uint8Array {
    return concat(...this.parts);
  }
}

function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
