// What an address is, in words: for the report of a kernel bug.
import {
  kernel_end,
  KERNBASE,
  KSTACK_AREA,
  KSTACK_PAGES,
  KSTACK_SLOTS,
  KSTACK_SLOT_PAGES,
  PGSIZE,
  rodata_end,
  rodata_start,
  text_end,
  text_start,
  USER_LIMIT,
} from "./memlayout";
import { npage } from "./page";

export function describe_address(address: usize): string {
  if (address < PGSIZE) return "in page 0, which is never mapped";
  if (address < USER_LIMIT) return "a user address, used outside the copy routines";
  if (address >= text_start() && address < text_end()) return "in the kernel's code, which is read-only";
  if (address >= rodata_start() && address < rodata_end()) return "in the kernel's constants, which are read-only";
  if (address < kernel_end()) return "in the kernel image";
  if (address - KERNBASE < npage << 12) return "in the map of physical memory";
  const stacks = address - KSTACK_AREA;
  if (stacks < (KSTACK_SLOTS * KSTACK_SLOT_PAGES) << 12) {
    const guard = (stacks >> 12) % KSTACK_SLOT_PAGES < KSTACK_SLOT_PAGES - KSTACK_PAGES;
    return guard ? "in the guard below a kernel stack" : "in a kernel stack that is not in use";
  }
  return "a kernel address with nothing mapped";
}
