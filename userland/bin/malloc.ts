// The example of the article on Linux page faults: malloc reserves addresses, the first write to them faults, and the
// kernel finds a frame then.
import { helped } from "../lib/err";
import { free, malloc } from "../lib/malloc";
import { printf } from "../lib/printf";
import "../lib/start";
import { perror } from "../lib/strerror";

const help =
  "Usage: malloc\nReserves a page with malloc, writes 100 to it and prints it: the write is a demand-zero page fault.\n";

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, help)) return 0;
  const ptr = changetype<Arr<i32>>(malloc(1024 * sizeof<i32>())); // reserves a page of addresses, no memory
  if (addr(ptr) == 0) {
    perror("malloc failed");
    return 1;
  }
  ptr[0] = 100; // the first access: this instruction faults, and is run again when the page is there
  printf("Value at ptr[0]: %d\n", ptr[0]);
  free(addr(ptr));
  return 0;
}
