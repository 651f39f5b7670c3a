// The allocator: what it promises about content, alignment and separation.
import { sbrk } from "../lib/brk";
import { Errno, errno, set_errno } from "../lib/errno";
import { calloc, free, malloc, malloc_usable_size, realloc } from "../lib/malloc";
import { MAP_FAILED, PAGE_SIZE, map_pages, munmap } from "../lib/mman";
import "../lib/start";
import { check, check_equal, random, verdict } from "./check";

const LIVE_MAX: u32 = 400;
const ROUNDS: u32 = 10000;

const blocks = changetype<Arr<usize>>(memory.data(1600, 4));
const sizes = changetype<Arr<u32>>(memory.data(1600, 4));
let live: u32 = 0;

/** A byte that depends on the block and the place in it, so that a block that overlaps another shows. */
function pattern(slot: u32, offset: u32): u32 {
  return (sizes[slot] * 31 + offset * 7 + (blocks[slot] >> 4)) & 0xff;
}

function paint(slot: u32): void {
  const size = sizes[slot];
  for (let i: u32 = 0; i < size; i += size < 512 ? 1 : 61) store<u8>(blocks[slot] + i, pattern(slot, i));
  store<u8>(blocks[slot] + size - 1, pattern(slot, size - 1));
}

function intact(slot: u32): bool {
  const size = sizes[slot];
  for (let i: u32 = 0; i < size; i += size < 512 ? 1 : 61) {
    if (load<u8>(blocks[slot] + i) != pattern(slot, i)) return false;
  }
  return load<u8>(blocks[slot] + size - 1) == pattern(slot, size - 1);
}

/** Mostly small, some of pages, a few large enough for a mapping. */
function random_size(): u32 {
  const kind = random(100);
  if (kind < 70) return 1 + random(600);
  if (kind < 95) return 1 + random(20000);
  return 1 + random(300000);
}

function add_block(zeroed: bool): void {
  const slot = live++;
  sizes[slot] = random_size();
  blocks[slot] = zeroed ? calloc(1, sizes[slot]) : malloc(sizes[slot]);
  check(blocks[slot] != 0, "memory is there");
  check_equal(blocks[slot] & 15, 0, "alignment");
  check(malloc_usable_size(blocks[slot]) >= sizes[slot], "usable size");
  if (zeroed) {
    for (let i: u32 = 0; i < sizes[slot]; i++) {
      if (load<u8>(blocks[slot] + i) == 0) continue;
      check(false, "calloc zeroes");
      break;
    }
  }
  paint(slot);
}

function remove_block(slot: u32): void {
  check(intact(slot), "content at free");
  free(blocks[slot]);
  live--;
  blocks[slot] = blocks[live];
  sizes[slot] = sizes[live];
}

function resize_block(slot: u32): void {
  const old_size = sizes[slot];
  const old_block = blocks[slot];
  check(intact(slot), "content before realloc");
  const size = random_size();
  const block = realloc(old_block, size);
  check(block != 0, "realloc finds memory");
  // Compare by the old pattern, which depends on the old address and size.
  const kept = old_size < size ? old_size : size;
  let right: bool = true;
  for (let i: u32 = 0; i < kept; i += old_size < 512 ? 1 : 61) {
    if (load<u8>(block + i) != ((old_size * 31 + i * 7 + (old_block >> 4)) & 0xff)) right = false;
  }
  check(right, "realloc keeps the content");
  blocks[slot] = block;
  sizes[slot] = size;
  paint(slot);
}

function survives_a_random_life(): void {
  for (let round: u32 = 0; round < ROUNDS; round++) {
    const what = random(10);
    if (live == 0 || (what < 5 && live < LIVE_MAX)) add_block(what == 0);
    else if (what < 9) remove_block(random(live));
    else resize_block(random(live));
  }
  while (live > 0) remove_block(0);
}

/** After everything is free, the heap has given its end back. */
function gives_memory_back(): void {
  const before = sbrk(0);
  const many = changetype<Arr<usize>>(malloc(4 * 100));
  for (let i: u32 = 0; i < 100; i++) many[i] = malloc(100000);
  const high = sbrk(0);
  for (let i: u32 = 0; i < 100; i++) free(many[i]);
  free(addr(many));
  check(high > before, "the heap grows");
  check(sbrk(0) < high, "the heap shrinks");
}

function fails_cleanly(): void {
  set_errno(0);
  check_equal(malloc(0xfffff000), 0, "malloc of almost everything");
  check_equal(errno, Errno.ENOMEM, "errno of malloc");
  set_errno(0);
  check_equal(calloc(0x10001, 0x10001), 0, "calloc whose size overflows");
  check_equal(errno, Errno.ENOMEM, "errno of calloc");
  const block = malloc(100);
  store<u8>(block, 77);
  check_equal(realloc(block, 0xf0000000), 0, "realloc to almost everything");
  check_equal(load<u8>(block), 77, "the block after a realloc that failed");
  free(block);
  free(0);
  const nothing = malloc(0);
  check(nothing != 0, "malloc(0) is a pointer");
  free(nothing);
}

function lets_others_use_the_break(): void {
  const first = malloc(5000);
  const foreign = sbrk(100);
  store<u8>(foreign, 1);
  const second = malloc(100000);
  store<u8>(second, 2);
  store<u8>(second + 99999, 2);
  check_equal(load<u8>(foreign), 1, "memory that somebody else took from brk");
  free(first);
  free(second);
  const pages = map_pages(2);
  check(pages != MAP_FAILED, "a mapping beside the heap");
  munmap(pages, 2 * PAGE_SIZE);
}

export function main(): i32 {
  survives_a_random_life();
  gives_memory_back();
  fails_cleanly();
  lets_others_use_the_break();
  return verdict("malloc");
}
