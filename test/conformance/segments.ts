import type { Random } from "../cpu/fpu/random.ts";
import { descriptorWords, type FlatSelectors, ldt, Ldt, ldtSelector, limitOf } from "./layout.ts";

/** What the generator has to know of a selector to choose offsets: null when nothing can be accessed through it. */
export interface SegmentModel {
  base: number;
  /** Valid offsets, inclusive. */
  low: number;
  high: number;
  /** D/B: 32-bit code or stack. */
  big: boolean;
}

export function segmentModel(selector: number, flat: FlatSelectors): SegmentModel | null {
  if ((selector & 0xfffc) === 0) return null;
  if ((selector & 4) === 0) {
    return selector === flat.cs || selector === flat.ds ? { base: 0, low: 0, high: 0xffffffff, big: true } : null;
  }
  const entry = ldt[selector >>> 3];
  if (entry === undefined || entry === null || !entry.present) return null;
  const limit = limitOf(entry);
  if (entry.contents !== 1) return { base: entry.base, low: 0, high: limit, big: entry.is32 };
  return { base: entry.base, low: limit + 1, high: entry.is32 ? 0xffffffff : 0xffff, big: entry.is32 };
}

/** Low word, high word of the LDT's descriptors. */
export const ldtWords = ldt.map((entry) => (entry === null ? [0, 0] : descriptorWords(entry)));

const DATA_SEGMENTS = [
  Ldt.WINDOW,
  Ldt.ODD,
  Ldt.DOWN,
  Ldt.READ_ONLY,
  Ldt.DATA16,
  Ldt.DOWN16,
  Ldt.PAGES,
  Ldt.READ_ONLY16,
];
const STACK_SEGMENTS = [Ldt.STACK16, Ldt.STACK16, Ldt.STACK32, Ldt.FLAT, Ldt.DOWN, Ldt.WINDOW];

/** A selector for DS, ES, FS or GS at the beginning of a case: anything that can be there. */
export function dataSelector(random: Random, flat: FlatSelectors): number {
  const choice = random.below(12);
  if (choice === 0) return 0;
  if (choice === 1) return flat.cs;
  if (choice === 2) return ldtSelector(random.pick([Ldt.CODE32, Ldt.CODE16]));
  return ldtSelector(random.pick(DATA_SEGMENTS));
}

/** One that 16-bit addresses reach the data through. */
export function wordSelector(random: Random): number {
  return ldtSelector(random.pick([Ldt.DATA16, Ldt.DATA16, Ldt.WINDOW, Ldt.ODD, Ldt.PAGES, Ldt.DOWN16]));
}

export function stackSelector(random: Random): number {
  return ldtSelector(random.pick(STACK_SEGMENTS));
}

/**
 * A selector that an instruction is to load or look at. GDT entries that differ between hosts are left out: 64-bit user
 * code, the thread's segments and the processor's number.
 */
export function loadedSelector(random: Random, flat: FlatSelectors): number {
  const rpl = random.chance(70) ? 3 : random.below(4);
  switch (random.below(16)) {
    case 0:
    case 1:
      return flat.ds - 3 + rpl;
    case 2:
      return flat.cs - 3 + rpl;
    case 3:
      return random.below(4);
    case 4:
      // The kernel's segments (DPL 0), its TSS and LDT.
      return random.pick([0x08, 0x10, 0x18, 0x40, 0x50]) + rpl;
    case 5:
      // Beyond the end of either table.
      return random.pick([ldt.length * 8 + 4, ldt.length * 8 + 0x24, 0xfff8, 0xfffc, 0x0400, 0x8008]) + rpl;
    default:
      return random.below(ldt.length) * 8 + 4 + rpl;
  }
}
