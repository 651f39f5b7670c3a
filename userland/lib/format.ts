// The conversions of printf, written to a sink: a stream, or a buffer that may be too small.
import { Char, isdigit } from "./ctype";
import { File, put_byte } from "./stdio";
import { at, skip, strlen, strnlen } from "./string";

/** Where formatted text goes. */
@unmanaged
export class Sink {
  file: File | null;
  buffer: usize; // when there is no file
  room: u32; // bytes that may be stored in it, the NUL not counted
  count: u32; // bytes produced, stored or not
}

function emit(sink: Sink, byte: i32): void {
  const file = sink.file;
  if (file) put_byte(file, byte);
  else if (sink.count < sink.room) store<u8>(sink.buffer + sink.count, byte);
  sink.count++;
}

function emit_times(sink: Sink, byte: i32, times: i32): void {
  for (let i = 0; i < times; i++) emit(sink, byte);
}

function emit_bytes(sink: Sink, from: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) emit(sink, load<u8>(from + i));
}

/** One conversion as it is written between % and its letter. */
@unmanaged
class Spec {
  left: bool; // -
  plus: bool; // +
  space: bool;
  zero: bool; // 0
  alternate: bool; // #
  width: i32;
  precision: i32; // -1: none given
  length: i32; // 1: h, 2: hh, 8: ll or j, 0: all others, which are 32 bits wide here
}

/** Digits of the longest number: 64 bits in octal. */
const DIGITS_MAX: u32 = 22;

/** Writes digits backwards, ending before `end`, and returns where they begin. 0 has no digits. */
function digits_before(end: usize, value: u64, base: u32, upper: bool): usize {
  const letters = upper ? Char.UPPER_A : Char.LOWER_A;
  // A 64-bit division costs as much as dozens of instructions; most numbers need none.
  while (value > 0xffffffff) {
    const digit = <u32>(value % base);
    value /= base;
    store<u8>(--end, digit < 10 ? Char.ZERO + digit : letters + digit - 10);
  }
  let small = <u32>value;
  while (small != 0) {
    const digit = small % base;
    small /= base;
    store<u8>(--end, digit < 10 ? Char.ZERO + digit : letters + digit - 10);
  }
  return end;
}

function emit_number(sink: Sink, spec: Spec, value: u64, base: u32, upper: bool, sign: i32, prefix: string): void {
  const buffer = alloca(DIGITS_MAX);
  const end = buffer + DIGITS_MAX;
  const start = digits_before(end, value, base, upper);
  const digits = <i32>(end - start);
  // Without a precision one digit is written even for 0; with one, zeros fill it and the 0 flag means nothing.
  let zeros = (spec.precision < 0 ? 1 : spec.precision) - digits;
  if (zeros < 0) zeros = 0;
  if (spec.alternate && base == 8 && zeros == 0) zeros = 1;
  const lead = <i32>strlen(prefix) + (sign != 0 ? 1 : 0);
  let padding = spec.width - lead - zeros - digits;
  if (padding > 0 && spec.zero && !spec.left && spec.precision < 0) {
    zeros += padding;
    padding = 0;
  }
  if (!spec.left) emit_times(sink, Char.SPACE, padding);
  if (sign != 0) emit(sink, sign);
  emit_bytes(sink, addr(prefix), strlen(prefix));
  emit_times(sink, Char.ZERO, zeros);
  emit_bytes(sink, start, digits);
  if (spec.left) emit_times(sink, Char.SPACE, padding);
}

function emit_text(sink: Sink, spec: Spec, from: usize, count: u32): void {
  const padding = spec.width - <i32>count;
  if (!spec.left) emit_times(sink, Char.SPACE, padding);
  emit_bytes(sink, from, count);
  if (spec.left) emit_times(sink, Char.SPACE, padding);
}

function emit_string(sink: Sink, spec: Spec, text: usize): void {
  const shown = changetype<string>(text == 0 ? addr("(null)") : text);
  const count = spec.precision < 0 ? strlen(shown) : strnlen(shown, spec.precision);
  emit_text(sink, spec, addr(shown), count);
}

/** Reads the flags after %; returns the rest of the format. */
function parse_flags(format: string, spec: Spec): string {
  spec.left = false;
  spec.plus = false;
  spec.space = false;
  spec.zero = false;
  spec.alternate = false;
  for (;;) {
    const c = at(format, 0);
    if (c == Char.MINUS) spec.left = true;
    else if (c == Char.PLUS) spec.plus = true;
    else if (c == Char.SPACE) spec.space = true;
    else if (c == Char.ZERO) spec.zero = true;
    else if (c == Char.HASH) spec.alternate = true;
    else return format;
    format = skip(format, 1);
  }
}

function parse_length(format: string, spec: Spec): string {
  spec.length = 0;
  for (;;) {
    const c = at(format, 0);
    if (c == 0x68)
      spec.length++; // h, hh
    else if (c == 0x6c)
      spec.length += 4; // l is 4 and changes nothing, ll is 8
    else if (c == 0x6a)
      spec.length = 8; // j
    else if (c != 0x7a && c != 0x74) return format; // z, t
    format = skip(format, 1);
  }
}

function narrow_signed(value: u32, length: i32): i64 {
  if (length == 2) return <i64>(<i8>value);
  if (length == 1) return <i64>(<i16>value);
  return <i64>(<i32>value);
}

function narrow_unsigned(value: u32, length: i32): u64 {
  if (length == 2) return value & 0xff;
  if (length == 1) return value & 0xffff;
  return value;
}

/** Writes `format` with its arguments; `sink.count` has the length at the end. */
export function format_to(sink: Sink, format: string, list: VaList): void {
  const spec = changetype<Spec>(alloca(offsetof<Spec>()));
  let argument: u32 = 0;
  for (;;) {
    const c = at(format, 0);
    if (c == 0) return;
    const directive = format;
    format = skip(format, 1);
    if (c != Char.PERCENT) {
      emit(sink, c);
      continue;
    }
    format = parse_flags(format, spec);

    spec.width = 0;
    if (at(format, 0) == Char.STAR) {
      spec.width = list[argument++];
      if (spec.width < 0) {
        spec.left = true;
        spec.width = -spec.width;
      }
      format = skip(format, 1);
    }
    for (; isdigit(at(format, 0)); format = skip(format, 1)) {
      spec.width = spec.width * 10 + at(format, 0) - Char.ZERO;
    }

    spec.precision = -1;
    if (at(format, 0) == Char.DOT) {
      format = skip(format, 1);
      spec.precision = 0;
      if (at(format, 0) == Char.STAR) {
        spec.precision = list[argument++];
        format = skip(format, 1);
      }
      for (; isdigit(at(format, 0)); format = skip(format, 1)) {
        spec.precision = spec.precision * 10 + at(format, 0) - Char.ZERO;
      }
    }

    format = parse_length(format, spec);
    const letter = at(format, 0);
    if (letter != 0) format = skip(format, 1);
    switch (letter) {
      case 0x64: // d
      case 0x69: {
        // i
        let value: i64;
        if (spec.length == 8) {
          value = list.get64(argument);
          argument += 2;
        } else value = narrow_signed(list[argument++], spec.length);
        const sign = value < 0 ? Char.MINUS : spec.plus ? Char.PLUS : spec.space ? Char.SPACE : 0;
        emit_number(sink, spec, value < 0 ? -value : value, 10, false, sign, "");
        break;
      }
      case 0x75: // u
      case 0x78: // x
      case 0x58: // X
      case 0x6f: {
        // o
        let value: u64;
        if (spec.length == 8) {
          value = list.get64(argument);
          argument += 2;
        } else value = narrow_unsigned(list[argument++], spec.length);
        const hexadecimal = letter == 0x78 || letter == 0x58;
        const base: u32 = hexadecimal ? 16 : letter == 0x6f ? 8 : 10;
        const prefix = hexadecimal && spec.alternate && value != 0 ? (letter == 0x58 ? "0X" : "0x") : "";
        emit_number(sink, spec, value, base, letter == 0x58, 0, prefix);
        break;
      }
      case 0x70: {
        // p
        const value = list[argument++];
        if (value == 0) emit_text(sink, spec, addr("(nil)"), 5);
        else emit_number(sink, spec, value, 16, false, 0, "0x");
        break;
      }
      case 0x63: {
        // c
        const byte = alloca(1);
        store<u8>(byte, list[argument++]);
        emit_text(sink, spec, byte, 1);
        break;
      }
      case 0x73: // s
        emit_string(sink, spec, list[argument++]);
        break;
      case Char.PERCENT:
        emit(sink, Char.PERCENT);
        break;
      default: // not a conversion: shown as it was written
        emit_bytes(sink, addr(directive), addr(format) - addr(directive));
    }
  }
}
