// Two-level page tables: the kernel's own part, and the primitives on entries that everything above uses.
import { invlpg, lcr3, lcr4, rcr3, rcr4 } from "~lib/cpu";
import { cpu_features, CPUID_PGE } from "../boot/cpu";
import { clear_page } from "../lib/string";
import {
  kaddr,
  KERNBASE,
  KSTACK_AREA,
  KSTACK_SLOTS,
  KSTACK_SLOT_PAGES,
  paddr,
  PGSIZE,
  rodata_end,
  rodata_start,
  text_end,
  text_start,
} from "./memlayout";
import { CR4_PGE, pdx, PTE, pte_addr, ptx } from "./mmu";
import { Page, pa2page, page2kva, page2pa } from "./page";
import { alloc_zeroed_page, page_get, page_put } from "./pmm";

/** The kernel's page directory: the template of every other, and what kernel threads run on. entry.asm fills it first. */
export const boot_pgdir = changetype<Arr<u32>>(memory.data(4096, 4096));
/** The first two page tables, 8 MiB: the trampoline's mapping and later part of the final one. */
export const boot_pgtab = changetype<Arr<u32>>(memory.data(8192, 4096));

declare const boot_stack_guard: usize;

/** P and W, and G where the processor knows it: kernel translations outlive a CR3 reload. */
let kernel_flags: u32 = PTE.P | PTE.W;

/** Page tables the direct map of `limit` bytes and the kernel stacks need beyond the two that exist. */
export function kernel_page_tables(limit: usize): u32 {
  const tables = (limit + 0x3fffff) >> 22;
  return (tables > 2 ? tables - 2 : 0) + ((KSTACK_SLOTS * KSTACK_SLOT_PAGES) >> 10);
}

/**
 * Maps physical memory up to `limit` at KERNBASE and makes room for the kernel stacks; new tables are taken from `at` on
 * (physical, contiguous). What the trampoline did not map is reached through a window: one entry of its second table.
 */
export function paging_init(limit: usize, at: usize): void {
  const window = KERNBASE + 0x7ff000;
  const features = cpu_features();
  if (features & CPUID_PGE) kernel_flags |= PTE.G;
  for (let i: u32 = 2; i < (limit + 0x3fffff) >> 22; i++) {
    boot_pgtab[2047] = at | PTE.P | PTE.W;
    invlpg(window);
    const table = changetype<Arr<u32>>(window);
    for (let k: u32 = 0; k < 1024; k++) {
      const physical = (i << 22) | (k << 12);
      table[k] = physical < limit ? physical | kernel_flags : 0;
    }
    boot_pgdir[768 + i] = at | PTE.P | PTE.W;
    at += PGSIZE;
  }
  for (let i: u32 = 0; i < (KSTACK_SLOTS * KSTACK_SLOT_PAGES) >> 10; i++) {
    boot_pgtab[2047] = at | PTE.P | PTE.W;
    invlpg(window);
    clear_page(window);
    boot_pgdir[pdx(KSTACK_AREA) + i] = at | PTE.P | PTE.W;
    at += PGSIZE;
  }
  for (let k: u32 = 0; k < 2048; k++) boot_pgtab[k] = k << 12 < limit ? (k << 12) | kernel_flags : 0;
  protect_kernel_image();
  lcr3(rcr3());
  if (features & CPUID_PGE) lcr4(rcr4() | CR4_PGE);
}

/** Code and constants become read-only (CR0.WP makes that hold for the kernel, too); the idle stack gets its guard. */
function protect_kernel_image(): void {
  for (let a = text_start(); a < text_end(); a += PGSIZE) boot_pgtab[paddr(a) >> 12] &= ~PTE.W;
  for (let a = rodata_start(); a < rodata_end(); a += PGSIZE) boot_pgtab[paddr(a) >> 12] &= ~PTE.W;
  boot_pgtab[paddr(boot_stack_guard) >> 12] = 0;
}

export function pgdir_physical(pgdir: Arr<u32>): usize {
  return paddr(addr(pgdir));
}

/** Drops the translation of `address` if `pgdir` is the one in use; other address spaces' die with the CR3 reload. */
export function tlb_invalidate(pgdir: Arr<u32>, address: usize): void {
  if (rcr3() == pgdir_physical(pgdir)) invlpg(address);
}

export function tlb_flush(pgdir: Arr<u32>): void {
  if (rcr3() == pgdir_physical(pgdir)) lcr3(pgdir_physical(pgdir));
}

/**
 * Address of the page table entry for `la`. Without a table: 0, or a new one if `create` (0 then means out of memory).
 * User tables carry all rights; the entry decides.
 */
export function get_pte(pgdir: Arr<u32>, la: usize, create: bool): usize {
  let pde = pgdir[pdx(la)];
  if (!(pde & PTE.P)) {
    if (!create) return 0;
    const table = alloc_zeroed_page();
    if (!table) return 0;
    pde = page2pa(table) | PTE.P | PTE.W | PTE.U;
    pgdir[pdx(la)] = pde;
  }
  return kaddr(pte_addr(pde)) + (ptx(la) << 2);
}

/** Address of the entry for an address of the kernel's own half. The table exists. */
export function kernel_pte(address: usize): usize {
  return kaddr(pte_addr(boot_pgdir[pdx(address)])) + (ptx(address) << 2);
}

export function kernel_pte_flags(): u32 {
  return kernel_flags;
}

/** Maps `page` at `la` with `perm`, replacing what was there. Takes a reference. False when out of memory. */
export function page_insert(pgdir: Arr<u32>, page: Page, la: usize, perm: u32): bool {
  const pte = get_pte(pgdir, la, true);
  if (!pte) return false;
  page_get(page);
  page_remove_pte(pgdir, la, pte);
  store<u32>(pte, page2pa(page) | perm | PTE.P);
  return true;
}

/** Unmaps `la`, whose entry is at `pte`, and drops the entry's reference. */
export function page_remove_pte(pgdir: Arr<u32>, la: usize, pte: usize): void {
  const entry = load<u32>(pte);
  if (!entry) return;
  store<u32>(pte, 0);
  if (entry & PTE.P) tlb_invalidate(pgdir, la);
  // an entry that only PROT_NONE hides still holds its frame
  if (entry & (PTE.P | PTE.NONE)) page_put(pa2page(pte_addr(entry)));
}

/** Unmaps all of [start, end), tables stay. */
export function unmap_range(pgdir: Arr<u32>, start: usize, end: usize): void {
  let la = start;
  while (la < end) {
    if (!(pgdir[pdx(la)] & PTE.P)) {
      la = ((la >> 22) + 1) << 22;
      if (!la) break;
      continue;
    }
    page_remove_pte(pgdir, la, get_pte(pgdir, la, false));
    la += PGSIZE;
  }
}

/** Frees the page tables of the user half; nothing may be mapped there any more. */
export function free_page_tables(pgdir: Arr<u32>): void {
  for (let i: u32 = 0; i < pdx(KERNBASE); i++) {
    const pde = pgdir[i];
    if (!(pde & PTE.P)) continue;
    pgdir[i] = 0;
    page_put(pa2page(pte_addr(pde)));
  }
}

/** A page directory with the kernel's half in it. */
export function new_pgdir(): Arr<u32> | null {
  const page = alloc_zeroed_page();
  if (!page) return null;
  const pgdir = changetype<Arr<u32>>(page2kva(page));
  for (let i: u32 = pdx(KERNBASE); i < 1024; i++) pgdir[i] = boot_pgdir[i];
  return pgdir;
}
