// The map of the 4 GiB.
//
//   00000000  page 0 is never mapped: a null pointer faults
//   08048000  program text, data, bss, then the heap (brk)
//   B8000000  mmap area, growing down from here
//   BFFFF000  stack, growing down; its limit is 8 MiB
//   C0000000  KERNBASE: all physical memory up to KMEMSIZE, one to one; the kernel itself from C0100000
//   F8000000  kernel stacks, each above an unmapped guard page
//   FFFFF000  last page: never mapped, so that -errno is never an address

export const PGSHIFT: u32 = 12;
export const PGSIZE: u32 = 4096;
export const PTSIZE: u32 = 0x400000;

export const KERNBASE: usize = 0xc0000000;
/** How much physical memory the kernel can map one to one (as Linux: 896 MiB). */
export const KMEMSIZE: u32 = 0x38000000;

export const KSTACK_AREA: usize = 0xf8000000;
/** Pages of a kernel stack, and pages between the bases of two stacks: the rest is the guard. */
export const KSTACK_PAGES: u32 = 2;
export const KSTACK_SLOT_PAGES: u32 = 4;
/** 1024 slots need four page tables, which exist from the start and are shared by all address spaces. */
export const KSTACK_SLOTS: u32 = 1024;

export const USER_LIMIT: usize = KERNBASE;
export const MMAP_TOP: usize = 0xb8000000;
/** Lowest address mmap hands out; programs start below it. */
export const MMAP_BOTTOM: usize = 0x10000000;
/** Lowest address that may be mapped at all (vm.mmap_min_addr): null pointers with small offsets must fault. */
export const MMAP_MIN: usize = 0x10000;
export const STACK_TOP: usize = 0xc0000000;
export const STACK_LIMIT: u32 = 0x800000;
/** Linux's stack_guard_gap: a stack never grows closer than this to what lies below. */
export const STACK_GUARD_GAP: u32 = 0x100000;

export const LOAD_BIAS: usize = 0x56555000; // position-independent programs, where Linux puts them without randomisation

/** Physical address to the kernel's address of it, and back. Valid up to KMEMSIZE. */
export function kaddr(physical: usize): usize {
  return physical + KERNBASE;
}
export function paddr(address: usize): usize {
  return address - KERNBASE;
}

export function page_down(address: usize): usize {
  return address & ~(PGSIZE - 1);
}
export function page_up(address: usize): usize {
  return (address + PGSIZE - 1) & ~(PGSIZE - 1);
}

/** Linker symbols: their address is the value. */
declare const __text_start: usize;
declare const __text_end: usize;
declare const __rodata_start: usize;
declare const __rodata_end: usize;
declare const _end: usize;

export function text_start(): usize {
  return __text_start;
}
export function text_end(): usize {
  return __text_end;
}
export function rodata_start(): usize {
  return __rodata_start;
}
export function rodata_end(): usize {
  return __rodata_end;
}
export function kernel_end(): usize {
  return _end;
}
