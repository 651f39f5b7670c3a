// <string.h>. A `string` in user programs is C's char*: a pointer to bytes that end with NUL, whether it is a literal or
// came from argv. Only literals carry the length that `.length` looks at, so nothing here uses it; `==` compares bytes.
import { rep_movsb, rep_movsb_down, rep_movsd, rep_stosb, rep_stosd } from "~lib/cpu";

/** The byte at `index`, 0..255; 0 at the end. */
export function at(text: string, index: u32): i32 {
  return load<u8>(addr(text) + index);
}

/** The string that begins `count` bytes further on. */
export function skip(text: string, count: u32): string {
  return changetype<string>(addr(text) + count);
}

export function strlen(text: string): u32 {
  let end = addr(text);
  while (load<u8>(end) != 0) end++;
  return end - addr(text);
}

export function strnlen(text: string, limit: u32): u32 {
  let length: u32 = 0;
  while (length < limit && at(text, length) != 0) length++;
  return length;
}

export function strcmp(left: string, right: string): i32 {
  let i: u32 = 0;
  while (at(left, i) != 0 && at(left, i) == at(right, i)) i++;
  return at(left, i) - at(right, i);
}

export function strncmp(left: string, right: string, limit: u32): i32 {
  for (let i: u32 = 0; i < limit; i++) {
    const difference = at(left, i) - at(right, i);
    if (difference != 0 || at(left, i) == 0) return difference;
  }
  return 0;
}

export function strchr(text: string, character: i32): string | null {
  for (let i: u32 = 0; ; i++) {
    if (at(text, i) == character) return skip(text, i);
    if (at(text, i) == 0) return null;
  }
}

export function strrchr(text: string, character: i32): string | null {
  let found: string | null = null;
  for (let i: u32 = 0; ; i++) {
    if (at(text, i) == character) found = skip(text, i);
    if (at(text, i) == 0) return found;
  }
}

export function strstr(text: string, part: string): string | null {
  const length = strlen(part);
  for (let i: u32 = 0; ; i++) {
    if (strncmp(skip(text, i), part, length) == 0) return skip(text, i);
    if (at(text, i) == 0) return null;
  }
}

/** Copies `text` and its NUL to `to` and returns where that NUL now is, so that copies chain. */
export function stpcpy(to: usize, text: string): usize {
  const length = strlen(text);
  memcpy(to, addr(text), length + 1);
  return to + length;
}

export function memcpy(to: usize, from: usize, count: u32): usize {
  rep_movsd(to, from, count >> 2);
  const done = count & ~3;
  rep_movsb(to + done, from + done, count & 3);
  return to;
}

export function memmove(to: usize, from: usize, count: u32): usize {
  if (to <= from || to >= from + count) return memcpy(to, from, count);
  rep_movsb_down(to, from, count);
  return to;
}

export function memset(to: usize, value: i32, count: u32): usize {
  rep_stosd(to, (value & 0xff) * 0x01010101, count >> 2);
  rep_stosb(to + (count & ~3), value, count & 3);
  return to;
}

export function memcmp(left: usize, right: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const difference = <i32>load<u8>(left + i) - <i32>load<u8>(right + i);
    if (difference != 0) return difference;
  }
  return 0;
}
