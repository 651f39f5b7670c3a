// 64-bit division: the compiler calls these for `/` and `%` on u64 and i64. The processor divides 64 bits by 32
// (`divide`), the rest is Knuth's algorithm D with 32-bit digits.
import { divide } from "~lib/cpu";

export function __udiv64(a: u64, b: u64): u64 {
  const bh = <u32>(b >> 32);
  const ah = <u32>(a >> 32);
  if (!bh) {
    const bl = <u32>b;
    if (ah < bl) return divide(ah, <u32>a, bl) & 0xffffffff;
    // The #DE of a division by zero comes from here.
    const high = divide(0, ah, bl);
    return ((high & 0xffffffff) << 32) | (divide(<u32>(high >> 32), <u32>a, bl) & 0xffffffff);
  }
  if (a < b) return 0;
  // One digit of quotient: estimate it from the leading 32 bits of the shifted divisor; at most one too large.
  const shift = <u32>clz(bh);
  const top = <u32>((b << shift) >> 32);
  const half = a >> 1;
  let q = <u32>divide(<u32>(half >> 32), <u32>half, top);
  q = <u32>(((<u64>q) << shift) >> 31);
  if (q) q--;
  if (a - q * b >= b) q++;
  return q;
}

export function __urem64(a: u64, b: u64): u64 {
  return a - __udiv64(a, b) * b;
}

export function __sdiv64(a: i64, b: i64): i64 {
  const q = __udiv64(<u64>(a < 0 ? -a : a), <u64>(b < 0 ? -b : b));
  return <i64>((a ^ b) < 0 ? -q : q);
}

export function __srem64(a: i64, b: i64): i64 {
  const r = __urem64(<u64>(a < 0 ? -a : a), <u64>(b < 0 ? -b : b));
  return <i64>(a < 0 ? -r : r);
}

export function __popcnt32(x: u32): u32 {
  x -= (x >> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >> 2) & 0x33333333);
  return (((x + (x >> 4)) & 0x0f0f0f0f) * 0x01010101) >> 24;
}
