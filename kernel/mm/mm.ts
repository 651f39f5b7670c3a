// Address spaces: made, shared, copied for fork, destroyed.
import { lcr3 } from "~lib/cpu";
import { inode_get, inode_put } from "../fs/inode";
import { list_empty } from "../lib/list";
import { panic } from "../lib/panic";
import { kfree, kzalloc } from "./kmalloc";
import { kva2page, pa2page } from "./page";
import { boot_pgdir, free_page_tables, get_pte, new_pgdir, pgdir_physical, tlb_flush, unmap_range } from "./paging";
import { page_get, page_put } from "./pmm";
import { PGSIZE } from "./memlayout";
import { pdx, PTE, pte_addr } from "./mmu";
import {
  insert_vma_struct,
  le2vma,
  mm_list_init,
  mm_struct,
  remove_vma_struct,
  vma_create,
  vma_struct,
  VM_SHARED,
  VM_WRITE,
} from "./vma";

/** An empty address space with one user, the kernel's half in place; null when out of memory. */
export function mm_create(): mm_struct | null {
  const mm = changetype<mm_struct | null>(kzalloc(offsetof<mm_struct>()));
  if (!mm) return null;
  const pgdir = new_pgdir();
  if (!pgdir) {
    kfree(addr(mm));
    return null;
  }
  mm.pgdir = pgdir;
  mm.mm_count = 1;
  mm_list_init(mm);
  return mm;
}

/** Gives everything back: pages, page tables, ranges, directory. */
export function mm_destroy(mm: mm_struct): void {
  if (mm == active_mm) mm_switch(null);
  if (mm.mm_count != 0) panic("mm_destroy: %u users left", mm.mm_count);
  exit_mmap(mm);
  const executable = mm.executable;
  if (executable) inode_put(executable);
  page_put(kva2page(addr(mm.pgdir)));
  kfree(addr(mm));
}

/** Removes all ranges with their pages, and the page tables. */
export function exit_mmap(mm: mm_struct): void {
  while (!list_empty(mm.mmap_list)) {
    const vma = le2vma(mm.mmap_list.next);
    unmap_range(mm.pgdir, vma.vm_start, vma.vm_end);
    remove_vma_struct(mm, vma);
  }
  free_page_tables(mm.pgdir);
}

export function mm_get(mm: mm_struct): void {
  mm.mm_count++;
}

export function mm_put(mm: mm_struct): void {
  if (--mm.mm_count == 0) mm_destroy(mm);
}

/** What CR3 points to; null is the kernel's own directory. */
let active_mm: mm_struct | null = null;

/** Makes `mm` the address space in use, if it is not already; null means the kernel's own. */
export function mm_switch(mm: mm_struct | null): void {
  if (mm == active_mm) return;
  active_mm = mm;
  lcr3(pgdir_physical(mm ? mm.pgdir : boot_pgdir));
}

/**
 * Fork's copy: the same ranges, the same frames. Pages that are private and writable become read-only on both sides; who
 * writes first takes a copy (do_pgfault). Null when out of memory; nothing is kept then.
 */
export function dup_mmap(from: mm_struct): mm_struct | null {
  const to = mm_create();
  if (!to) return null;
  to.start_code = from.start_code;
  to.end_code = from.end_code;
  to.start_data = from.start_data;
  to.end_data = from.end_data;
  to.start_brk = from.start_brk;
  to.brk = from.brk;
  to.start_stack = from.start_stack;
  to.arg_start = from.arg_start;
  to.arg_end = from.arg_end;
  to.env_start = from.env_start;
  to.env_end = from.env_end;
  const executable = from.executable;
  if (executable) inode_get(executable);
  to.executable = executable;
  let ok: bool = true;
  const head = from.mmap_list;
  for (let link = head.next; ok && addr(link) != addr(head); link = link.next) {
    const vma = le2vma(link);
    const copy = vma_copy(vma);
    if (!copy) {
      ok = false;
      break;
    }
    insert_vma_struct(to, copy);
    ok = copy_range(to, from, vma);
  }
  // write rights were taken away: cached translations that still have them must go
  tlb_flush(from.pgdir);
  if (ok) return to;
  mm_put(to);
  return null;
}

/** A second vma_struct with the same contents, not inserted anywhere. */
export function vma_copy(vma: vma_struct): vma_struct | null {
  const copy = vma_create(vma.vm_start, vma.vm_end, vma.vm_flags);
  if (!copy) return null;
  copy.vm_kind = vma.vm_kind;
  const file = vma.vm_file;
  if (file) inode_get(file);
  copy.vm_file = file;
  copy.vm_offset = vma.vm_offset;
  copy.vm_file_end = vma.vm_file_end;
  return copy;
}

function copy_range(to: mm_struct, from: mm_struct, vma: vma_struct): bool {
  const private_writable = (vma.vm_flags & (VM_SHARED | VM_WRITE)) == VM_WRITE;
  let la = vma.vm_start;
  while (la < vma.vm_end) {
    if (!(from.pgdir[pdx(la)] & PTE.P)) {
      la = ((la >> 22) + 1) << 22;
      if (!la) break;
      continue;
    }
    const pte = get_pte(from.pgdir, la, false);
    let entry = load<u32>(pte);
    if (entry & (PTE.P | PTE.NONE)) {
      const target = get_pte(to.pgdir, la, true);
      if (!target) return false;
      // a page hidden by PROT_NONE may become writable again later: it must come back as copy-on-write, and the fault
      // handler decides that by its reference count
      if (private_writable && entry & PTE.W) {
        entry &= ~PTE.W;
        store<u32>(pte, entry);
      }
      page_get(pa2page(pte_addr(entry)));
      store<u32>(target, entry);
    }
    la += PGSIZE;
  }
  return true;
}
