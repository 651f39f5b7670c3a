/* eslint-disable @typescript-eslint/no-duplicate-enum-values -- the same number can mean several things */
import type { Cpu } from "./cpu.ts";
import { PageKind, Region, State, TlbBit } from "./layout.ts";

/*
 * The software TLB: a flat table over the 2^20 linear pages. It is architectural: an entry stays until INVLPG, a load
 * of CR3 (global pages survive it), or its eviction as the oldest of TLB_LIST_ENTRIES, whatever happens to the page
 * tables meanwhile.
 */

const RING_MASK = Region.TLB_LIST_ENTRIES - 1;
const LISTED = TlbBit.LISTED | TlbBit.LISTED_GLOBAL;

/** CR0.WP, CR0.PG, CR4 bits used here and in paging.ts. */
export const enum ControlBit {
  CR0_PE = 1,
  CR0_MP = 2,
  CR0_EM = 4,
  CR0_TS = 8,
  CR0_ET = 0x10,
  CR0_NE = 0x20,
  CR0_WP = 0x10000,
  CR0_AM = 0x40000,
  CR0_NW = 0x20000000,
  CR0_CD = 0x40000000,
  CR0_PG = -0x80000000,
  CR4_VME = 1,
  CR4_PVI = 2,
  CR4_TSD = 4,
  CR4_DE = 8,
  CR4_PSE = 0x10,
  CR4_PAE = 0x20,
  CR4_MCE = 0x40,
  CR4_PGE = 0x80,
  CR4_PCE = 0x100,
  CR4_OSFXSR = 0x200,
  CR4_OSXMMEXCPT = 0x400,
}

/** The fast-path bits an entry for this page gets, from its rights and from what backs it. */
function slowBits(cpu: Cpu, linear: number, frame: number, rights: number): number {
  const m = cpu.m;
  if (cpu.watchedPages !== null && cpu.watchedPages.has(linear >>> 12)) return TlbBit.EMPTY;
  const physicalPage = frame >>> 12;
  if (physicalPage >= m[State.RAM_PAGES]) return TlbBit.EMPTY;
  const kind = cpu.m8[Region.PAGE_KINDS + physicalPage];
  if (kind === PageKind.BUS) return TlbBit.EMPTY;
  const user = (rights & TlbBit.USER) !== 0;
  let slow = user ? 0 : TlbBit.SLOW_USER_READ | TlbBit.SLOW_USER_WRITE;
  if (kind === PageKind.ROM || (rights & TlbBit.DIRTY) === 0 || m[Region.CODE_PAGE_WORD + physicalPage] !== 0) {
    slow |= TlbBit.SLOW_SUPERVISOR_WRITE | TlbBit.SLOW_USER_WRITE;
  } else if ((rights & TlbBit.WRITABLE) === 0) {
    slow |= TlbBit.SLOW_USER_WRITE;
    if ((m[State.CR0] & ControlBit.CR0_WP) !== 0) slow |= TlbBit.SLOW_SUPERVISOR_WRITE;
  }
  return slow;
}

/** Physical address of the page an entry maps. */
export function tlbFrame(entry: number, linear: number): number {
  return ((entry ^ linear) & ~0xfff) - Region.RAM;
}

/** Fills the entry for a page. `rights`: WRITABLE, USER, DIRTY, GLOBAL and LARGE bits. Returns the entry. */
export function tlbFill(cpu: Cpu, linear: number, frame: number, rights: number): number {
  const m = cpu.m;
  const page = linear >>> 12;
  const old = m[Region.TLB_WORD + page];
  let listed = old & LISTED;
  if ((rights & TlbBit.GLOBAL) !== 0) {
    if ((listed & TlbBit.LISTED_GLOBAL) === 0) {
      listed |= TlbBit.LISTED_GLOBAL;
      push(m, Region.TLB_GLOBAL_LIST_WORD, State.TLB_GLOBAL_FIRST, State.TLB_GLOBAL_COUNT, page);
    }
  } else if ((listed & TlbBit.LISTED) === 0) {
    listed |= TlbBit.LISTED;
    push(m, Region.TLB_LIST_WORD, State.TLB_FIRST, State.TLB_COUNT, page);
  }
  if ((rights & TlbBit.LARGE) !== 0) m[State.LARGE_PAGES + (linear >>> 27)] |= 1 << ((linear >>> 22) & 31);
  const entry =
    (((frame + Region.RAM) ^ linear) & ~0xfff) | slowBits(cpu, linear, frame, rights) | TlbBit.VALID | rights | listed;
  m[Region.TLB_WORD + page] = entry;
  return entry;
}

/** Appends a page to a ring; when it is full, its oldest page is evicted from the TLB. */
function push(m: Int32Array, list: number, firstWord: number, countWord: number, page: number): void {
  const first = m[firstWord];
  if (m[countWord] === Region.TLB_LIST_ENTRIES) {
    const evicted = Region.TLB_WORD + m[list + first];
    const bit = list === Region.TLB_LIST_WORD ? TlbBit.LISTED : TlbBit.LISTED_GLOBAL;
    m[evicted] = (m[evicted] & LISTED & ~bit) | TlbBit.EMPTY;
    m[list + first] = page;
    m[firstWord] = (first + 1) & RING_MASK;
  } else {
    m[list + ((first + m[countWord]) & RING_MASK)] = page;
    m[countWord]++;
  }
}

/** INVLPG: drops the entry for the page of `linear`; every page of a 4 MiB page it belongs to. */
export function tlbInvalidatePage(cpu: Cpu, linear: number): void {
  const m = cpu.m;
  const page = linear >>> 12;
  const entry = m[Region.TLB_WORD + page];
  m[Region.TLB_WORD + page] = (entry & LISTED) | TlbBit.EMPTY;
  const region = State.LARGE_PAGES + (linear >>> 27);
  const bit = 1 << ((linear >>> 22) & 31);
  if ((m[region] & bit) === 0) return;
  m[region] &= ~bit;
  const start = Region.TLB_WORD + (page & ~0x3ff);
  for (let at = start; at < start + 0x400; at++) {
    if ((m[at] & TlbBit.LARGE) !== 0) m[at] = (m[at] & LISTED) | TlbBit.EMPTY;
  }
}

/** A load of CR3: drops all entries but global ones. */
export function tlbFlush(cpu: Cpu): void {
  const m = cpu.m;
  const first = m[State.TLB_FIRST];
  const count = m[State.TLB_COUNT];
  m[State.TLB_COUNT] = 0;
  m[State.TLB_FIRST] = 0;
  for (let i = 0; i < count; i++) {
    const page = m[Region.TLB_LIST_WORD + ((first + i) & RING_MASK)];
    const entry = m[Region.TLB_WORD + page];
    // A page listed as ordinary may have been filled again as global: it stays, in the ring of global pages.
    if ((entry & TlbBit.GLOBAL) !== 0) m[Region.TLB_WORD + page] = entry & ~TlbBit.LISTED;
    else m[Region.TLB_WORD + page] = (entry & TlbBit.LISTED_GLOBAL) | TlbBit.EMPTY;
  }
}

/** CR0.PG or CR4.PSE/PGE changed, or reset: drops everything. */
export function tlbFlushAll(cpu: Cpu): void {
  const m = cpu.m;
  tlbFlush(cpu);
  const first = m[State.TLB_GLOBAL_FIRST];
  for (let i = m[State.TLB_GLOBAL_COUNT] - 1; i >= 0; i--) {
    m[Region.TLB_WORD + m[Region.TLB_GLOBAL_LIST_WORD + ((first + i) & RING_MASK)]] = TlbBit.EMPTY;
  }
  m[State.TLB_GLOBAL_FIRST] = 0;
  m[State.TLB_GLOBAL_COUNT] = 0;
  m.fill(0, State.LARGE_PAGES, State.LARGE_PAGES + 32);
}

/** Works the fast-path bits of all entries out again: CR0.WP, page kinds, watchpoints or decoded code changed. */
export function tlbRefresh(cpu: Cpu): void {
  forEachEntry(cpu, (linear, entry) => slowBits(cpu, linear, tlbFrame(entry, linear), entry));
}

/** Code is about to be decoded from a physical page: writes to it take the slow path from now on. */
export function tlbProtectCode(cpu: Cpu, physicalPage: number): void {
  const m = cpu.m;
  const position = ((physicalPage << 12) + Region.RAM) >>> 12;
  protectRing(m, Region.TLB_LIST_WORD, m[State.TLB_FIRST], m[State.TLB_COUNT], position);
  protectRing(m, Region.TLB_GLOBAL_LIST_WORD, m[State.TLB_GLOBAL_FIRST], m[State.TLB_GLOBAL_COUNT], position);
}

function protectRing(m: Int32Array, list: number, first: number, count: number, position: number): void {
  for (let i = 0; i < count; i++) {
    const page = m[list + ((first + i) & RING_MASK)];
    const entry = m[Region.TLB_WORD + page];
    if (((entry >>> 12) ^ page) === position) {
      m[Region.TLB_WORD + page] = entry | TlbBit.SLOW_SUPERVISOR_WRITE | TlbBit.SLOW_USER_WRITE;
    }
  }
}

function forEachEntry(cpu: Cpu, slow: (linear: number, entry: number) => number): void {
  const m = cpu.m;
  for (let ring = 0; ring < 2; ring++) {
    const list = ring === 0 ? Region.TLB_LIST_WORD : Region.TLB_GLOBAL_LIST_WORD;
    const first = m[ring === 0 ? State.TLB_FIRST : State.TLB_GLOBAL_FIRST];
    const count = m[ring === 0 ? State.TLB_COUNT : State.TLB_GLOBAL_COUNT];
    for (let i = 0; i < count; i++) {
      const page = m[list + ((first + i) & RING_MASK)];
      const entry = m[Region.TLB_WORD + page];
      if ((entry & TlbBit.VALID) !== 0) {
        m[Region.TLB_WORD + page] = (entry & ~TlbBit.EMPTY) | slow((page << 12) | 0, entry);
      }
    }
  }
}
