// Buddy allocator: free memory as blocks of 2^order pages, aligned to their size. Freeing merges a block with its buddy
// as long as that one is free too, so that memory heals after fragmentation.
import { list_add_after, list_del, list_empty, list_entry_t, list_init } from "../lib/list";
import { link2page, npage, Page, page2ppn, page_of_ppn, page_plus, PG } from "./page";
import { panic } from "../lib/panic";

export const MAX_ORDER: u32 = 11; // blocks of up to 2^10 pages, 4 MiB

@unmanaged
class free_area_t {
  @embed free_list: list_entry_t;
  nr_blocks: u32;
}

const free_area = changetype<StructArr<free_area_t>>(memory.data(11 * 12, 16));
/** Bit n is set when free_area[n] has a block: the smallest sufficient order is one `bsf` away. */
let orders_with_blocks: u32 = 0;
let nr_free: u32 = 0;

export function buddy_init(): void {
  for (let order: u32 = 0; order < MAX_ORDER; order++) {
    list_init(free_area[order].free_list);
    free_area[order].nr_blocks = 0;
  }
}

export function buddy_nr_free(): u32 {
  return nr_free;
}

/** Free blocks of 2^order pages, for /proc/buddyinfo. */
export function buddy_nr_blocks(order: u32): u32 {
  return free_area[order].nr_blocks;
}

function put_block(page: Page, order: u32): void {
  page.flags = PG.BUDDY;
  page.order = order;
  const area = free_area[order];
  list_add_after(area.free_list, page.link);
  area.nr_blocks++;
  orders_with_blocks |= (<u32>1) << order;
}

function take_block(page: Page, order: u32): void {
  const area = free_area[order];
  list_del(page.link);
  page.flags = 0;
  area.nr_blocks--;
  if (list_empty(area.free_list)) orders_with_blocks &= ~((<u32>1) << order);
}

/** A block of 2^order pages, or null. The counts of its pages are still 0. */
export function buddy_alloc(order: u32): Page | null {
  const candidates = orders_with_blocks & ((<u32>0xffffffff) << order);
  if (!candidates) return null;
  let have = ctz<u32>(candidates);
  const page = link2page(free_area[have].free_list.next);
  take_block(page, have);
  while (have > order) {
    have--;
    put_block(page_plus(page, (<u32>1) << have), have);
  }
  nr_free -= (<u32>1) << order;
  return page;
}

export function buddy_free(page: Page, order: u32): void {
  if (page.flags & (PG.BUDDY | PG.RESERVED)) panic("buddy_free: frame %x is free already or reserved", page2ppn(page));
  nr_free += (<u32>1) << order;
  let ppn = page2ppn(page);
  while (order + 1 < MAX_ORDER) {
    const buddy_ppn = ppn ^ ((<u32>1) << order);
    if (buddy_ppn >= npage) break;
    const buddy = page_of_ppn(buddy_ppn);
    if (!(buddy.flags & PG.BUDDY) || buddy.order != order) break;
    take_block(buddy, order);
    ppn &= buddy_ppn;
    order++;
  }
  put_block(page_of_ppn(ppn), order);
}

/** Frees `n` pages from `page` on, whatever their number and alignment. */
export function buddy_free_range(page: Page, n: u32): void {
  let ppn = page2ppn(page);
  while (n) {
    let order: u32 = 0;
    while (order + 1 < MAX_ORDER && !(ppn & ((<u32>1) << order)) && (<u32>2) << order <= n) order++;
    buddy_free(page_of_ppn(ppn), order);
    ppn += (<u32>1) << order;
    n -= (<u32>1) << order;
  }
}
