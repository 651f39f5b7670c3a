// Ranges: sorted, found, cached; split and merged by munmap and mprotect.
import { kfree, kzalloc } from "../kmalloc";
import { MMAP_TOP, PGSIZE } from "../memlayout";
import { mm_create, mm_put } from "../mm";
import { do_brk, do_mmap, do_mprotect, do_munmap, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../mmap";
import {
  find_vma,
  insert_vma_struct,
  le2vma,
  mm_list_init,
  mm_struct,
  remove_vma_struct,
  vma_create,
  VM_READ,
  VM_WRITE,
} from "../vma";
import { list_empty } from "../../lib/list";
import { check } from "./selfcheck";

/** uCore's check_vma_struct: a hundred ranges inserted out of order. */
export function check_vma(): void {
  const mm = changetype<mm_struct>(kzalloc(offsetof<mm_struct>()));
  mm_list_init(mm);
  for (let i: u32 = 10; i >= 1; i--) insert_vma_struct(mm, vma_create(i * 5, i * 5 + 2, 0)!);
  for (let i: u32 = 11; i <= 100; i++) insert_vma_struct(mm, vma_create(i * 5, i * 5 + 2, 0)!);
  let link = mm.mmap_list.next;
  for (let i: u32 = 1; i <= 100; i++) {
    check(addr(link) != addr(mm.mmap_list), "all ranges are in the list");
    const vma = le2vma(link);
    check(vma.vm_start == i * 5 && vma.vm_end == i * 5 + 2 && vma.vm_mm == mm, "ranges are sorted");
    link = link.next;
  }
  check(mm.map_count == 100, "ranges are counted");
  for (let i: u32 = 5; i <= 500; i += 5) {
    const first = find_vma(mm, i);
    check(first != null && first == find_vma(mm, i + 1), "both addresses of a range find it");
    check(mm.mmap_cache == first, "the last one found is cached");
    check(!find_vma(mm, i + 2) && !find_vma(mm, i + 3) && !find_vma(mm, i + 4), "holes are holes");
  }
  check(!find_vma(mm, 4) && !find_vma(mm, 0), "nothing below the first");
  while (!list_empty(mm.mmap_list)) remove_vma_struct(mm, le2vma(mm.mmap_list.next));
  check(!mm.mmap_cache, "a removed range is not cached");
  kfree(addr(mm));
}

function map(mm: mm_struct, address: usize, pages: u32): usize {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED : 0);
  return do_mmap(mm, address, pages * PGSIZE, VM_READ | VM_WRITE, flags, null, 0);
}

export function check_mmap(): void {
  const mm = mm_create()!;
  const a = map(mm, 0, 10);
  check(a == MMAP_TOP - 10 * PGSIZE, "mmap begins at the top");
  const b = map(mm, 0, 5);
  check(b == a - 5 * PGSIZE && mm.map_count == 1, "neighbours of one kind merge");
  check(do_mprotect(mm, b + 2 * PGSIZE, 3 * PGSIZE, VM_READ) == 0 && mm.map_count == 3, "mprotect splits");
  check(find_vma(mm, b + 3 * PGSIZE)!.vm_flags == VM_READ, "the middle part has the new rights");
  check(do_mprotect(mm, b, 15 * PGSIZE, VM_READ | VM_WRITE) == 0 && mm.map_count == 1, "and merges again");
  check(do_munmap(mm, b + 4 * PGSIZE, PGSIZE) == 0 && mm.map_count == 2, "munmap cuts a hole");
  check(!find_vma(mm, b + 4 * PGSIZE) && mm.total_vm == 14, "the hole is empty");
  check(do_mprotect(mm, b, 15 * PGSIZE, VM_READ) < 0, "mprotect does not cross a hole");
  check(find_vma(mm, b)!.vm_flags == VM_READ && find_vma(mm, a)!.vm_flags != VM_READ, "but goes up to it");
  check(do_mprotect(mm, b, 4 * PGSIZE, VM_READ | VM_WRITE) == 0, "the part before it is whole");
  check(map(mm, b + 4 * PGSIZE, 1) == b + 4 * PGSIZE && mm.map_count == 1, "filled in, it is whole");
  check(do_munmap(mm, b, 15 * PGSIZE) == 0 && mm.map_count == 0 && mm.total_vm == 0, "all gone");
  mm.start_brk = 0x09000000;
  mm.brk = 0x09000000;
  check(do_brk(mm, 0x09000123) == 0x09000123 && find_vma(mm, 0x09000fff) != null, "brk grows by pages");
  check(do_brk(mm, 0x09003000) == 0x09003000 && mm.map_count == 1, "the heap is one range");
  check(do_brk(mm, 0x09001000) == 0x09001000 && !find_vma(mm, 0x09001000), "brk shrinks");
  check(do_brk(mm, 0x08000000) == 0x09001000, "not below its start");
  mm_put(mm);
}
