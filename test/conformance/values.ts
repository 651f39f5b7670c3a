import type { Random } from "../cpu/fpu/random.ts";

/** Operand values: the edges of every size, BCD, and plain random ones. */

const EDGES = [
  ...[0, 1, 2, 3, 7, 8, 9, 0x0a, 0x0f, 0x10, 0x1f, 0x20, 0x21, 0x7e, 0x7f, 0x80, 0x81, 0x99, 0x9a, 0xfe, 0xff],
  ...[0x100, 0x101, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff, 0x10000, 0x10001, 0xff00, 0x00ff00ff],
  ...[0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0xffff8000, 0xffff7fff, 0xffffff80],
  ...[0xffffff7f, 0x55555555, 0xaaaaaaaa, 0x80008000, 0x80808080, 0x01010101, 0xffff0000, 0x12345678],
];

function bcd(random: Random): number {
  let value = 0;
  for (let digit = 0; digit < 8; digit++) value = (value << 4) | random.below(10);
  return value >>> 0;
}

/** 32 bits, unsigned. What fits a smaller operand is an edge of its size often enough. */
export function anyValue(random: Random): number {
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return random.pick(EDGES);
    case 3: {
      const power = 2 ** random.below(32);
      return (power + random.below(3) - 1) >>> 0;
    }
    case 4:
      return bcd(random);
    case 5:
      // Edges of bytes and words over each other, so that AH or the upper half is one too.
      return (
        (((random.pick(EDGES) & 0xffff) << 16) | ((random.pick(EDGES) & 0xff) << 8) | (random.pick(EDGES) & 0xff)) >>> 0
      );
    default:
      return random.bits() >>> 0;
  }
}

/** Shift counts: all of 0..255, the small ones and those about the operand sizes more often. */
export function shiftCount(random: Random): number {
  return random.chance(60)
    ? random.pick([0, 1, 2, 7, 8, 9, 15, 16, 17, 18, 24, 31, 32, 33, 0x80, 0xff])
    : random.below(256);
}
