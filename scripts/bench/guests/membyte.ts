// A byte-by-byte copy of 64 KiB, with the buffers at distances that processors and their emulators dislike.
const SIZE: u32 = 65536;
const area = memory.data((1 << 20) + 131072, 4096);

/** Neither the page offsets nor the slots of a small TLB of the two buffers agree. */
export function membyte(count: u32): u32 {
  return copy(area, area + 0x14840, count);
}

/** Source and destination always have the same offset in their pages. */
export function membyte_4k(count: u32): u32 {
  return copy(area, area + 0x11000, count);
}

/** 1 MiB apart: the same slot in a direct-mapped TLB of 256 entries. */
export function membyte_1m(count: u32): u32 {
  return copy(area, area + (1 << 20), count);
}

function copy(source: usize, destination: usize, count: u32): u32 {
  for (let i: u32 = 0; i < SIZE; i++) store<u8>(source + i, (i * 167) >> 3);
  let sum: u32 = 0;
  for (let round: u32 = 0; round < count; round++) {
    copy_bytes(destination, source, SIZE);
    const at = (round * 257) & (SIZE - 1);
    sum = sum * 31 + load<u8>(destination + at);
    store<u8>(source + at, load<u8>(source + ((at * 3) & (SIZE - 1))) + round);
  }
  return sum;
}

function copy_bytes(destination: usize, source: usize, bytes: u32): void {
  const end = source + bytes;
  let from = source;
  let to = destination;
  while (from < end) store<u8>(to++, load<u8>(from++));
}
