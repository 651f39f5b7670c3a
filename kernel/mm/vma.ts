// vma_struct: a range of an address space with one set of rights and one backing. mm_struct: the whole address space.
import { panic } from "../lib/panic";
import { list_add_after, list_del, list_entry_t, list_init } from "../lib/list";
import { inode, inode_put } from "../fs/inode";
import { kfree, kmalloc } from "./kmalloc";

/** vm_flags. */
export const VM_READ: u32 = 0x00000001;
export const VM_WRITE: u32 = 0x00000002;
export const VM_EXEC: u32 = 0x00000004;
export const VM_SHARED: u32 = 0x00000008;
export const VM_ACCESS: u32 = 0x00000007;
/** Grows downwards on a fault below it: the stack. */
export const VM_GROWSDOWN: u32 = 0x00000100;
/** What a page has behind vm_file_end is zero, not file: the page that a program's data and bss share. */
export const VM_ZERO_TAIL: u32 = 0x00000200;

/** What a range is, for people: fault records and /proc/PID/maps. */
export const enum VmaKind {
  NONE,
  TEXT,
  DATA,
  BSS,
  HEAP,
  STACK,
  MMAP,
  KERNEL,
}

@unmanaged
export class vma_struct {
  /** The address space it belongs to. */
  vm_mm: mm_struct;
  /** First address, and the first behind the last; whole pages. */
  vm_start: usize;
  vm_end: usize;
  vm_flags: u32;
  /** In mm_struct.mmap_list, sorted by vm_start. */
  @embed list_link: list_entry_t;
  vm_kind: u32;
  /** Backing file (the range holds a reference), or null for anonymous memory. Shared anonymous memory has a nameless one. */
  vm_file: inode | null;
  /** File offset of vm_start; a whole number of pages. */
  vm_offset: u32;
  /** Address behind the last byte that comes from the file, with VM_ZERO_TAIL. */
  vm_file_end: usize;
}

@unmanaged
export class mm_struct {
  @embed mmap_list: list_entry_t;
  /** The last one found: faults come in clusters. */
  mmap_cache: vma_struct | null;
  pgdir: Arr<u32>;
  map_count: i32;
  /** The swap manager's own. */
  sm_priv: usize;
  /** Tasks that run in it; vfork shares one. */
  mm_count: u32;
  start_code: usize;
  end_code: usize;
  start_data: usize;
  end_data: usize;
  /** The heap: [start_brk, brk). */
  start_brk: usize;
  brk: usize;
  start_stack: usize;
  arg_start: usize;
  arg_end: usize;
  env_start: usize;
  env_end: usize;
  /** Pages in all VMAs. */
  total_vm: u32;
  executable: inode | null;
}

export function le2vma(link: list_entry_t): vma_struct {
  return changetype<vma_struct>(addr(link) - offsetof<vma_struct>("list_link"));
}

/** A new range that belongs to nothing yet; null when out of memory. */
export function vma_create(vm_start: usize, vm_end: usize, vm_flags: u32): vma_struct | null {
  const vma = changetype<vma_struct | null>(kmalloc(offsetof<vma_struct>()));
  if (!vma) return null;
  vma.vm_mm = changetype<mm_struct>(0);
  vma.vm_start = vm_start;
  vma.vm_end = vm_end;
  vma.vm_flags = vm_flags;
  vma.vm_kind = VmaKind.MMAP;
  vma.vm_file = null;
  vma.vm_offset = 0;
  vma.vm_file_end = 0;
  return vma;
}

/** Frees a range that is in no list, with its hold on the file. */
export function vma_destroy(vma: vma_struct): void {
  const file = vma.vm_file;
  if (file) inode_put(file);
  kfree(addr(vma));
}

/** The range that contains `address`, or null. */
export function find_vma(mm: mm_struct, address: usize): vma_struct | null {
  const cached = mm.mmap_cache;
  if (cached && cached.vm_start <= address && address < cached.vm_end) return cached;
  const vma = find_vma_from(mm, address);
  if (!vma || address < vma.vm_start) return null;
  mm.mmap_cache = vma;
  return vma;
}

/** The first range that ends above `address` (it may begin above it, too), or null. */
export function find_vma_from(mm: mm_struct, address: usize): vma_struct | null {
  const head = mm.mmap_list;
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    const vma = le2vma(link);
    if (address < vma.vm_end) return vma;
  }
  return null;
}

/** The range before `vma` in its address space, or null. */
export function vma_prev(vma: vma_struct): vma_struct | null {
  const link = vma.list_link.prev;
  return addr(link) == addr(vma.vm_mm.mmap_list) ? null : le2vma(link);
}

export function vma_next(vma: vma_struct): vma_struct | null {
  const link = vma.list_link.next;
  return addr(link) == addr(vma.vm_mm.mmap_list) ? null : le2vma(link);
}

function check_vma_overlap(below: vma_struct, above: vma_struct): void {
  if (below.vm_start >= below.vm_end || below.vm_end > above.vm_start) {
    panic("insert_vma_struct: %p-%p overlaps %p-%p", below.vm_start, below.vm_end, above.vm_start, above.vm_end);
  }
}

/** Puts `vma` into its place in the sorted list. It must not overlap another. */
export function insert_vma_struct(mm: mm_struct, vma: vma_struct): void {
  if (vma.vm_start >= vma.vm_end) panic("insert_vma_struct: %p-%p is empty", vma.vm_start, vma.vm_end);
  const head = mm.mmap_list;
  let before = head;
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    if (le2vma(link).vm_start > vma.vm_start) break;
    before = link;
  }
  if (addr(before) != addr(head)) check_vma_overlap(le2vma(before), vma);
  if (addr(before.next) != addr(head)) check_vma_overlap(vma, le2vma(before.next));
  vma.vm_mm = mm;
  list_add_after(before, vma.list_link);
  mm.map_count++;
  mm.total_vm += (vma.vm_end - vma.vm_start) >> 12;
}

/** Takes `vma` out of its address space and frees it; its pages are the caller's business. */
export function remove_vma_struct(mm: mm_struct, vma: vma_struct): void {
  list_del(vma.list_link);
  if (mm.mmap_cache == vma) mm.mmap_cache = null;
  mm.map_count--;
  mm.total_vm -= (vma.vm_end - vma.vm_start) >> 12;
  vma_destroy(vma);
}

export function mm_list_init(mm: mm_struct): void {
  list_init(mm.mmap_list);
}
