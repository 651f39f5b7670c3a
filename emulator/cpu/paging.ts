import type { Cpu } from "./cpu.ts";
import { PageFault, pageFault } from "./exception.ts";
import { PageKind, Region, State, TlbBit } from "./layout.ts";
import { invalidateCode } from "./block_cache.ts";
import { ControlBit, tlbFill } from "./tlb.ts";

/** Bits of directory and table entries (SDM 3, 4.3). */
export const enum PageEntry {
  PRESENT = 1,
  WRITABLE = 2,
  USER = 4,
  ACCESSED = 0x20,
  DIRTY = 0x40,
  /** PS: a directory entry maps 4 MiB itself (with CR4.PSE). */
  LARGE = 0x80,
  GLOBAL = 0x100,
  /** Bits 13-21 of a 4 MiB entry must be zero: we don't claim PSE-36. */
  LARGE_RESERVED = 0x3fe000,
}

/** How an access is checked. */
export const enum Access {
  READ = 0,
  WRITE = 1,
  /** Needs the right to write but does not set D yet: the first page of a write across two. */
  WRITE_INTENT = 2,
}

/**
 * Translates for an access that missed the fast path: from the TLB entry when it allows the access, otherwise by a walk
 * of the tables. Returns the TLB entry, or 0 with #PF raised.
 *
 * An entry that forbids the access is not trusted: the processor walks again before it faults (SDM 3, 4.10.4.3 lets
 * software rely on that when it only adds rights).
 */
export function resolve(cpu: Cpu, linear: number, access: Access, user: boolean): number {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & TlbBit.VALID) !== 0 && (!user || (entry & TlbBit.USER) !== 0)) {
    if (access === Access.READ) return entry;
    const writable = (entry & TlbBit.WRITABLE) !== 0 || (!user && (m[State.CR0] & ControlBit.CR0_WP) === 0);
    if (writable && (access === Access.WRITE_INTENT || (entry & TlbBit.DIRTY) !== 0)) {
      if (access === Access.WRITE) return unprotect(cpu, linear, entry);
      return entry;
    }
  }
  return walk(cpu, linear, access, user);
}

/** An entry whose page held decoded code when it was filled may get its fast write path (back) once the code is gone. */
function unprotect(cpu: Cpu, linear: number, entry: number): number {
  const page = (((entry ^ linear) & ~0xfff) - Region.RAM) >>> 12;
  const m = cpu.m;
  if (page >= m[State.RAM_PAGES] || m[Region.CODE_PAGE_WORD + page] !== 0) return entry;
  return tlbFill(cpu, linear, page << 12, entry & RIGHTS);
}

const RIGHTS = TlbBit.WRITABLE | TlbBit.USER | TlbBit.DIRTY | TlbBit.GLOBAL | TlbBit.LARGE;

function walk(cpu: Cpu, linear: number, access: Access, user: boolean): number {
  const m = cpu.m;
  if ((m[State.CR0] & ControlBit.CR0_PG) === 0) {
    const identity = linear & ~0xfff & m[State.A20_MASK];
    return tlbFill(cpu, linear, identity, TlbBit.WRITABLE | TlbBit.USER | TlbBit.DIRTY);
  }
  const write = access !== Access.READ;
  const reason = (write ? PageFault.WRITE : 0) | (user ? PageFault.USER : 0);
  const pdeAddress = (m[State.CR3] & ~0xfff) + ((linear >>> 22) << 2);
  const pde = readTable(cpu, pdeAddress);
  if ((pde & PageEntry.PRESENT) === 0) {
    pageFault(m, linear, reason);
    return 0;
  }
  if ((pde & PageEntry.LARGE) !== 0 && (m[State.CR4] & ControlBit.CR4_PSE) !== 0) {
    if ((pde & PageEntry.LARGE_RESERVED) !== 0) {
      pageFault(m, linear, reason | PageFault.PRESENT | PageFault.RESERVED);
      return 0;
    }
    if (!permitted(m, pde, write, user)) {
      pageFault(m, linear, reason | PageFault.PRESENT);
      return 0;
    }
    const marks = PageEntry.ACCESSED | (access === Access.WRITE ? PageEntry.DIRTY : 0);
    if ((pde & marks) !== marks) writeTable(cpu, pdeAddress, pde | marks);
    const frame = ((pde & ~0x3fffff) | (linear & 0x3ff000)) & m[State.A20_MASK];
    return tlbFill(cpu, linear, frame, rightsOf(cpu, pde | marks, pde) | TlbBit.LARGE);
  }
  // The directory entry is used from here on, so A is set even if the table entry then faults.
  if ((pde & PageEntry.ACCESSED) === 0) writeTable(cpu, pdeAddress, pde | PageEntry.ACCESSED);
  const pteAddress = (pde & ~0xfff) + ((linear >>> 10) & 0xffc);
  const pte = readTable(cpu, pteAddress);
  if ((pte & PageEntry.PRESENT) === 0) {
    pageFault(m, linear, reason);
    return 0;
  }
  if (!permitted(m, pde & pte, write, user)) {
    pageFault(m, linear, reason | PageFault.PRESENT);
    return 0;
  }
  const marks = PageEntry.ACCESSED | (access === Access.WRITE ? PageEntry.DIRTY : 0);
  if ((pte & marks) !== marks) writeTable(cpu, pteAddress, pte | marks);
  return tlbFill(cpu, linear, pte & ~0xfff & m[State.A20_MASK], rightsOf(cpu, pte | marks, pde & pte));
}

/** SDM 3, 4.6: user mode needs U, and W to write; supervisor mode needs W to write only when CR0.WP is set. */
function permitted(m: Int32Array, rights: number, write: boolean, user: boolean): boolean {
  if (user) return (rights & PageEntry.USER) !== 0 && (!write || (rights & PageEntry.WRITABLE) !== 0);
  return !write || (rights & PageEntry.WRITABLE) !== 0 || (m[State.CR0] & ControlBit.CR0_WP) === 0;
}

function rightsOf(cpu: Cpu, leaf: number, combined: number): number {
  return (
    ((combined & PageEntry.WRITABLE) !== 0 ? TlbBit.WRITABLE : 0) |
    ((combined & PageEntry.USER) !== 0 ? TlbBit.USER : 0) |
    ((leaf & PageEntry.DIRTY) !== 0 ? TlbBit.DIRTY : 0) |
    ((leaf & PageEntry.GLOBAL) !== 0 && (cpu.m[State.CR4] & ControlBit.CR4_PGE) !== 0 ? TlbBit.GLOBAL : 0)
  );
}

/** A page table word by physical address. Tables are normally in RAM, but nothing forces them to be. */
function readTable(cpu: Cpu, address: number): number {
  const m = cpu.m;
  const physical = address & m[State.A20_MASK];
  const page = physical >>> 12;
  if (page < m[State.RAM_PAGES] && cpu.m8[Region.PAGE_KINDS + page] !== PageKind.BUS) {
    return m[Region.RAM_WORD + (physical >>> 2)];
  }
  return cpu.bus.readPhysical(physical >>> 0, 4) | 0;
}

function writeTable(cpu: Cpu, address: number, value: number): void {
  const m = cpu.m;
  const physical = address & m[State.A20_MASK];
  const page = physical >>> 12;
  if (page < m[State.RAM_PAGES] && cpu.m8[Region.PAGE_KINDS + page] === PageKind.RAM) {
    m[Region.RAM_WORD + (physical >>> 2)] = value;
    if (m[Region.CODE_PAGE_WORD + page] !== 0) invalidateCode(cpu, physical, 4);
  } else {
    cpu.bus.writePhysical(physical >>> 0, 4, value >>> 0);
  }
}
