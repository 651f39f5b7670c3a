/** Operands at the edges of the formats. */
import type { Random } from "./random.ts";

export type Real = [head: number, high: number, low: number];

/** Exponents: the ends of the range, around one, around the integer sizes, and the ends of the memory formats. */
const EXPONENTS = [
  0, 0, 0, 1, 1, 2, 3, 24, 40, 63, 64, 65, 0x1fff, 0x2000, 0x3fff, 0x3fff, 0x3ffe, 0x4000, 0x3ffd, 0x3ffb, 0x400d,
  0x400e, 0x400f, 0x401d, 0x401e, 0x401f, 0x403a, 0x403d, 0x403e, 0x403f, 0x4040, 0x4041, 0x3fbe, 0x3fbf, 0x3f6a,
  0x3f6b, 0x3f7f, 0x3f80, 0x3f81, 0x3f82, 0x407d, 0x407e, 0x407f, 0x3bcd, 0x3bcc, 0x3c00, 0x3c01, 0x3c02, 0x43fd,
  0x43fe, 0x43ff, 0x5fff, 0x6000, 0x7ffc, 0x7ffd, 0x7ffe, 0x7ffe, 0x7fff, 0x7fff, 0x7fff,
];
const WORDS = [0, 0, 0, 1, -1, 0x80000000 | 0, 0x7fffffff, 0xc0000000 | 0, 0x40000000, 2, 3, -2, 0x55555555];
/** Around the last kept bits of 24 and 53 bit significands. */
const HIGH_EDGES = [0x80000000 | 0, -1, 0xffffff00 | 0, 0xffffff80 | 0, 0x80000080 | 0, 0x80000100 | 0, 0x8000007f | 0];
const LOW_EDGES = [0, 0x800, 0x400, 0x3ff, 0x401, 0xc00, 0xfffff800 | 0, 0xfffffc00 | 0, 0xfffffbff | 0, 1, -1];

/** Where a conversion to a memory format just does or doesn't change its mind: magnitudes, an ulp either side. */
export const BOUNDARIES: readonly Real[] = [
  // Below the smallest normal single and double by half an ulp: rounding decides whether they are tiny.
  [0x3f80, 0xffffff80 | 0, 0],
  [0x3f80, 0xffffff00 | 0, 0],
  [0x3c00, -1, 0xfffffc00 | 0],
  [0x3c00, -1, 0xfffff800 | 0],
  // Half of the smallest denormals.
  [0x3f69, 0x80000000 | 0, 0],
  [0x3bcc, 0x80000000 | 0, 0],
  // Half an ulp above the largest.
  [0x407e, 0xffffff80 | 0, 0],
  [0x43fe, -1, 0xfffffc00 | 0],
  // 2^15, 2^31, 2^63 and 10^18, and a half below the first two and the last.
  [0x400e, 0x80000000 | 0, 0],
  [0x400d, 0xffff0000 | 0, 0],
  [0x400e, 0x80008000 | 0, 0],
  [0x401e, 0x80000000 | 0, 0],
  [0x401d, -1, 0],
  [0x401e, 0x80000000 | 0, 0x80000000 | 0],
  [0x403e, 0x80000000 | 0, 0],
  [0x403a, 0xde0b6b3a | 0, 0x76400000],
  [0x403a, 0xde0b6b3a | 0, 0x763ffff8],
];

export function randomReal(random: Random): Real {
  if (random.chance(6)) {
    const [head, high, low] = random.pick(BOUNDARIES);
    // The ulp below a power of two is in the binade below; a carry between the words doesn't matter here.
    return [head | (random.below(2) << 15), high, (low + random.below(3) - 1) | 0];
  }
  const sign = random.below(2) << 15;
  const exponent = random.chance(50)
    ? random.pick(EXPONENTS)
    : random.chance(60)
      ? 0x3fff + random.below(160) - 80
      : random.below(0x8000);
  return [sign | exponent, ...randomSignificand(random, exponent)];
}

function randomSignificand(random: Random, exponent: number): [number, number] {
  let high: number;
  let low: number;
  switch (random.below(6)) {
    case 0:
      high = random.pick(WORDS);
      low = random.pick(WORDS);
      break;
    case 1:
      high = random.pick(HIGH_EDGES);
      low = random.pick(LOW_EDGES);
      break;
    case 2:
      high = random.bits();
      low = random.pick(LOW_EDGES);
      break;
    case 3:
      // A short significand: products and quotients are exact or halfway.
      high = (random.bits() & (-1 << random.below(32))) | 0;
      low = 0;
      break;
    case 4: {
      const shift = random.below(64);
      high = shift < 32 ? random.bits() >>> shift : 0;
      low = shift < 32 ? random.bits() : random.bits() >>> (shift - 32);
      break;
    }
    default:
      high = random.bits();
      low = random.bits();
  }
  // Mostly supported encodings: the integer bit set except in denormals and zeros.
  if (exponent !== 0 && random.chance(94)) high |= 0x80000000;
  if (exponent === 0 && random.chance(80)) high &= 0x7fffffff;
  return [high, low];
}

/** A second operand that has to do with the first: near, opposite, equal, or at a chosen distance of exponents. */
export function relatedReal(random: Random, [head, high, low]: Real): Real {
  const exponent = head & 0x7fff;
  switch (random.below(6)) {
    case 0:
      return [head ^ 0x8000, high, low];
    case 1:
      return [head ^ (random.below(2) << 15), high, (low + random.below(5) - 2) | 0];
    case 2: {
      const near = Math.max(0, Math.min(0x7ffe, exponent + random.below(5) - 2));
      return [(random.below(2) << 15) | near, ...randomSignificand(random, near)];
    }
    case 3: {
      const apart = Math.max(0, Math.min(0x7ffe, exponent + random.below(140) - 70));
      return [(random.below(2) << 15) | apart, ...randomSignificand(random, apart)];
    }
    case 4: {
      // Exponents whose sum or difference is at the end of the range.
      const other = (random.chance(50) ? 0x3fff - exponent : exponent - 0x3fff) + random.below(140) - 70;
      const clamped = Math.max(0, Math.min(0x7ffe, other + (random.chance(50) ? 0x7fff : 0x3fff)));
      return [(random.below(2) << 15) | clamped, ...randomSignificand(random, clamped)];
    }
    default:
      return [head, high, low];
  }
}

/** Bytes of a memory operand: edge patterns of every format, integers, packed decimals. */
export function randomMemory(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.bits() >>> 8;
  const view = new DataView(bytes.buffer);
  if (length < 16) return bytes;
  switch (random.below(5)) {
    case 0: {
      const [head, high, low] = randomReal(random);
      view.setInt32(0, low, true);
      view.setInt32(4, high, true);
      view.setUint16(8, head, true);
      break;
    }
    case 1: {
      const exponent = random.pick([0, 0, 1, 2, 0x7e, 0x7f, 0x80, 0xfd, 0xfe, 0xff, 0xff, random.below(256)]);
      const fraction = random.pick([0, 1, 0x400000, 0x400001, 0x3fffff, 0x7fffff, random.bits() & 0x7fffff]);
      view.setInt32(0, (random.below(2) << 31) | (exponent << 23) | fraction, true);
      break;
    }
    case 2: {
      const edges = [0, 0, 1, 2, 0x3fe, 0x3ff, 0x400, 0x7fd, 0x7fe, 0x7ff, 0x7ff, random.below(0x800)];
      const high = random.pick([0, 0, 1, 0x80000, 0x80001, 0x7ffff, 0xfffff, random.bits() & 0xfffff]);
      view.setInt32(4, (random.below(2) << 31) | (random.pick(edges) << 20) | high, true);
      view.setInt32(0, random.pick([0, 0, 1, -1, random.bits()]), true);
      break;
    }
    case 3: {
      const digits = random.below(19);
      for (let i = 0; i < 9; i++) bytes[i] = 0;
      for (let i = 0; i < digits; i++) bytes[i >> 1] |= random.below(10) << ((i & 1) * 4);
      bytes[9] = random.pick([0, 0x80, 0x80, 0x7f]);
      break;
    }
    default:
      view.setInt32(0, random.pick(WORDS), true);
      view.setInt32(4, random.pick(WORDS), true);
  }
  return bytes;
}
