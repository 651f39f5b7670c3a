/**
 * The address space that every case runs in, the same in the native process and in the emulated machine: a few pages of
 * code, data and stack at addresses that are negative as signed words or lie across such a border, with missing and
 * read-only pages between them, and a local descriptor table with a segment of every kind.
 */

export const PAGE = 0x1000;

/** PROT_* of mmap. */
export const enum Protection {
  READ = 1,
  WRITE = 2,
  EXECUTE = 4,
}

export interface Area {
  address: number;
  length: number;
  protection: number;
}

const RW = Protection.READ | Protection.WRITE;

/** Code can't be written by the case itself. Before it and after it no page is present. */
export const CODE = 0x9ffff000;
export const CODE_END = 0xa0001000;

/** A page with both rights for code that is written by the case itself. */
export const PATCHED_CODE = 0x90000000;

/** First page of the data and the end of the last one. */
export const DATA = 0x7fffc000;
export const DATA_END = 0x80004000;
const READ_ONLY_PAGES = [0x7fffe000, 0x80003000];
const MISSING_PAGES = [0x80001000];

export const STACK = 0xb0000000;
export const STACK_END = 0xb0002000;

/** What fills the code pages: HLT, which ends a case that gets there by #GP(0). */
export const END = 0xf4;

export const areas: Area[] = [
  { address: CODE, length: CODE_END - CODE, protection: Protection.READ | Protection.EXECUTE },
  { address: PATCHED_CODE, length: PAGE, protection: RW | Protection.EXECUTE },
  ...dataAreas(),
  { address: STACK, length: STACK_END - STACK, protection: RW },
];

function dataAreas(): Area[] {
  const result: Area[] = [];
  for (let address = DATA; address < DATA_END; address += PAGE) {
    if (MISSING_PAGES.includes(address)) continue;
    const protection = READ_ONLY_PAGES.includes(address) ? Protection.READ : RW;
    result.push({ address, length: PAGE, protection });
  }
  return result;
}

/** Borders between pages of the data and stack areas where the rights change, or not. */
export const borders: number[] = [];
for (let at = DATA; at <= DATA_END; at += PAGE) borders.push(at);

/** What an area holds when a case begins: bytes that all differ from their neighbours, or END in code. */
export function initialContents(area: Area): Uint8Array {
  const bytes = new Uint8Array(area.length);
  if ((area.protection & Protection.EXECUTE) !== 0) return bytes.fill(END);
  for (let i = 0; i < area.length; i++)
    bytes[i] = ((area.address + i) * 0x9d + ((area.address + i) >>> 8) * 0x35) >>> 2;
  return bytes;
}

const contents = new Map(areas.map((area) => [area, initialContents(area)]));

/** The word that an area holds at an address when a case begins. */
export function initialWord(address: number): number {
  for (const [area, bytes] of contents) {
    const at = address - area.address;
    if (at >= 0 && at < area.length) return new DataView(bytes.buffer).getUint32(at, true);
  }
  return 0;
}

/** Protection of the page of an address; 0 when there is none. */
export function protectionAt(address: number): number {
  for (const area of areas) {
    if (address >= area.address && address < area.address + area.length) return area.protection;
  }
  return 0;
}

/** Ranges in which neither the native process nor the machine has anything. */
export const nothing: [number, number][] = [
  [0x00000000, 0x00010000],
  [0x40000000, 0x50000000],
  [0xd0000000, 0xe0000000],
];

// --- Segments ---

/** What modify_ldt is told (struct user_desc), and what the emulated LDT gets. */
export interface LdtEntry {
  base: number;
  /** 20 bits. */
  limit: number;
  /** D/B. */
  is32: boolean;
  /** 0 data, 1 expand-down data, 2 code, 3 conforming code. */
  contents: 0 | 1 | 2 | 3;
  /** Not writable, for code not readable. */
  restricted: boolean;
  pages: boolean;
  present: boolean;
}

function entry(base: number, limit: number, more: Partial<LdtEntry> = {}): LdtEntry {
  return { base, limit, is32: true, contents: 0, restricted: false, pages: false, present: true, ...more };
}

/** Index in `ldt`. */
export const enum Ldt {
  FLAT,
  WINDOW,
  ODD,
  DOWN,
  READ_ONLY,
  DATA16,
  STACK16,
  STACK32,
  CODE32,
  CODE16,
  EXECUTE_ONLY,
  ABSENT_DATA,
  ABSENT_CODE,
  DOWN16,
  PAGES,
  ABSENT_CONFORMING,
  EMPTY,
  READ_ONLY16,
}

/** null: an entry within the table's limit that was never set. */
export const ldt: (LdtEntry | null)[] = [
  entry(0, 0xfffff, { pages: true }),
  entry(DATA, 0x4fff),
  entry(DATA + 0x123, 0x2fff),
  entry(DATA - 0xc000, 0xc0ff, { contents: 1 }),
  entry(0, 0xfffff, { pages: true, restricted: true }),
  entry(DATA, 0xffff, { is32: false }),
  entry(STACK, 0x1fff, { is32: false }),
  entry(STACK - 0x100, 0x20ff),
  entry(CODE, 0x1fff, { contents: 2 }),
  entry(CODE, 0x1fff, { contents: 2, is32: false }),
  entry(CODE, 0x17ff, { contents: 2, restricted: true }),
  entry(DATA, 0xffff, { present: false }),
  entry(CODE, 0x1fff, { contents: 2, present: false }),
  entry(DATA, 0x0fff, { contents: 1, is32: false }),
  entry(DATA + PAGE, 1, { pages: true }),
  entry(CODE, 0x1fff, { contents: 3, present: false }),
  null,
  entry(DATA + 0x10, 0x3fff, { is32: false, restricted: true }),
];

export function ldtSelector(index: Ldt): number {
  return index * 8 + 7;
}

/** The selectors of the host's user mode, as the harness reports them. */
export interface FlatSelectors {
  cs: number;
  ds: number;
}

export const LINUX_X86_64: FlatSelectors = { cs: 0x23, ds: 0x2b };

/** Byte-granular limit. */
export function limitOf({ limit, pages }: LdtEntry): number {
  return pages ? limit * PAGE + 0xfff : limit;
}

/** A descriptor as the processor reads it: low and high word. The kernel marks all it makes as accessed. */
export function descriptorWords(d: LdtEntry, useable = false): [number, number] {
  const type = (d.contents << 2) | (d.restricted ? 0 : 2) | 1;
  const access = 0x70 | type | (d.present ? 0x80 : 0);
  const flags = (d.pages ? 8 : 0) | (d.is32 ? 4 : 0) | (useable ? 1 : 0);
  const low = ((d.base & 0xffff) << 16) | (d.limit & 0xffff);
  const high =
    ((d.base & 0xff000000) | (flags << 20) | (d.limit & 0xf0000) | (access << 8) | ((d.base >>> 16) & 0xff)) >>> 0;
  return [low >>> 0, high];
}
