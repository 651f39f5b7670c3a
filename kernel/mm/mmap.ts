// Changing an address space: mmap, munmap, mprotect, brk. Ranges are split where a change cuts through them and merged
// with neighbours they have become equal to.
import { inode, inode_create, inode_get, S_IFREG } from "../fs/inode";
import { EACCES, EEXIST, EINVAL, ENOMEM } from "../lib/errno";
import { MMAP_BOTTOM, MMAP_MIN, MMAP_TOP, page_down, page_up, PGSIZE, STACK_GUARD_GAP, USER_LIMIT } from "./memlayout";
import { vma_copy } from "./mm";
import { pdx, PTE, pte_addr } from "./mmu";
import { pa2page } from "./page";
import { get_pte, tlb_flush, tlb_invalidate, unmap_range } from "./paging";
import { page_put } from "./pmm";
import {
  find_vma,
  find_vma_from,
  insert_vma_struct,
  le2vma,
  mm_struct,
  remove_vma_struct,
  vma_create,
  vma_destroy,
  VmaKind,
  vma_next,
  vma_prev,
  vma_struct,
  VM_ACCESS,
  VM_GROWSDOWN,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  VM_ZERO_TAIL,
} from "./vma";

export const MAP_SHARED: u32 = 0x01;
export const MAP_PRIVATE: u32 = 0x02;
export const MAP_TYPE: u32 = 0x0f;
export const MAP_FIXED: u32 = 0x10;
export const MAP_ANONYMOUS: u32 = 0x20;
export const MAP_FIXED_NOREPLACE: u32 = 0x100000;

const PROT_MASK: u32 = 7; // PROT_READ, PROT_WRITE, PROT_EXEC are VM_READ, VM_WRITE, VM_EXEC
const PROT_KNOWN: u32 = 0x0300000f; // and PROT_SEM, GROWSDOWN, GROWSUP, which mean nothing here
const MAX_MAP_COUNT: i32 = 65530;

/** True when some range has a page in [start, end). */
export function find_vma_overlap(mm: mm_struct, start: usize, end: usize): bool {
  const vma = find_vma_from(mm, start);
  return vma != null && vma.vm_start < end;
}

/** Room for `length` bytes: at `hint` if that is free, else as high as possible below MMAP_TOP. 0: none. */
export function get_unmapped_area(mm: mm_struct, hint: usize, length: usize): usize {
  hint = page_down(hint);
  if (hint >= MMAP_MIN && length <= USER_LIMIT - hint && !find_vma_overlap(mm, hint, hint + length)) return hint;
  let limit = MMAP_TOP;
  const head = mm.mmap_list;
  for (let link = head.prev; addr(link) != addr(head); link = link.prev) {
    const vma = le2vma(link);
    if (vma.vm_end <= limit && limit - vma.vm_end >= length) break;
    if (vma.vm_start < limit) limit = vma.vm_start;
  }
  // nothing may come between the heap and its growth for no reason: programs and heaps start below MMAP_BOTTOM
  return limit >= length && limit - length >= MMAP_BOTTOM ? limit - length : 0;
}

/** Cuts `vma` at `at`, strictly inside: it keeps the lower part. False when out of memory. */
function split_vma(mm: mm_struct, vma: vma_struct, at: usize): bool {
  const upper = vma_copy(vma);
  if (!upper) return false;
  mm.total_vm -= (vma.vm_end - at) >> 12;
  upper.vm_start = at;
  upper.vm_offset += at - vma.vm_start;
  vma.vm_end = at;
  // the upper part of a stack is the stack; what is below has its bottom for good
  if (vma.vm_flags & VM_GROWSDOWN) vma.vm_flags &= ~VM_GROWSDOWN;
  insert_vma_struct(mm, upper);
  return true;
}

function can_merge(below: vma_struct, above: vma_struct): bool {
  if (below.vm_end != above.vm_start || below.vm_flags != above.vm_flags || below.vm_kind != above.vm_kind)
    return false;
  if (below.vm_file != above.vm_file || below.vm_flags & (VM_ZERO_TAIL | VM_GROWSDOWN)) return false;
  return !below.vm_file || below.vm_offset + (below.vm_end - below.vm_start) == above.vm_offset;
}

/** Makes one of `vma` and its neighbours where they continue each other. */
export function merge_vma(mm: mm_struct, vma: vma_struct): void {
  const above = vma_next(vma);
  if (above && can_merge(vma, above)) absorb(mm, vma, above);
  const below = vma_prev(vma);
  if (below && can_merge(below, vma)) absorb(mm, below, vma);
}

function absorb(mm: mm_struct, below: vma_struct, above: vma_struct): void {
  const end = above.vm_end;
  remove_vma_struct(mm, above);
  mm.total_vm += (end - below.vm_end) >> 12;
  below.vm_end = end;
}

/** mmap2: the address, or -errno. `offset` in bytes; `file` null for anonymous memory. */
export function do_mmap(
  mm: mm_struct,
  address: usize,
  length: u32,
  prot: u32,
  flags: u32,
  file: inode | null,
  offset: u32,
): u32 {
  const type = flags & MAP_TYPE;
  if (!length || prot & ~PROT_KNOWN || (type != MAP_SHARED && type != MAP_PRIVATE)) return -EINVAL;
  if (length > USER_LIMIT) return -ENOMEM;
  const size = page_up(length);
  if (mm.map_count >= MAX_MAP_COUNT) return -ENOMEM;
  if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
    if (address & (PGSIZE - 1) || size > USER_LIMIT || address > USER_LIMIT - size) return -EINVAL;
    if (address < MMAP_MIN) return -EACCES;
    if (flags & MAP_FIXED_NOREPLACE) {
      if (find_vma_overlap(mm, address, address + size)) return -EEXIST;
    } else {
      const error = do_munmap(mm, address, size);
      if (error < 0) return error;
    }
  } else {
    address = get_unmapped_area(mm, address, size);
    if (!address) return -ENOMEM;
  }
  const vma = vma_create(address, address + size, (prot & PROT_MASK) | (type == MAP_SHARED ? VM_SHARED : 0));
  if (!vma) return -ENOMEM;
  if (file) {
    inode_get(file);
    vma.vm_file = file;
    vma.vm_offset = offset;
  } else if (type == MAP_SHARED) {
    // the pages belong to a nameless file, so that parent and child find the same ones
    const shared = inode_create(S_IFREG);
    if (!shared) {
      vma_destroy(vma);
      return -ENOMEM;
    }
    shared.size = size;
    vma.vm_file = shared;
  }
  insert_vma_struct(mm, vma);
  merge_vma(mm, vma);
  return address;
}

/** Makes page boundaries of ranges at `start` and `end`. */
function split_at(mm: mm_struct, start: usize, end: usize): bool {
  const first = find_vma(mm, start);
  if (first && first.vm_start < start && !split_vma(mm, first, start)) return false;
  const last = find_vma(mm, end);
  if (last && last.vm_start < end && !split_vma(mm, last, end)) return false;
  return true;
}

/** munmap: 0 or -errno. Holes in the range are no error. */
export function do_munmap(mm: mm_struct, start: usize, length: u32): i32 {
  if (start & (PGSIZE - 1) || !length || start > USER_LIMIT || length > USER_LIMIT - start) return -EINVAL;
  const end = start + page_up(length);
  if (!split_at(mm, start, end)) return -ENOMEM;
  for (;;) {
    const vma = find_vma_from(mm, start);
    if (!vma || vma.vm_start >= end) break;
    unmap_range(mm.pgdir, vma.vm_start, vma.vm_end);
    remove_vma_struct(mm, vma);
  }
  free_unused_tables(mm, start, end);
  return 0;
}

/** Frees the page tables of [start, end) that no range needs any more. */
function free_unused_tables(mm: mm_struct, start: usize, end: usize): void {
  for (let i = pdx(start); i <= pdx(end - 1); i++) {
    const pde = mm.pgdir[i];
    if (!(pde & PTE.P) || find_vma_overlap(mm, i << 22, (i + 1) << 22)) continue;
    mm.pgdir[i] = 0;
    tlb_invalidate(mm.pgdir, i << 22); // also drops cached directory entries
    page_put(pa2page(pte_addr(pde)));
  }
}

/** Gives the pages of [start, end) the rights of `flags`; which pages get W back is decided by the next write fault. */
function change_protection(mm: mm_struct, start: usize, end: usize, flags: u32): void {
  let la = start;
  while (la < end) {
    if (!(mm.pgdir[pdx(la)] & PTE.P)) {
      la = ((la >> 22) + 1) << 22;
      if (!la) break;
      continue;
    }
    const pte = get_pte(mm.pgdir, la, false);
    const entry = load<u32>(pte);
    if (entry & PTE.P) {
      if (!(flags & VM_ACCESS)) store<u32>(pte, (entry & ~(PTE.P | PTE.W)) | PTE.NONE);
      else if (!(flags & VM_WRITE)) store<u32>(pte, entry & ~PTE.W);
    } else if (entry & PTE.NONE && flags & VM_ACCESS) {
      store<u32>(pte, (entry & ~(PTE.NONE | PTE.W)) | PTE.P);
    }
    la += PGSIZE;
  }
  tlb_flush(mm.pgdir);
}

/** Where the ranges that begin at `start` without a hole end, at most `end`; `start` itself when nothing is there. */
function covered_until(mm: mm_struct, start: usize, end: usize): usize {
  let at = start;
  while (at < end) {
    const vma = find_vma(mm, at);
    if (!vma) break;
    at = vma.vm_end;
  }
  return at < end ? at : end;
}

/** mprotect: 0, -EINVAL, -ENOMEM. At a hole it ends with -ENOMEM; what comes before the hole has the new rights, as in Linux. */
export function do_mprotect(mm: mm_struct, start: usize, length: u32, prot: u32): i32 {
  if (start & (PGSIZE - 1) || prot & ~PROT_KNOWN) return -EINVAL;
  if (!length) return 0;
  if (start > USER_LIMIT || length > USER_LIMIT - start) return -ENOMEM;
  const asked = start + page_up(length);
  const end = covered_until(mm, start, asked);
  if (end == start || !split_at(mm, start, end)) return -ENOMEM;
  let vma = find_vma(mm, start);
  while (vma && vma.vm_start < end) {
    vma.vm_flags = (vma.vm_flags & ~PROT_MASK) | (prot & PROT_MASK);
    change_protection(mm, vma.vm_start, vma.vm_end, vma.vm_flags);
    vma = vma_next(vma);
  }
  for (let at = start; at <= end;) {
    const changed = find_vma(mm, at);
    if (!changed) break;
    at = changed.vm_end;
    merge_vma(mm, changed);
  }
  return end == asked ? 0 : -ENOMEM;
}

/**
 * madvise(MADV_DONTNEED): the pages go, the ranges stay; the next touch finds zeroes, or the file again. -ENOMEM when
 * there are holes, which does not keep the rest from being done.
 */
export function do_zap(mm: mm_struct, start: usize, length: u32): i32 {
  if (start & (PGSIZE - 1)) return -EINVAL;
  if (!length) return 0;
  if (start > USER_LIMIT || length > USER_LIMIT - start) return -EINVAL;
  const end = start + page_up(length);
  unmap_range(mm.pgdir, start, end);
  return covered_until(mm, start, end) == end ? 0 : -ENOMEM;
}

/** brk: the end of the heap afterwards, which is `address` if that could be done. */
export function do_brk(mm: mm_struct, address: usize): usize {
  if (address < mm.start_brk || address >= USER_LIMIT) return mm.brk;
  const old_end = page_up(mm.brk);
  const new_end = page_up(address);
  if (new_end < old_end) {
    if (do_munmap(mm, new_end, old_end - new_end) < 0) return mm.brk;
  } else if (new_end > old_end && !grow_heap(mm, old_end, new_end)) {
    return mm.brk;
  }
  mm.brk = address;
  return address;
}

function grow_heap(mm: mm_struct, from: usize, to: usize): bool {
  const above = find_vma_from(mm, from);
  if (above) {
    const gap = above.vm_flags & VM_GROWSDOWN ? STACK_GUARD_GAP : PGSIZE;
    if (above.vm_start < to + gap) return false;
  }
  const vma = vma_create(from, to, VM_READ | VM_WRITE);
  if (!vma) return false;
  vma.vm_kind = VmaKind.HEAP;
  insert_vma_struct(mm, vma);
  merge_vma(mm, vma);
  return true;
}
