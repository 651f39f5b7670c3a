// struct Page: one per physical frame, in an array indexed by frame number.
import { list_entry_t } from "../lib/list";
import { KERNBASE } from "./memlayout";

/** 32 bytes, so that page number and address convert by shifts. */
@unmanaged
export class Page {
  /** References: page table entries, the page cache, or the one owner of a kernel page. 0 = free. */
  count: u32;
  flags: u32;
  /** Free block: log2 of its pages. Slab: its size class. Large kmalloc block: its pages. */
  order: u32;
  /** Slab: objects in use. */
  inuse: u32;
  /** Buddy free list, or the size class's list of slabs with room. */
  @embed link: list_entry_t;
  /** Slab: first free object. */
  freelist: usize;
  /** Page cache: the inode; its page number in the file is in `index`... kept together for the reverse map. */
  index: u32;
}

export const PAGE_STRUCT_SHIFT: u32 = 5;

export const enum PG {
  /** Not the allocator's: holes, the kernel image, the initrd, mem_map itself. Never freed. */
  RESERVED = 1,
  /** First page of a free block of the buddy allocator. */
  BUDDY = 2,
  /** Carved up by kmalloc. */
  SLAB = 4,
  /** First page of a kmalloc block of whole pages. */
  LARGE = 8,
  /** Belongs to the page cache of a file. */
  CACHE = 16,
}

/** mem_map and its length; set once by pmm_init. */
let mem_map: usize = 0;
export let npage: u32 = 0;

export function set_mem_map(address: usize, pages: u32): void {
  mem_map = address;
  npage = pages;
}

export function page_of_ppn(ppn: u32): Page {
  return changetype<Page>(mem_map + (ppn << PAGE_STRUCT_SHIFT));
}
export function page2ppn(page: Page): u32 {
  return (addr(page) - mem_map) >> PAGE_STRUCT_SHIFT;
}
export function page2pa(page: Page): usize {
  return page2ppn(page) << 12;
}
export function pa2page(physical: usize): Page {
  return page_of_ppn(physical >> 12);
}
export function page2kva(page: Page): usize {
  return page2pa(page) + KERNBASE;
}
export function kva2page(address: usize): Page {
  return pa2page(address - KERNBASE);
}
/** The struct Page that is `n` frames after `page`. */
export function page_plus(page: Page, n: u32): Page {
  return changetype<Page>(addr(page) + (n << PAGE_STRUCT_SHIFT));
}
export function link2page(link: list_entry_t): Page {
  return changetype<Page>(addr(link) - offsetof<Page>("link"));
}
