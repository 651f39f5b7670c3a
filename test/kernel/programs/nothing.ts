// Ends with status 7. Has text, constants, data and bss, so that its file has all kinds of segments.
const table: StaticArray<u32> = [1, 2, 4];
let seven: u32 = 5;
let zero: u32 = 0;

export function main(): u32 {
  seven += table[1];
  return seven + zero;
}
