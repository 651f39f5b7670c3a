import { invalidateCode } from "./block_cache.ts";
import type { AccessSize } from "./bus.ts";
import type { Cpu } from "./cpu.ts";
import { PageKind, Region, State, TlbBit } from "./layout.ts";
import { Access, resolve } from "./paging.ts";
import { tlbFrame } from "./tlb.ts";

/*
 * Memory by linear address. Each function takes the position `p` of the operation that makes the access, so that EIP
 * and the instruction count can be worked out when they are needed. A fault leaves State.FAULT set and nothing
 * written; a read then returns 0.
 */

export function read8(cpu: Cpu, linear: number, p: number): number {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & m[State.READ_MASK]) === 0) return cpu.m8[(entry & ~0xfff) ^ linear];
  cpu.p = p;
  return readWithin(cpu, linear, 1, m[State.CPL] === 3);
}

/** Zero-extended. */
export function read16(cpu: Cpu, linear: number, p: number): number {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if (((entry & m[State.READ_MASK]) | (linear & 1)) === 0) return cpu.m16[((entry & ~0xfff) ^ linear) >> 1];
  cpu.p = p;
  return readAny(cpu, linear, 2, m[State.CPL] === 3);
}

/** Signed. */
export function read32(cpu: Cpu, linear: number, p: number): number {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if (((entry & m[State.READ_MASK]) | (linear & 3)) === 0) return m[((entry & ~0xfff) ^ linear) >> 2];
  if ((entry & m[State.READ_MASK]) === 0 && (linear & 0xfff) <= 0xffc) {
    const at = (entry & ~0xfff) ^ linear;
    const m8 = cpu.m8;
    return m8[at] | (m8[at + 1] << 8) | (m8[at + 2] << 16) | (m8[at + 3] << 24);
  }
  cpu.p = p;
  return readAny(cpu, linear, 4, m[State.CPL] === 3);
}

export function write8(cpu: Cpu, linear: number, value: number, p: number): void {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & m[State.WRITE_MASK]) === 0) {
    cpu.m8[(entry & ~0xfff) ^ linear] = value;
    return;
  }
  cpu.p = p;
  writeWithin(cpu, linear, 1, value, m[State.CPL] === 3);
}

export function write16(cpu: Cpu, linear: number, value: number, p: number): void {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if (((entry & m[State.WRITE_MASK]) | (linear & 1)) === 0) {
    cpu.m16[((entry & ~0xfff) ^ linear) >> 1] = value;
    return;
  }
  cpu.p = p;
  writeAny(cpu, linear, 2, value, m[State.CPL] === 3);
}

export function write32(cpu: Cpu, linear: number, value: number, p: number): void {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if (((entry & m[State.WRITE_MASK]) | (linear & 3)) === 0) {
    m[((entry & ~0xfff) ^ linear) >> 2] = value;
    return;
  }
  if ((entry & m[State.WRITE_MASK]) === 0 && (linear & 0xfff) <= 0xffc) {
    const at = (entry & ~0xfff) ^ linear;
    const m8 = cpu.m8;
    m8[at] = value;
    m8[at + 1] = value >> 8;
    m8[at + 2] = value >> 16;
    m8[at + 3] = value >> 24;
    return;
  }
  cpu.p = p;
  writeAny(cpu, linear, 4, value, m[State.CPL] === 3);
}

/** Faults as a write of `size` bytes (1..4096) would; true when the write can be made. Sets A but not D. */
export function checkWrite(cpu: Cpu, linear: number, size: number, p: number): boolean {
  const m = cpu.m;
  cpu.p = p;
  return checkAccess(cpu, linear, size, Access.WRITE_INTENT, m[State.CPL] === 3);
}

/** The same for an access of the processor itself (descriptor tables, TSS, inner stacks): always supervisor. */
export function checkSystemWrite(cpu: Cpu, linear: number, size: number): boolean {
  return checkAccess(cpu, linear, size, Access.WRITE_INTENT, false);
}

export function checkUserWrite(cpu: Cpu, linear: number, size: number): boolean {
  return checkAccess(cpu, linear, size, Access.WRITE_INTENT, true);
}

export function checkSystemRead(cpu: Cpu, linear: number, size: number): boolean {
  return checkAccess(cpu, linear, size, Access.READ, false);
}

/** Faults as a read of `size` bytes (1..4096) would. */
export function checkRead(cpu: Cpu, linear: number, size: number, p: number): boolean {
  cpu.p = p;
  return checkAccess(cpu, linear, size, Access.READ, cpu.m[State.CPL] === 3);
}

function checkAccess(cpu: Cpu, linear: number, size: number, access: Access, user: boolean): boolean {
  if (resolve(cpu, linear, access, user) === 0) return false;
  if ((linear & 0xfff) + size <= 0x1000) return true;
  return resolve(cpu, nextPage(linear), access, user) !== 0;
}

export function readSystem8(cpu: Cpu, linear: number): number {
  return readWithin(cpu, linear, 1, false);
}

export function readSystem16(cpu: Cpu, linear: number): number {
  return readAny(cpu, linear, 2, false);
}

export function readSystem32(cpu: Cpu, linear: number): number {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if (((entry & TlbBit.SLOW_SUPERVISOR_READ) | (linear & 3)) === 0) return m[((entry & ~0xfff) ^ linear) >> 2];
  return readAny(cpu, linear, 4, false);
}

export function writeSystem8(cpu: Cpu, linear: number, value: number): void {
  writeWithin(cpu, linear, 1, value, false);
}

export function writeSystem16(cpu: Cpu, linear: number, value: number): void {
  writeAny(cpu, linear, 2, value, false);
}

export function writeSystem32(cpu: Cpu, linear: number, value: number): void {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if (((entry & TlbBit.SLOW_SUPERVISOR_WRITE) | (linear & 3)) === 0) m[((entry & ~0xfff) ^ linear) >> 2] = value;
  else writeAny(cpu, linear, 4, value, false);
}

/** Words of a gate's frame, at the privilege level of the stack rather than the current one. */
export function writeFrame16(cpu: Cpu, linear: number, value: number, user: boolean): void {
  writeAny(cpu, linear, 2, value, user);
}

export function writeFrame32(cpu: Cpu, linear: number, value: number, user: boolean): void {
  const m = cpu.m;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  const mask = user ? TlbBit.SLOW_USER_WRITE : TlbBit.SLOW_SUPERVISOR_WRITE;
  if (((entry & mask) | (linear & 3)) === 0) m[((entry & ~0xfff) ^ linear) >> 2] = value;
  else writeAny(cpu, linear, 4, value, user);
}

function nextPage(linear: number): number {
  return ((linear | 0xfff) + 1) | 0;
}

function readAny(cpu: Cpu, linear: number, size: AccessSize, user: boolean): number {
  const first = 0x1000 - (linear & 0xfff);
  if (first >= size) return readWithin(cpu, linear, size, user);
  // Both pages are checked before either is read: a device must not see half of a faulting access.
  if (resolve(cpu, linear, Access.READ, user) === 0) return 0;
  if (resolve(cpu, nextPage(linear), Access.READ, user) === 0) return 0;
  let value = 0;
  for (let i = 0; i < size; i++) value |= readWithin(cpu, (linear + i) | 0, 1, user) << (8 * i);
  return value;
}

function readWithin(cpu: Cpu, linear: number, size: AccessSize, user: boolean): number {
  const entry = resolve(cpu, linear, Access.READ, user);
  if (entry === 0) return 0;
  if (cpu.watchedPages !== null) cpu.watch(linear, size, false);
  const physical = tlbFrame(entry, linear) | (linear & 0xfff);
  const page = physical >>> 12;
  if (page < cpu.m[State.RAM_PAGES] && cpu.m8[Region.PAGE_KINDS + page] !== PageKind.BUS) {
    return readArena(cpu, physical + Region.RAM, size);
  }
  const value = cpu.bus.readPhysical(physical >>> 0, size);
  return size === 4 ? value | 0 : size === 2 ? value & 0xffff : value & 0xff;
}

function readArena(cpu: Cpu, at: number, size: AccessSize): number {
  const m8 = cpu.m8;
  if (size === 1) return m8[at];
  if (size === 2) return m8[at] | (m8[at + 1] << 8);
  return m8[at] | (m8[at + 1] << 8) | (m8[at + 2] << 16) | (m8[at + 3] << 24);
}

function writeAny(cpu: Cpu, linear: number, size: AccessSize, value: number, user: boolean): void {
  const first = 0x1000 - (linear & 0xfff);
  if (first >= size) {
    writeWithin(cpu, linear, size, value, user);
    return;
  }
  if (resolve(cpu, linear, Access.WRITE_INTENT, user) === 0) return;
  if (resolve(cpu, nextPage(linear), Access.WRITE_INTENT, user) === 0) return;
  for (let i = 0; i < size; i++) writeWithin(cpu, (linear + i) | 0, 1, value >> (8 * i), user);
}

function writeWithin(cpu: Cpu, linear: number, size: AccessSize, value: number, user: boolean): void {
  const entry = resolve(cpu, linear, Access.WRITE, user);
  if (entry === 0) return;
  if (cpu.watchedPages !== null) cpu.watch(linear, size, true);
  writePhysical(cpu, tlbFrame(entry, linear) | (linear & 0xfff), size, value);
}

/** A write by physical address, within one page. */
function writePhysical(cpu: Cpu, physical: number, size: AccessSize, value: number): void {
  const page = physical >>> 12;
  if (page < cpu.m[State.RAM_PAGES] && cpu.m8[Region.PAGE_KINDS + page] === PageKind.RAM) {
    const m8 = cpu.m8;
    const at = physical + Region.RAM;
    m8[at] = value;
    if (size >= 2) m8[at + 1] = value >> 8;
    if (size === 4) {
      m8[at + 2] = value >> 16;
      m8[at + 3] = value >> 24;
    }
    if (cpu.m[Region.CODE_PAGE_WORD + page] !== 0) invalidateCode(cpu, physical, size);
  } else {
    const unsigned = size === 4 ? value >>> 0 : size === 2 ? value & 0xffff : value & 0xff;
    cpu.bus.writePhysical(physical >>> 0, size, unsigned);
  }
}
