// Physical memory: the interface everyone else allocates frames through. The allocator behind it is the buddy system.
import { buddy_alloc, buddy_free, buddy_free_range, buddy_nr_free } from "./buddy";
import { page2kva, page2ppn, Page, page_plus, PG } from "./page";
import { clear_page } from "../lib/string";
import { panic } from "../lib/panic";

/** One frame with one reference, contents undefined; null when memory is out. */
export function alloc_page(): Page | null {
  const page = buddy_alloc(0);
  if (page) page.count = 1;
  return page;
}

/** One zeroed frame with one reference. */
export function alloc_zeroed_page(): Page | null {
  const page = alloc_page();
  if (page) clear_page(page2kva(page));
  return page;
}

/** `n` adjacent frames, each with one reference; null when no such run is free. */
export function alloc_pages(n: u32): Page | null {
  let order: u32 = 0;
  while ((<u32>1) << order < n) order++;
  const page = buddy_alloc(order);
  if (!page) return null;
  const rest = ((<u32>1) << order) - n;
  if (rest) buddy_free_range(page_plus(page, n), rest);
  for (let i: u32 = 0; i < n; i++) page_plus(page, i).count = 1;
  return page;
}

/** Gives back `n` adjacent frames that have no other user. */
export function free_pages(page: Page, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const each = page_plus(page, i);
    if (each.count != 1) panic("free_pages: frame %x has %u references", page2ppn(each), each.count);
    each.count = 0;
    each.flags = 0;
  }
  buddy_free_range(page, n);
}

/** Takes one more reference. */
export function page_get(page: Page): void {
  page.count++;
}

/** Drops one reference; the last one frees the frame. */
export function page_put(page: Page): void {
  if (!page.count) panic("page_put: frame %x is free", page2ppn(page));
  if (--page.count == 0) {
    if (page.flags & PG.RESERVED) {
      page.count = 1; // not the allocator's: stays
      return;
    }
    page.flags = 0;
    buddy_free(page, 0);
  }
}

export function nr_free_pages(): u32 {
  return buddy_nr_free();
}
