// Reads standard input to its end, slowly, and prints its length and the sum of (byte * position) as 8 hex digits each.
import { read, say, write } from "./linux";

function print_hex(value: u32): void {
  const text = alloca(12);
  for (let i: u32 = 0; i < 8; i++) {
    const digit = (value >> (28 - 4 * i)) & 15;
    store<u8>(text + i, <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
  }
  write(1, text, 8);
}

export function main(): i32 {
  const buffer = alloca(500);
  let length: u32 = 0;
  let sum: u32 = 0;
  say("ready\n");
  for (;;) {
    for (let i: u32 = 0; i < 200000; i++) store<u32>(buffer, i); // the input piles up meanwhile
    const n = read(0, buffer, 500);
    if (n <= 0) break;
    for (let i = 0; i < n; i++) sum += load<u8>(buffer + i) * ++length;
  }
  print_hex(length);
  say(" ");
  print_hex(sum);
  say("\n");
  return 0;
}
