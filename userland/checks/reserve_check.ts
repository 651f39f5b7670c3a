// malloc reserves and does not touch: the kernel has no frame for a block until the program writes to it.
import { int80_3 } from "~lib/cpu";
import { calloc, free, malloc } from "../lib/malloc";
import { PAGE_SIZE } from "../lib/mman";
import "../lib/start";
import { check_equal, verdict } from "./check";

const SYS_MINCORE: u32 = 218;

/** Pages among the `count` from `address` on that have a frame. */
function resident(address: usize, count: u32): u32 {
  const flags = alloca(64);
  if (int80_3(SYS_MINCORE, address & ~(PAGE_SIZE - 1), count * PAGE_SIZE, flags) != 0) return 0xffff;
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) found += load<u8>(flags + i) & 1;
  return found;
}

/** The article's example: the program's own write is the first access to the page. */
function reserves_before_it_touches(): void {
  const page = malloc(4096);
  check_equal(resident(page, 1), 0, "frames behind malloc(4096) before the first write");
  store<i32>(page, 100);
  check_equal(resident(page, 1), 1, "frames behind malloc(4096) after the first write");
  const large = malloc(64 * 4096);
  check_equal(resident(large, 64), 0, "frames behind malloc(256 KiB)");
  store<u8>(large + 5 * 4096, 1);
  check_equal(resident(large, 64), 1, "frames behind malloc(256 KiB) after one write");
  const zeroed = calloc(16, 4096);
  check_equal(resident(zeroed, 16), 0, "frames behind calloc of fresh pages");
  const small = malloc(24);
  check_equal(resident(small, 1), 0, "frames behind malloc(24)");
  free(page);
  free(large);
  free(zeroed);
  free(small);
}

export function main(): i32 {
  reserves_before_it_touches();
  return verdict("reserve");
}
