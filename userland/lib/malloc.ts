// malloc, free, calloc, realloc. Small blocks are slots of a page, larger ones whole pages from the brk heap, the largest
// have a mapping of their own. No block has a header: the payload is never touched here, so the program's own first
// access to a page is what faults, and an overrun cannot break the allocator.
import { Errno, set_errno } from "./errno";
import { abort } from "./exit";
import { MAP_FAILED, MREMAP_MAYMOVE, PAGE_SIZE, mremap, munmap } from "./mman";
import { PAGE_SHIFT, Span, SpanUse, list_push, list_remove, span_allocate, span_at, span_extend } from "./span";
import { span_map, span_moved, span_release, span_shrink, span_unmapped } from "./span";
import { memcpy, memset, strlen } from "./string";
import { STDERR_FILENO, write } from "./unistd";

/** Bytes of a slot, all multiples of 16; chosen so that a page splits with little left over. */
const slot_sizes: StaticArray<u16> = [
  16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 672, 816, 1024, 1360, 2048,
];
const SLOT_MAX: u32 = 2048;
/** From this size on a block is mapped by itself and goes back to the kernel when it is freed. */
const MAP_MIN: u32 = 128 * 1024;
const SIZE_MAX: u32 = 0x7fffffff; // half the address space, as in C: differences of pointers must fit

/** Per slot size, the pages that have a slot free. */
const partial = changetype<Arr<Span | null>>(memory.data(21 * 4, 4));

function size_class(size: u32): u32 {
  if (size <= 128) return (size - 1) >> 4;
  let index: u32 = 8;
  while (slot_sizes[index] < size) index++;
  return index;
}

function new_slot_page(index: u32): Span | null {
  const span = span_allocate(1, SpanUse.SLOTS);
  if (!span) return null;
  const size = <u32>slot_sizes[index];
  const count = PAGE_SIZE / size;
  span.slot_size = size;
  span.slots = count;
  span.used = 0;
  span.touched = 0;
  // The bits of slots that do not exist are set for good, so that the search never finds them.
  for (let word: u32 = 0; word < 8; word++) {
    const first = word * 32;
    span.bitmap[word] = count >= first + 32 ? 0 : count <= first ? ~0 : ~0 << (count - first);
  }
  partial[index] = list_push(partial[index], span);
  return span;
}

/** Hands out a slot. `span.touched` stays for the caller to see whether the slot was in use before. */
function take_slot(span: Span): u32 {
  let word: u32 = 0;
  while (span.bitmap[word] == 0xffffffff) word++;
  const bit = <u32>ctz(~span.bitmap[word]);
  span.bitmap[word] |= 1 << bit;
  span.used++;
  return word * 32 + bit;
}

function allocate_slot(size: u32, zeroed: bool): usize {
  const index = size_class(size);
  let span = partial[index];
  if (!span) span = new_slot_page(index);
  if (!span) return 0;
  const slot = take_slot(span);
  if (span.used == span.slots) partial[index] = list_remove(partial[index], span);
  const block = span.address + slot * span.slot_size;
  const clean = span.fresh && slot >= span.touched;
  if (slot >= span.touched) span.touched = slot + 1;
  if (zeroed && !clean) memset(block, 0, span.slot_size);
  return block;
}

function allocate_pages(size: u32, zeroed: bool): usize {
  const pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
  let span: Span | null = null;
  if (size < MAP_MIN) span = span_allocate(pages, SpanUse.BLOCK);
  if (!span) span = span_map(pages);
  if (!span) return 0;
  if (zeroed && !span.fresh) memset(span.address, 0, size);
  span.fresh = false; // it is the program's now
  return span.address;
}

function allocate(size: u32, zeroed: bool): usize {
  let block: usize = 0;
  if (size == 0) size = 1;
  if (size <= SLOT_MAX) block = allocate_slot(size, zeroed);
  else if (size <= SIZE_MAX) block = allocate_pages(size, zeroed);
  if (block == 0) set_errno(Errno.ENOMEM);
  return block;
}

/** `size` bytes aligned to 16, or 0 with errno ENOMEM. Blocks above 2048 bytes begin on a page. */
export function malloc(size: u32): usize {
  return allocate(size, false);
}

/** As malloc for `count * size` bytes, which read as zero; pages that the kernel has just given are not touched for it. */
export function calloc(count: u32, size: u32): usize {
  const total = <u64>count * size;
  if (total > SIZE_MAX) {
    set_errno(Errno.ENOMEM);
    return 0;
  }
  return allocate(<u32>total, true);
}

/** A program that frees what it does not own is wrong in a way that gets worse later: stop it here. */
function misuse(message: string): void {
  write(STDERR_FILENO, addr(message), strlen(message));
  abort();
}

/** The span of a block that malloc returned; the program does not get past a pointer that is something else. */
function owner(block: usize): Span {
  const span = span_at(block >> PAGE_SHIFT);
  if (!span) misuse("free(): invalid pointer\n");
  const found = changetype<Span>(span);
  if (found.use == SpanUse.FREE) misuse("free(): double free detected\n");
  const offset = block - found.address;
  if (found.use != SpanUse.SLOTS) {
    if (offset != 0) misuse("free(): invalid pointer\n");
    return found;
  }
  const slot = offset / found.slot_size;
  if (offset % found.slot_size != 0 || slot >= found.slots) misuse("free(): invalid pointer\n");
  if (((found.bitmap[slot >> 5] >> (slot & 31)) & 1) == 0) misuse("free(): double free detected\n");
  return found;
}

function free_slot(span: Span, block: usize): void {
  const index = size_class(span.slot_size);
  const slot = (block - span.address) / span.slot_size;
  span.bitmap[slot >> 5] &= ~(1 << (slot & 31));
  if (span.used == span.slots) partial[index] = list_push(partial[index], span);
  span.used--;
  if (span.used > 0) return;
  partial[index] = list_remove(partial[index], span);
  span_release(span);
}

export function free(block: usize): void {
  if (block == 0) return;
  const span = owner(block);
  if (span.use == SpanUse.SLOTS) free_slot(span, block);
  else if (span.use == SpanUse.BLOCK) span_release(span);
  else {
    munmap(span.address, span.pages << PAGE_SHIFT);
    span_unmapped(span);
  }
}

/** Bytes the block really has, at least what was asked for. */
export function malloc_usable_size(block: usize): u32 {
  if (block == 0) return 0;
  const span = owner(block);
  return span.use == SpanUse.SLOTS ? span.slot_size : span.pages << PAGE_SHIFT;
}

/** Resizes where the block is, when that is possible without copying. */
function resize_in_place(span: Span, size: u32): bool {
  const pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
  if (span.use == SpanUse.SLOTS) return size <= span.slot_size && size > span.slot_size >> 1;
  if (size <= SLOT_MAX) return false;
  if (span.use == SpanUse.BLOCK) {
    return pages <= span.pages ? span_shrink(span, pages) : span_extend(span, pages - span.pages);
  }
  if (pages == span.pages) return true;
  const moved = mremap(span.address, span.pages << PAGE_SHIFT, pages << PAGE_SHIFT, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) return false;
  span_moved(span, moved, pages);
  return true;
}

/** As in C: keeps the content up to the shorter size; realloc(0, n) is malloc(n); realloc(p, 0) frees and returns 0. */
export function realloc(block: usize, size: u32): usize {
  if (block == 0) return malloc(size);
  if (size == 0) {
    free(block);
    return 0;
  }
  const span = owner(block);
  if (size <= SIZE_MAX && resize_in_place(span, size)) return span.use == SpanUse.SLOTS ? block : span.address;
  const copy = malloc(size);
  if (copy == 0) return 0;
  const old_size = malloc_usable_size(block);
  memcpy(copy, block, old_size < size ? old_size : size);
  free(block);
  return copy;
}
