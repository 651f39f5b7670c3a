// Page cache: the pages of a file that are in memory, by page number. Mappings of one file share them.
//
// A file of the initrd is in memory already: where a page of it happens to lie on a page boundary, its frame in the
// initrd is the cached page. Otherwise the page is copied once.
import { kfree, kzalloc } from "../mm/kmalloc";
import { paddr, PGSIZE } from "../mm/memlayout";
import { Page, pa2page, page2kva, PG } from "../mm/page";
import { alloc_page, page_put } from "../mm/pmm";
import { memcpy, memset } from "../lib/string";
import { inode } from "./inode";

/** The cached page `index` of the file, or null. The reference stays the cache's. */
export function filemap_find(file: inode, index: u32): Page | null {
  if (index < file.nr_pages) {
    const page = file.pages[index];
    if (page) return changetype<Page>(page);
  }
  const data = file.data + (index << 12);
  if (file.data && !(data & (PGSIZE - 1)) && (index + 1) << 12 <= file.size) return pa2page(paddr(data));
  return null;
}

/** Makes the page `index`, which is not cached but within the file. Null when out of memory. */
export function filemap_fill(file: inode, index: u32): Page | null {
  if (!file.nr_pages) {
    const pages = (file.size + PGSIZE - 1) >> 12;
    const array = kzalloc(pages << 2);
    if (!array) return null;
    file.pages = changetype<Arr<usize>>(array);
    file.nr_pages = pages;
  }
  if (index >= file.nr_pages) return null;
  const page = alloc_page();
  if (!page) return null;
  const kva = page2kva(page);
  const offset = index << 12;
  let valid: u32 = 0;
  if (file.data && offset < file.size) {
    valid = file.size - offset < PGSIZE ? file.size - offset : PGSIZE;
    memcpy(kva, file.data + offset, valid);
  }
  memset(kva + valid, 0, PGSIZE - valid);
  page.flags = PG.CACHE;
  page.index = index;
  file.pages[index] = addr(page);
  return page;
}

/** Drops all cached pages. */
export function filemap_free(file: inode): void {
  if (!file.nr_pages) return;
  for (let i: u32 = 0; i < file.nr_pages; i++) {
    const page = file.pages[i];
    if (page) page_put(changetype<Page>(page));
  }
  kfree(addr(file.pages));
  file.nr_pages = 0;
}
