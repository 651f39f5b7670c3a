/** Growing little-endian byte buffer with DWARF's variable-length numbers. */
export class ByteWriter {
  private buffer = new Uint8Array(1024);
  private size = 0;

  get length(): number {
    return this.size;
  }

  private reserve(count: number): void {
    if (this.size + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.size + count));
    larger.set(this.buffer.subarray(0, this.size));
    this.buffer = larger;
  }

  u8(...values: number[]): this {
    this.reserve(values.length);
    for (const value of values) this.buffer[this.size++] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value, value >> 8);
  }

  u32(value: number): this {
    return this.u8(value, value >> 8, value >> 16, value >> 24);
  }

  uleb(value: number): this {
    let rest = value;
    for (;;) {
      const low = rest % 128;
      rest = Math.floor(rest / 128);
      if (rest === 0) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  sleb(value: number | bigint): this {
    let rest = BigInt(value);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  text(value: string): this {
    return this.bytes(new TextEncoder().encode(value)).u8(0);
  }

  bytes(values: Uint8Array): this {
    this.reserve(values.length);
    this.buffer.set(values, this.size);
    this.size += values.length;
    return this;
  }

  align(to: number, fill = 0): this {
    while (this.size % to !== 0) this.u8(fill);
    return this;
  }

  patch32(offset: number, value: number): void {
    for (let i = 0; i < 4; i++) this.buffer[offset + i] = value >> (8 * i);
  }

  result(): Uint8Array {
    return this.buffer.slice(0, this.size);
  }
}
