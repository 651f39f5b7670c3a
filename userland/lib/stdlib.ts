// Numbers and sorting from <stdlib.h>, strdup from <string.h>.
import { Char, isdigit, isspace, tolower } from "./ctype";
import { Errno, set_errno } from "./errno";
import { malloc } from "./malloc";
import { at, memcpy, strlen } from "./string";

function digit_value(c: i32): u32 {
  if (isdigit(c)) return c - Char.ZERO;
  const letter = tolower(c);
  return letter >= Char.LOWER_A && letter <= Char.LOWER_Z ? letter - Char.LOWER_A + 10 : 99;
}

/** Reads sign and digits; a magnitude above the limit becomes the limit, with errno ERANGE. `end` as in strtol. */
function parse_number(text: string, end: usize, base: u32, negative_limit: u32, positive_limit: u32): i64 {
  let i: u32 = 0;
  while (isspace(at(text, i))) i++;
  const negative = at(text, i) == Char.MINUS;
  if (negative || at(text, i) == Char.PLUS) i++;
  const hexadecimal = at(text, i) == Char.ZERO && tolower(at(text, i + 1)) == Char.LOWER_X;
  if ((base == 0 || base == 16) && hexadecimal && digit_value(at(text, i + 2)) < 16) {
    base = 16;
    i += 2;
  } else if (base == 0) base = at(text, i) == Char.ZERO ? 8 : 10;
  const first = i;
  const limit: u64 = negative ? negative_limit : positive_limit;
  let value: u64 = 0;
  let overflow = false;
  for (; digit_value(at(text, i)) < base; i++) {
    value = value * base + digit_value(at(text, i));
    if (value > limit) {
      overflow = true;
      value = limit;
    }
  }
  if (overflow) set_errno(Errno.ERANGE);
  if (end != 0) store<usize>(end, addr(text) + (i == first ? 0 : i));
  const unsigned_overflow = overflow && negative_limit == positive_limit;
  return negative && !unsigned_overflow ? -(<i64>value) : <i64>value;
}

/**
 * A number in `base` 2..36, or 0 to take it from the spelling (0x, 0). The address behind the last digit is stored at
 * `end` unless that is 0. Out of range gives the nearest limit and errno ERANGE.
 */
export function strtol(text: string, end: usize, base: u32): i32 {
  return <i32>parse_number(text, end, base, 0x80000000, 0x7fffffff);
}

/** As strtol for unsigned numbers; a minus sign negates modulo 2^32, as in C. */
export function strtoul(text: string, end: usize, base: u32): u32 {
  return <u32>parse_number(text, end, base, 0xffffffff, 0xffffffff);
}

export function atoi(text: string): i32 {
  return strtol(text, 0, 10);
}

/** A copy from malloc; null with errno when memory is out. */
export function strndup(text: string, length: u32): string | null {
  const memory = malloc(length + 1);
  if (memory == 0) return null;
  memcpy(memory, addr(text), length);
  store<u8>(memory + length, 0);
  return changetype<string>(memory);
}

export function strdup(text: string): string | null {
  return strndup(text, strlen(text));
}

/** Compares the elements at two addresses: below, equal to, above 0. */
export type Compare = (left: usize, right: usize) => i32;

function swap(left: usize, right: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) {
    const byte = load<u8>(left + i);
    store<u8>(left + i, load<u8>(right + i));
    store<u8>(right + i, byte);
  }
}

/** Lets the element at `root` sink in the heap of the first `count` elements. */
function sift_down(base: usize, root: u32, count: u32, size: u32, compare: Compare): void {
  for (;;) {
    let child: u32 = 2 * root + 1;
    if (child >= count) return;
    if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0) child++;
    if (compare(base + root * size, base + child * size) >= 0) return;
    swap(base + root * size, base + child * size, size);
    root = child;
  }
}

/** Sorts `count` elements of `size` bytes in place. A heap sort: n log n in the worst case too, and no memory. Not stable. */
export function qsort(base: usize, count: u32, size: u32, compare: Compare): void {
  for (let i = count / 2; i > 0; i--) sift_down(base, i - 1, count, size, compare);
  for (let end = count; end > 1; end--) {
    swap(base, base + (end - 1) * size, size);
    sift_down(base, 0, end - 1, size, compare);
  }
}
