// Writes to the first byte of 400 fresh pages.
import { MAP_PRIVATE, mmap, PROT_READ, PROT_WRITE } from "./linux";

const PAGES: u32 = 400;

export function main(): i32 {
  const area = mmap(0x20000000, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (let i: u32 = 0; i < PAGES; i++) store<u8>(area + i * 4096, 1);
  return 0;
}
