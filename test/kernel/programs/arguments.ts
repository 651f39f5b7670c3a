// Prints its arguments and environment in angle brackets, a line each; then makes a system call that does not exist, twice.
import { int80_0 } from "~lib/cpu";
import { say, write } from "./linux";

function print_strings(list: Arr<usize>): u32 {
  let n: u32 = 0;
  for (; list[n]; n++) {
    let length: u32 = 0;
    while (load<u8>(list[n] + length)) length++;
    say("<");
    write(1, list[n], length);
    say(">\n");
  }
  return n;
}

export function main(argc: i32, argv: Arr<usize>): i32 {
  const n = print_strings(argv);
  print_strings(changetype<Arr<usize>>(addr(argv) + (n + 1) * 4));
  const first = int80_0(399);
  const second = int80_0(399);
  return first == -38 && second == -38 && <u32>argc == n ? 4 : 5;
}
