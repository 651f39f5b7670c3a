// CRC-32 (IEEE 802.3, reflected) by a table of 256 words.
const SIZE: u32 = 16384;
const table = changetype<Arr<u32>>(memory.data(256 * 4, 4));
const data = changetype<Arr<u8>>(memory.data(16384, 4096));

/** CRC of `count` times the same 16 KiB: byte i is the top byte of i * 0x9E3779B1. */
export function crc32(count: u32): u32 {
  for (let i: u32 = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  for (let i: u32 = 0; i < SIZE; i++) data[i] = <u8>((i * 0x9e3779b1) >> 24);
  let crc: u32 = 0xffffffff;
  for (let round: u32 = 0; round < count; round++) {
    for (let i: u32 = 0; i < SIZE; i++) crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
  }
  return ~crc;
}
