import type { Random } from "../cpu/fpu/random.ts";
import {
  areas,
  borders,
  CODE,
  CODE_END,
  DATA,
  DATA_END,
  nothing,
  PAGE,
  PATCHED_CODE,
  Protection,
  protectionAt,
} from "./layout.ts";
import { STACK, STACK_END } from "./layout.ts";

/** Where operands lie: linear addresses chosen so that most accesses work and every kind of fault comes up. */

const writablePages = areas
  .filter((area) => area.address >= DATA && area.address < DATA_END && (area.protection & Protection.WRITE) !== 0)
  .map((area) => area.address);
const readOnlyPages: number[] = [];
const missingPages: number[] = [];
for (let page = DATA - PAGE; page <= DATA_END; page += PAGE) {
  const protection = protectionAt(page);
  if (protection === 0) missingPages.push(page);
  else if ((protection & Protection.WRITE) === 0) readOnlyPages.push(page);
}

function inPage(random: Random, page: number, size: number): number {
  const offset = random.below(PAGE - size + 1);
  return page + (random.chance(50) ? offset - (offset % size) : offset);
}

/** An address for an access of `size` bytes (1..32). */
export function dataAddress(random: Random, size: number): number {
  const choice = random.below(100);
  if (choice < 66) return inPage(random, random.pick(writablePages), size);
  if (choice < 76) return random.pick(borders) - (size === 1 ? random.below(2) : 1 + random.below(size - 1));
  if (choice < 83) return inPage(random, random.pick(readOnlyPages), size);
  if (choice < 88) return inPage(random, random.pick(missingPages), size);
  if (choice < 91) return inPage(random, CODE, size);
  if (choice < 92) return inPage(random, PATCHED_CODE, size);
  if (choice < 94) return nowhere(random);
  return STACK + random.below(STACK_END - STACK - size);
}

/** An address where nothing is. */
export function nowhere(random: Random): number {
  const [from, to] = random.pick(nothing);
  return from + ((random.bits() >>> 0) % (to - from));
}

/** The linear address that a stack pointer points at. */
export function stackAddress(random: Random): number {
  const choice = random.below(100);
  const middle = STACK + 0x100 + random.below(STACK_END - STACK - 0x200);
  if (choice < 66) return middle & ~3;
  if (choice < 76) return middle;
  if (choice < 84) return STACK + PAGE - 40 + random.below(80);
  if (choice < 89) return STACK + random.below(40);
  if (choice < 95) return STACK_END - random.below(40);
  if (choice < 98) return dataAddress(random, 4);
  return nowhere(random);
}

/** Where a jump may lead: into the code pages, which hold END, or where nothing is. Data can be executed only here. */
export function codeTarget(random: Random): number {
  if (random.chance(88)) return CODE + random.below(CODE_END - CODE);
  return random.chance(50) ? nowhere(random) : random.pick([CODE - 1, CODE_END, CODE - PAGE, CODE_END + 0xffe]);
}
