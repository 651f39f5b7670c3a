// Takes stock of physical memory: maps it, builds mem_map and hands every usable frame to the allocator.
import { boot_modules, boot_range, boot_ranges, get_boot_module } from "../boot/multiboot";
import { panic } from "../lib/panic";
import { printk } from "../lib/printk";
import { memset } from "../lib/string";
import { buddy_free_range, buddy_init } from "./buddy";
import { kaddr, kernel_end, KMEMSIZE, paddr, page_down, page_up, PGSIZE } from "./memlayout";
import { npage, PAGE_STRUCT_SHIFT, page_of_ppn, PG, set_mem_map } from "./page";
import { kernel_page_tables, paging_init } from "./paging";
import { nr_free_pages } from "./pmm";

const KERNEL_START: usize = 0x100000;

/** What the kernel keeps for itself: page tables and mem_map, adjacent. */
let boot_area_start: usize = 0;
let boot_area_end: usize = 0;

/** First place above the kernel image with `size` bytes that no module occupies and that is memory. Physical. */
function find_boot_area(size: usize): usize {
  let start = page_up(paddr(kernel_end()));
  for (let again = true; again;) {
    again = false;
    for (let i: u32 = 0; i < boot_modules(); i++) {
      const module = get_boot_module(i);
      if (start < module.end && module.start < start + size) {
        start = page_up(module.end);
        again = true;
      }
    }
  }
  for (let i: u32 = 0; i < boot_ranges(); i++) {
    const range = boot_range(i);
    if (range.start <= start && start + size <= range.end) return start;
  }
  panic("not enough memory: %u KiB for page tables do not fit behind the modules", size >> 10);
  return 0;
}

function mark(start: usize, end: usize, flags: u32): void {
  for (let ppn = start >> 12; ppn < end >> 12 && ppn < npage; ppn++) page_of_ppn(ppn).flags = flags;
}

export function pmm_init(): void {
  let limit: usize = 0;
  for (let i: u32 = 0; i < boot_ranges(); i++) {
    const range = boot_range(i);
    if (range.end > limit) limit = page_down(range.end);
  }
  const total = limit;
  if (limit > KMEMSIZE) limit = KMEMSIZE;

  const tables = kernel_page_tables(limit) << 12;
  const map_size = page_up((limit >> 12) << PAGE_STRUCT_SHIFT);
  boot_area_start = find_boot_area(tables + map_size);
  boot_area_end = boot_area_start + tables + map_size;
  paging_init(limit, boot_area_start);

  const map = kaddr(boot_area_start + tables);
  memset(map, 0, map_size);
  set_mem_map(map, limit >> 12);
  for (let ppn: u32 = 0; ppn < npage; ppn++) {
    page_of_ppn(ppn).flags = PG.RESERVED;
    page_of_ppn(ppn).count = 1;
  }
  for (let i: u32 = 0; i < boot_ranges(); i++) {
    const range = boot_range(i);
    // page 0 stays out: a frame number of 0 should never be a real frame
    mark(range.start < PGSIZE ? PGSIZE : page_up(range.start), page_down(range.end), 0);
  }
  mark(KERNEL_START, page_up(paddr(kernel_end())), PG.RESERVED);
  mark(boot_area_start, boot_area_end, PG.RESERVED);
  for (let i: u32 = 0; i < boot_modules(); i++) {
    const module = get_boot_module(i);
    mark(page_down(module.start), page_up(module.end), PG.RESERVED);
  }

  buddy_init();
  let ppn: u32 = 0;
  while (ppn < npage) {
    const first = ppn;
    while (ppn < npage && !(page_of_ppn(ppn).flags & PG.RESERVED)) page_of_ppn(ppn++).count = 0;
    if (ppn > first) buddy_free_range(page_of_ppn(first), ppn - first);
    ppn++;
  }
  printk(
    "memory: %u KiB, %u frames free, kernel %u KiB, page tables and mem_map %u KiB\n",
    limit >> 10,
    nr_free_pages(),
    (paddr(kernel_end()) - KERNEL_START) >> 10,
    (tables + map_size) >> 10,
  );
  if (total > limit) printk("memory: %u KiB above 896 MiB are not used\n", (total - limit) >> 10);
}

/** Frames the kernel keeps for itself from the start: image, page tables, mem_map. */
export function kernel_frames(): u32 {
  return (page_up(paddr(kernel_end())) - KERNEL_START + boot_area_end - boot_area_start) >> 12;
}
