// Kernel stacks: each in its own slot of the kernel's address space with nothing mapped below it, so that an overflow is
// a fault (in the end a double fault, which reports it) and not silent damage.
import { invlpg } from "~lib/cpu";
import { KSTACK_AREA, KSTACK_PAGES, KSTACK_SLOTS, KSTACK_SLOT_PAGES, PGSHIFT, PGSIZE } from "./memlayout";
import { pte_addr } from "./mmu";
import { pa2page, page2pa } from "./page";
import { kernel_pte, kernel_pte_flags } from "./paging";
import { alloc_page, page_put } from "./pmm";

/** A byte per slot: in use. */
const slot_used = changetype<Arr<u8>>(memory.data(1024));
let next_slot: u32 = 0;

/** Address behind the top of a new stack; 0 when memory or slots are out. */
export function kstack_alloc(): usize {
  for (let i: u32 = 0; i < KSTACK_SLOTS; i++) {
    const slot = (next_slot + i) & (KSTACK_SLOTS - 1);
    if (slot_used[slot]) continue;
    const top = KSTACK_AREA + (((slot + 1) * KSTACK_SLOT_PAGES) << PGSHIFT);
    for (let k: u32 = 1; k <= KSTACK_PAGES; k++) {
      const page = alloc_page();
      if (!page) {
        unmap_stack(top);
        return 0;
      }
      store<u32>(kernel_pte(top - k * PGSIZE), page2pa(page) | kernel_pte_flags());
    }
    slot_used[slot] = 1;
    next_slot = slot + 1;
    return top;
  }
  return 0;
}

function unmap_stack(top: usize): void {
  for (let k: u32 = 1; k <= KSTACK_PAGES; k++) {
    const address = top - k * PGSIZE;
    const pte = kernel_pte(address);
    const entry = load<u32>(pte);
    if (!entry) continue;
    store<u32>(pte, 0);
    invlpg(address);
    page_put(pa2page(pte_addr(entry)));
  }
}

/** Frees the stack with this top. It must not be the one in use. */
export function kstack_free(top: usize): void {
  unmap_stack(top);
  slot_used[((top - KSTACK_AREA) >> PGSHIFT) / KSTACK_SLOT_PAGES - 1] = 0;
}
