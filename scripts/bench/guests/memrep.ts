// Copy and fill by REP MOVSD, MOVSB, STOSD and STOSB, aligned and not, within a page and over many.
import { rep_movsb, rep_movsd, rep_stosb, rep_stosd } from "~lib/cpu";

const SIZE: u32 = 262144;
const first = memory.data(262144, 4096);
const second = memory.data(262144, 4096);

/** `count` rounds over two buffers of 256 KiB. */
export function memrep(count: u32): u32 {
  let sum: u32 = 0;
  rep_stosd(first, 0x01020304, SIZE / 4);
  for (let round: u32 = 0; round < count; round++) {
    rep_stosb(first + ((round * 4099) & 0xffff), round, 5000);
    rep_movsd(second, first, SIZE / 4);
    rep_movsb(first + 0x20001, second + ((round * 8191) & 0xffff), 100003);
    for (let i: u32 = 0; i < 64; i++) rep_stosd(second + i * 4096 + 8, round + i, 16);
    sum = sum * 31 + load<u32>(first + ((round * 65537) & 0x3fffc)) + load<u32>(second + (round & 63) * 4096 + 4);
  }
  return sum;
}
