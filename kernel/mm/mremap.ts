// mremap: a mapping made longer, shorter, or moved with its pages.
import { EFAULT, EINVAL, ENOMEM } from "../lib/errno";
import { page_up, PGSIZE, USER_LIMIT } from "./memlayout";
import { vma_copy } from "./mm";
import { do_munmap, find_vma_overlap, get_unmapped_area, merge_vma } from "./mmap";
import { get_pte, tlb_flush } from "./paging";
import { find_vma, insert_vma_struct, mm_struct, vma_struct, VM_ZERO_TAIL } from "./vma";

const MREMAP_MAYMOVE: u32 = 1;
const MREMAP_FIXED: u32 = 2;

/** Takes the entries of [from, from + size) to `to`; false when a page table cannot be had (what has moved has moved). */
function move_pages(mm: mm_struct, from: usize, to: usize, size: u32): bool {
  for (let offset: u32 = 0; offset < size; offset += PGSIZE) {
    const pte = get_pte(mm.pgdir, from + offset, false);
    if (!pte || !load<u32>(pte)) continue;
    const target = get_pte(mm.pgdir, to + offset, true);
    if (!target) return false;
    store<u32>(target, load<u32>(pte));
    store<u32>(pte, 0);
  }
  tlb_flush(mm.pgdir);
  return true;
}

/** Moves [address, address + old_size), which is in `vma`, to `to`, where it is `new_size` long. */
function move_vma(mm: mm_struct, vma: vma_struct, address: usize, old_size: u32, to: usize, new_size: u32): u32 {
  const copy = vma_copy(vma);
  if (!copy) return -ENOMEM;
  copy.vm_start = to;
  copy.vm_end = to + new_size;
  copy.vm_offset = vma.vm_offset + (address - vma.vm_start);
  insert_vma_struct(mm, copy);
  const kept = old_size < new_size ? old_size : new_size;
  if (!move_pages(mm, address, to, kept)) {
    move_pages(mm, to, address, kept); // the tables for the way back exist
    do_munmap(mm, to, new_size);
    return -ENOMEM;
  }
  do_munmap(mm, address, old_size);
  merge_vma(mm, copy);
  return to;
}

/** mremap: the new address, or -errno. */
export function do_mremap(
  mm: mm_struct,
  address: usize,
  old_length: u32,
  new_length: u32,
  flags: u32,
  new_address: usize,
): u32 {
  if (address & (PGSIZE - 1) || flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || !new_length) return -EINVAL;
  if (old_length > USER_LIMIT || new_length > USER_LIMIT) return -EINVAL;
  const old_size = page_up(old_length);
  const new_size = page_up(new_length);
  const vma = find_vma(mm, address);
  if (!vma || !old_size || old_size > vma.vm_end - address) return -EFAULT;
  if (vma.vm_flags & VM_ZERO_TAIL) return -EINVAL; // where a program's data ends stays where it is
  if (flags & MREMAP_FIXED) {
    const disjoint = new_address + new_size <= address || address + old_size <= new_address;
    if (!(flags & MREMAP_MAYMOVE) || new_address & (PGSIZE - 1) || !disjoint) return -EINVAL;
    if (new_size > USER_LIMIT || new_address > USER_LIMIT - new_size) return -EINVAL;
    const error = do_munmap(mm, new_address, new_size);
    return error < 0 ? error : move_vma(mm, find_vma(mm, address)!, address, old_size, new_address, new_size);
  }
  if (new_size <= old_size) {
    return new_size < old_size && do_munmap(mm, address + new_size, old_size - new_size) < 0 ? -ENOMEM : address;
  }
  const end = address + new_size;
  if (
    address + old_size == vma.vm_end &&
    end <= USER_LIMIT &&
    end > address &&
    !find_vma_overlap(mm, vma.vm_end, end)
  ) {
    mm.total_vm += (end - vma.vm_end) >> 12;
    vma.vm_end = end;
    merge_vma(mm, vma);
    return address;
  }
  if (!(flags & MREMAP_MAYMOVE)) return -ENOMEM;
  const to = get_unmapped_area(mm, 0, new_size);
  return to ? move_vma(mm, vma, address, old_size, to, new_size) : -ENOMEM;
}
