// The guests that need nothing of the machine, by name.
import { crc32 } from "./crc32";
import { dhry } from "./dhry";
import { matmul } from "./matmul";
import { membyte, membyte_1m, membyte_4k } from "./membyte";
import { memrep } from "./memrep";
import { qsort } from "./qsort";
import { Work, give_up, measure, word_is } from "./report";
import { sieve } from "./sieve";
import { vm } from "./vm";

/** No work: what is left is the way from power-on to the first line. */
function boot(count: u32): u32 {
  return count;
}

const names: StaticArray<string> = [
  "boot",
  "dhry",
  "sieve",
  "crc32",
  "matmul",
  "qsort",
  "memrep",
  "membyte",
  "membyte-4k",
  "membyte-1m",
  "vm",
];
const works: StaticArray<Work> = [boot, dhry, sieve, crc32, matmul, qsort, memrep, membyte, membyte_4k, membyte_1m, vm];

export function run_compute(name: usize, count: u32): void {
  for (let i = 0; i < names.length; i++) {
    if (word_is(name, names[i])) measure(name, works[i], count);
  }
  give_up("no such guest\n");
}
