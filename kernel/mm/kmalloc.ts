// kmalloc: slabs of one page for sizes up to 2 KiB in powers of two, whole pages above.
//
// An object needs no header: its page's struct Page says which size class it belongs to. Free objects are chained
// through their first word.
import { list_add_after, list_del, list_empty, list_entry_t, list_init } from "../lib/list";
import { panic } from "../lib/panic";
import { memset } from "../lib/string";
import { PGSIZE, page_down } from "./memlayout";
import { kva2page, link2page, Page, page2kva, PG } from "./page";
import { alloc_page, alloc_pages, free_pages, page_put } from "./pmm";

const MIN_SHIFT: u32 = 4;
const CLASSES: u32 = 8; // 16, 32, ... 2048
const MAX_SLAB_SIZE: u32 = 2048;

@unmanaged
class kmem_cache {
  /** Slabs with at least one free and one used object. */
  @embed partial: list_entry_t;
  /** One empty slab is kept so that alloc/free in turns does not go through the page allocator. */
  spare: Page | null;
  slabs: u32;
}

const caches = changetype<StructArr<kmem_cache>>(memory.data(8 * 16, 16));
/** Bytes handed out and not yet freed, rounded up to the size classes. */
let in_use: u32 = 0;

export function kmalloc_init(): void {
  for (let i: u32 = 0; i < CLASSES; i++) list_init(caches[i].partial);
}

function new_slab(index: u32): Page | null {
  const page = alloc_page();
  if (!page) return null;
  const size: u32 = (<u32>1) << (index + MIN_SHIFT);
  const start = page2kva(page);
  page.flags = PG.SLAB;
  page.order = index;
  page.inuse = 0;
  page.freelist = start;
  let at = start;
  for (const last = start + PGSIZE - size; at < last; at += size) store<usize>(at, at + size);
  store<usize>(at, 0);
  caches[index].slabs++;
  return page;
}

function free_slab(page: Page): void {
  caches[page.order].slabs--;
  page_put(page);
}

/** `n` bytes, aligned to the next power of two (at most a page); contents undefined. 0 when memory is out. */
export function kmalloc(n: u32): usize {
  if (n > MAX_SLAB_SIZE) return kmalloc_pages(n);
  const index: u32 = n <= 16 ? 0 : 28 - clz<u32>(n - 1);
  const cache = caches[index];
  let page: Page;
  if (list_empty(cache.partial)) {
    const fresh = cache.spare ? cache.spare : new_slab(index);
    if (!fresh) return 0;
    cache.spare = null;
    page = fresh;
    list_add_after(cache.partial, page.link);
  } else {
    page = link2page(cache.partial.next);
  }
  const object = page.freelist;
  page.freelist = load<usize>(object);
  page.inuse++;
  if (!page.freelist) list_del(page.link);
  in_use += (<u32>1) << (index + MIN_SHIFT);
  return object;
}

function kmalloc_pages(n: u32): usize {
  const pages = (n + PGSIZE - 1) >> 12;
  const page = alloc_pages(pages);
  if (!page) return 0;
  page.flags = PG.LARGE;
  page.order = pages;
  in_use += pages << 12;
  return page2kva(page);
}

/** The same, zeroed. */
export function kzalloc(n: u32): usize {
  const object = kmalloc(n);
  if (object) memset(object, 0, n);
  return object;
}

/** Frees what kmalloc gave; 0 is allowed. */
export function kfree(object: usize): void {
  if (!object) return;
  const page = kva2page(page_down(object));
  if (page.flags & PG.LARGE) {
    in_use -= page.order << 12;
    free_pages(page, page.order);
    return;
  }
  if (!(page.flags & PG.SLAB)) panic("kfree: %p did not come from kmalloc", object);
  const cache = caches[page.order];
  if (!page.freelist) list_add_after(cache.partial, page.link);
  store<usize>(object, page.freelist);
  page.freelist = object;
  in_use -= (<u32>1) << (page.order + MIN_SHIFT);
  if (--page.inuse == 0) {
    list_del(page.link);
    if (cache.spare) free_slab(page);
    else cache.spare = page;
  }
}

/** Gives the spare slabs back. Afterwards kmalloc holds no frame without a live object in it. */
export function kmalloc_shrink(): void {
  for (let i: u32 = 0; i < CLASSES; i++) {
    const spare = caches[i].spare;
    caches[i].spare = null;
    if (spare) free_slab(spare);
  }
}

export function kmalloc_in_use(): u32 {
  return in_use;
}
