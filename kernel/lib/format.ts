// printf-style formatting into a buffer.
//
// %s %c %d %u %x %p %% and %o, with `-`, `0` and a width; %p is 8 hex digits. Enough for a kernel: no floats, no 64 bits.
import { strlen } from "./string";

const enum Ascii {
  PERCENT = 0x25,
  MINUS = 0x2d,
  ZERO = 0x30,
  NINE = 0x39,
}

/** Where the text goes. `length` counts what would have been written, as snprintf does. */
@unmanaged
class text_buffer {
  start: usize;
  size: u32;
  length: u32;
}

function put(out: text_buffer, byte: u32): void {
  if (out.length + 1 < out.size) store<u8>(out.start + out.length, <u8>byte);
  out.length++;
}

function put_padded(out: text_buffer, text: usize, n: u32, width: u32, left: bool, pad: u32): void {
  let fill: u32 = width > n ? width - n : 0;
  if (!left) for (; fill; fill--) put(out, pad);
  for (let i: u32 = 0; i < n; i++) put(out, load<u8>(text + i));
  for (; fill; fill--) put(out, 0x20);
}

/** Writes the digits of `value` so that they end at `end`; returns where they begin. */
function digits(end: usize, value: u32, base: u32): usize {
  let at = end;
  do {
    const digit = value % base;
    store<u8>(--at, <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
    value /= base;
  } while (value);
  return at;
}

/**
 * Formats into `to` (at most `size` bytes, NUL included) and returns the length the whole text has.
 */
export function vsnprintf(to: usize, size: u32, format: string, ap: VaList): u32 {
  const out = changetype<text_buffer>(alloca(12));
  out.start = to;
  out.size = size;
  out.length = 0;
  const number = alloca(12);
  const end = number + 12;
  let argument: u32 = 0;
  let at = addr(format);
  for (;;) {
    let c: u32 = load<u8>(at++);
    if (!c) break;
    if (c != Ascii.PERCENT) {
      put(out, c);
      continue;
    }
    c = load<u8>(at++);
    const left = c == Ascii.MINUS;
    if (left) c = load<u8>(at++);
    const pad: u32 = c == Ascii.ZERO ? Ascii.ZERO : 0x20;
    let width: u32 = 0;
    while (c >= <u32>Ascii.ZERO && c <= <u32>Ascii.NINE) {
      width = width * 10 + (c - Ascii.ZERO);
      c = load<u8>(at++);
    }
    switch (c) {
      case 0x73: {
        // %s
        let text = ap[argument++];
        if (!text) text = addr("(null)");
        put_padded(out, text, strlen(text), width, left, 0x20);
        break;
      }
      case 0x63: {
        // %c
        store<u8>(number, <u8>ap[argument++]);
        put_padded(out, number, 1, width, left, 0x20);
        break;
      }
      case 0x64: {
        // %d
        const value = <i32>ap[argument++];
        let start = digits(end, value < 0 ? <u32>0 - <u32>value : <u32>value, 10);
        if (value < 0) store<u8>(--start, Ascii.MINUS);
        put_padded(out, start, end - start, width, left, pad);
        break;
      }
      case 0x75: // %u
      case 0x78: // %x
      case 0x6f: {
        // %o
        const start = digits(end, ap[argument++], c == 0x75 ? 10 : c == 0x78 ? 16 : 8);
        put_padded(out, start, end - start, width, left, pad);
        break;
      }
      case 0x70: {
        // %p
        const start = digits(end, ap[argument++], 16);
        put_padded(out, start, end - start, 8, false, Ascii.ZERO);
        break;
      }
      case 0:
        at--; // a lone % at the end
        break;
      default:
        put(out, c);
    }
  }
  if (size) store<u8>(to + (out.length < size ? out.length : size - 1), 0);
  return out.length;
}

export function snprintf(to: usize, size: u32, format: string, ...args: va[]): u32 {
  return vsnprintf(to, size, format, changetype<VaList>(args));
}
