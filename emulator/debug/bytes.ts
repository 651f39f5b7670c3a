/** A file the debugger reads does not hold what its format promises. The message is one line, fit to be shown as it is. */
export class FormatError extends Error {
  override name = "FormatError";
}

const decoder = new TextDecoder("utf-8");

/**
 * A little-endian cursor over bytes nobody vouches for: every read is bounds-checked and fails with one `FormatError`
 * naming `what`. Offsets are those of the underlying array, so that references inside a section need no translation.
 */
export class ByteReader {
  offset: number;
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly what: string,
    offset = 0,
    readonly end = bytes.length,
  ) {
    if (end > bytes.length) throw new FormatError(`${what}: needs ${end} bytes, has ${bytes.length}`);
    this.offset = offset;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (offset > end) this.#fail(offset, 0);
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  #fail(at: number, length: number): never {
    throw new FormatError(`${this.what}: truncated (needs ${length} bytes at offset 0x${at.toString(16)})`);
  }

  #take(length: number): number {
    const at = this.offset;
    // Written so that NaN and lengths beyond 2^53 fail too.
    if (!(length >= 0 && at + length <= this.end)) this.#fail(at, length);
    this.offset = at + length;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A 64-bit value as a double: exact to 2^53, which covers every offset and address of a 32-bit file. */
  u64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  /** Unsigned integer of 1, 2, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default:
        throw new FormatError(`${this.what}: no integer has ${size} bytes`);
    }
  }

  /** ULEB128 (DWARF 4, section 7.6). */
  uleb(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new FormatError(`${this.what}: a LEB128 number is longer than 64 bits`);
  }

  /** SLEB128 (DWARF 4, section 7.6). */
  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    throw new FormatError(`${this.what}: a LEB128 number is longer than 64 bits`);
  }

  /** The NUL-terminated UTF-8 text at the cursor. */
  text(): string {
    const start = this.offset;
    this.skipText();
    return decodeText(this.bytes, start, this.offset - 1);
  }

  skipText(): void {
    const stop = this.bytes.indexOf(0, this.offset);
    if (stop < 0 || stop >= this.end) throw new FormatError(`${this.what}: a string has no end`);
    this.offset = stop + 1;
  }

  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** A reader of the next `length` bytes; this one moves past them. */
  sub(length: number): ByteReader {
    const at = this.#take(length);
    return new ByteReader(this.bytes, this.what, at, at + length);
  }
}

/** The NUL-terminated text at `offset` of a string section. */
export function textAt(section: Uint8Array, what: string, offset: number): string {
  const stop = offset < section.length ? section.indexOf(0, offset) : -1;
  if (stop < 0) throw new FormatError(`${what}: no string at offset 0x${offset.toString(16)}`);
  return decodeText(section, offset, stop);
}

/**
 * UTF-8 to string. Control characters become U+FFFD: names out of files and guests are printed on terminals. The short ASCII names
 * that symbol tables are full of do not pay for TextDecoder.
 */
export function decodeText(bytes: Uint8Array, start: number, stop: number): string {
  let text = "";
  for (let at = start; at < stop; at++) {
    const byte = bytes[at];
    if (byte < 0x20 || byte >= 0x7f || at - start > 64) return decodeSlowly(bytes.subarray(start, stop));
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeSlowly(bytes: Uint8Array): string {
  return decoder.decode(bytes).replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

/** `value` as eight hexadecimal digits without a prefix, the way tables print addresses. */
export function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
