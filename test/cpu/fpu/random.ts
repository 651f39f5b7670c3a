/** A small generator with a fixed seed, so that a failing case can be named by seed and number. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }

  /** 32 random bits, signed (xorshift, then a multiplication to mix the low bits). */
  bits(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) ^ (x >>> 12);
  }
  /** 0 .. n - 1. */
  below(n: number): number {
    return (this.bits() >>> 0) % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}
