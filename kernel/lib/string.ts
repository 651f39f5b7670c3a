// Bytes and C strings. A `string` is a pointer to bytes with a NUL behind them; only literals know their length.
import { rep_movsb, rep_movsd, rep_stosb, rep_stosd } from "~lib/cpu";

export function memset(to: usize, value: u8, n: usize): void {
  rep_stosb(to, value, n);
}

/** Copies forward; the areas must not overlap (memory.copy takes care of overlap). */
export function memcpy(to: usize, from: usize, n: usize): void {
  rep_movsd(to, from, n >> 2);
  rep_movsb(to + (n & ~3), from + (n & ~3), n & 3);
}

/** Fills a page with zeroes. */
export function clear_page(page: usize): void {
  rep_stosd(page, 0, 1024);
}

export function copy_page(to: usize, from: usize): void {
  rep_movsd(to, from, 1024);
}

export function strlen(s: usize): u32 {
  let n: u32 = 0;
  while (load<u8>(s + n)) n++;
  return n;
}

/** Copies at most `size - 1` bytes and always ends with a NUL. Returns the length of what was copied. */
export function strlcpy(to: usize, from: usize, size: u32): u32 {
  let n: u32 = 0;
  while (n + 1 < size && load<u8>(from + n)) {
    store<u8>(to + n, load<u8>(from + n));
    n++;
  }
  store<u8>(to + n, 0);
  return n;
}

/** True when the `n` bytes at `s` are exactly the C string `word`. */
export function str_is(s: usize, n: u32, word: string): bool {
  const w = addr(word);
  for (let i: u32 = 0; i < n; i++) {
    if (!load<u8>(w + i) || load<u8>(s + i) != load<u8>(w + i)) return false;
  }
  return load<u8>(w + n) == 0;
}

/** True when the C string `s` begins with `prefix`. */
export function starts_with(s: usize, prefix: string): bool {
  const p = addr(prefix);
  for (let i: u32 = 0; load<u8>(p + i); i++) if (load<u8>(s + i) != load<u8>(p + i)) return false;
  return true;
}
