// What the processor's paging unit defines (IA-32 SDM vol. 3, chapter 4).

/** Bits of a page directory or page table entry. */
export const enum PTE {
  P = 0x001,
  W = 0x002,
  U = 0x004,
  PWT = 0x008,
  PCD = 0x010,
  A = 0x020,
  D = 0x040,
  PS = 0x080,
  G = 0x100,
  /** Bits 9-11 are free for software. With P clear, all others are too. */
  AVL = 0xe00,
  /** Ours, with P clear: the frame is still there, but PROT_NONE forbids every access. */
  NONE = 0x800,
}

/** Error code of a page fault. */
export const enum PF {
  /** The page was present: a violation of rights. */
  PROT = 1,
  WRITE = 2,
  USER = 4,
  RSVD = 8,
  FETCH = 16,
}

export const CR0_WP: u32 = 0x00010000;
export const CR0_PG: u32 = 0x80000000;
export const CR0_TS: u32 = 0x8;
export const CR0_EM: u32 = 0x4;
export const CR0_MP: u32 = 0x2;
export const CR0_NE: u32 = 0x20;
export const CR4_PGE: u32 = 0x80;
export const CR4_OSFXSR: u32 = 0x200;
export const CR4_OSXMMEXCPT: u32 = 0x400;

export function pdx(address: usize): u32 {
  return address >> 22;
}
export function ptx(address: usize): u32 {
  return (address >> 12) & 0x3ff;
}
/** The physical address in an entry. */
export function pte_addr(entry: u32): usize {
  return entry & 0xfffff000;
}
