import type { Cpu } from "./cpu.ts";
import { descriptorAccess, descriptorBase, descriptorLimit, readDescriptor } from "./descriptor.ts";
import { Vector } from "./exception.ts";
import { eflags, Flag, FlagKind } from "./flags.ts";
import { loadControl0, loadControl4, loadPageDirectory } from "./control_register.ts";
import { PageKind, Region, Segment, SegmentField, State, TlbBit } from "./layout.ts";
import { isProtected, isVirtual8086, setRealSegment, setSegment, setVirtual8086Segment, updateMode } from "./mode.ts";
import { invalidateCode } from "./block_cache.ts";
import { PageEntry } from "./paging.ts";
import { resumeFlag, setResumeFlag } from "./resume_flag.ts";
import { ControlBit, tlbFrame } from "./tlb.ts";

/** What the debugger sees of the processor: plain data, read without any effect on the run. */

export interface SegmentView {
  selector: number;
  base: number;
  /** Byte-granular, inclusive. */
  limit: number;
  /** Access byte in bits 0-7, AVL L D/B G in bits 12-15; 0 = null segment. */
  access: number;
}

/** A TLB entry as the hardware holds it: it may be out of date against the page tables. */
export interface TlbEntry {
  /** Linear address of the page. */
  linear: number;
  /** Physical address of the page. */
  physical: number;
  /** Combined rights of directory and table entry. */
  writable: boolean;
  user: boolean;
  dirty: boolean;
  global: boolean;
  /** Filled from a 4 MiB page. */
  large: boolean;
}

/** Every step of a page walk. Addresses are physical; entries are the raw 32-bit words, -1 where not reached. */
export interface PageWalk {
  linear: number;
  /** False when CR0.PG is clear: physical is linear. */
  paging: boolean;
  directoryAddress: number;
  directoryEntry: number;
  tableAddress: number;
  tableEntry: number;
  large: boolean;
  present: boolean;
  /** Rights combined over both levels. */
  writable: boolean;
  user: boolean;
  /** Where the walk ends, or -1 when not present. */
  physical: number;
}

export type SegmentName = "es" | "cs" | "ss" | "ds" | "fs" | "gs" | "ldtr" | "tr";

/** Names for readRegister and writeRegister. */
export type RegisterName =
  | ("eax" | "ecx" | "edx" | "ebx" | "esp" | "ebp" | "esi" | "edi" | "eip" | "eflags")
  | SegmentName
  | ("cr0" | "cr2" | "cr3" | "cr4")
  | ("dr0" | "dr1" | "dr2" | "dr3" | "dr6" | "dr7")
  | ("gdtr.base" | "gdtr.limit" | "idtr.base" | "idtr.limit");

const REGISTER_WORD: { [name in RegisterName]?: number } = {
  eax: State.EAX,
  ecx: State.ECX,
  edx: State.EDX,
  ebx: State.EBX,
  esp: State.ESP,
  ebp: State.EBP,
  esi: State.ESI,
  edi: State.EDI,
  eip: State.EIP,
  cr0: State.CR0,
  cr2: State.CR2,
  cr3: State.CR3,
  cr4: State.CR4,
  dr0: State.DR0,
  dr1: State.DR0 + 1,
  dr2: State.DR0 + 2,
  dr3: State.DR0 + 3,
  dr6: State.DR6,
  dr7: State.DR7,
  "gdtr.base": State.GDTR_BASE,
  "gdtr.limit": State.GDTR_LIMIT,
  "idtr.base": State.IDTR_BASE,
  "idtr.limit": State.IDTR_LIMIT,
};

const SEGMENT_NUMBER: { [name in SegmentName]: Segment } = {
  es: Segment.ES,
  cs: Segment.CS,
  ss: Segment.SS,
  ds: Segment.DS,
  fs: Segment.FS,
  gs: Segment.GS,
  ldtr: Segment.LDTR,
  tr: Segment.TR,
};

function isSegmentName(name: RegisterName): name is SegmentName {
  return name in SEGMENT_NUMBER;
}

export function readRegister(cpu: Cpu, name: RegisterName): number {
  const m = cpu.m;
  if (name === "eflags") return (eflags(m) | resumeFlag(cpu)) >>> 0;
  if (name === "eip") return cpu.eip;
  if (isSegmentName(name)) return m[State.SEGMENTS + SEGMENT_NUMBER[name] * SegmentField.WORDS];
  return m[REGISTER_WORD[name] as number] >>> 0;
}

export function writeRegister(cpu: Cpu, name: RegisterName, value: number): void {
  const m = cpu.m;
  if (name === "eflags") {
    m[State.EFLAGS] = (value & ~Flag.RF) | Flag.ONE;
    setResumeFlag(cpu, (value & Flag.RF) !== 0, cpu.instructionCount);
    m[State.FLAG_KIND] = FlagKind.EXPLICIT;
    updateMode(cpu);
  } else if (isSegmentName(name)) {
    writeSegment(cpu, SEGMENT_NUMBER[name], value & 0xffff);
  } else if (name === "cr0") {
    loadControl0(cpu, value);
  } else if (name === "cr3") {
    loadPageDirectory(cpu, value);
  } else if (name === "cr4") {
    loadControl4(cpu, value);
  } else {
    m[REGISTER_WORD[name] as number] = value;
    // Who says where to go on wants it to go on.
    if (name === "eip") m[State.HALTED] = 0;
  }
  // The debugger's mistakes are not the guest's faults.
  m[State.FAULT] = 0;
}

function writeSegment(cpu: Cpu, number: Segment, selector: number): void {
  const m = cpu.m;
  if (isVirtual8086(m)) {
    setVirtual8086Segment(m, number, selector);
  } else if (!isProtected(m)) {
    setRealSegment(m, number, selector);
  } else if ((selector & 0xfffc) === 0 || !readDescriptor(cpu, selector, Vector.GP, 0)) {
    setSegment(m, number, selector, 0, 0, 0);
  } else {
    setSegment(m, number, selector, descriptorBase(cpu), descriptorLimit(cpu), descriptorAccess(cpu));
    if (number === Segment.CS) m[State.CPL] = selector & 3;
  }
  updateMode(cpu);
}

export function segment(cpu: Cpu, name: SegmentName): SegmentView {
  const m = cpu.m;
  const record = State.SEGMENTS + SEGMENT_NUMBER[name] * SegmentField.WORDS;
  return {
    selector: m[record + SegmentField.SELECTOR],
    base: m[record + SegmentField.BASE] >>> 0,
    limit: m[record + SegmentField.LIMIT] >>> 0,
    access: m[record + SegmentField.ACCESS],
  };
}

export function setSegmentView(cpu: Cpu, name: SegmentName, view: SegmentView): void {
  setSegment(cpu.m, SEGMENT_NUMBER[name], view.selector, view.base | 0, view.limit | 0, view.access);
  if (name === "cs") cpu.m[State.CPL] = isProtected(cpu.m) ? view.selector & 3 : 0;
  updateMode(cpu);
}

/** A word of a page table, or 0 (not present) where there is no memory. */
function readTable(cpu: Cpu, address: number): number {
  const m = cpu.m;
  const physical = address & m[State.A20_MASK];
  const page = physical >>> 12;
  if (page >= m[State.RAM_PAGES] || cpu.m8[Region.PAGE_KINDS + page] === PageKind.BUS) return 0;
  return m[Region.RAM_WORD + (physical >>> 2)];
}

export function walk(cpu: Cpu, linear: number): PageWalk {
  const m = cpu.m;
  const result: PageWalk = {
    linear: linear >>> 0,
    paging: (m[State.CR0] & ControlBit.CR0_PG) !== 0,
    directoryAddress: -1,
    directoryEntry: -1,
    tableAddress: -1,
    tableEntry: -1,
    large: false,
    present: false,
    writable: false,
    user: false,
    physical: -1,
  };
  if (!result.paging) {
    result.present = result.writable = result.user = true;
    result.physical = (linear & m[State.A20_MASK]) >>> 0;
    return result;
  }
  result.directoryAddress = ((m[State.CR3] & ~0xfff) + ((linear >>> 22) << 2)) >>> 0;
  const pde = readTable(cpu, result.directoryAddress | 0);
  result.directoryEntry = pde >>> 0;
  if ((pde & PageEntry.PRESENT) === 0) return result;
  let rights = pde;
  let frame: number;
  if ((pde & PageEntry.LARGE) !== 0 && (m[State.CR4] & ControlBit.CR4_PSE) !== 0) {
    result.large = true;
    if ((pde & PageEntry.LARGE_RESERVED) !== 0) return result;
    frame = (pde & ~0x3fffff) | (linear & 0x3ff000);
  } else {
    result.tableAddress = ((pde & ~0xfff) + ((linear >>> 10) & 0xffc)) >>> 0;
    const pte = readTable(cpu, result.tableAddress | 0);
    result.tableEntry = pte >>> 0;
    if ((pte & PageEntry.PRESENT) === 0) return result;
    rights &= pte;
    frame = pte & ~0xfff;
  }
  result.present = true;
  result.writable = (rights & PageEntry.WRITABLE) !== 0;
  result.user = (rights & PageEntry.USER) !== 0;
  result.physical = ((frame & m[State.A20_MASK]) | (linear & 0xfff)) >>> 0;
  return result;
}

export function tlbEntry(cpu: Cpu, linear: number): TlbEntry | null {
  const entry = cpu.m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & TlbBit.VALID) === 0) return null;
  return {
    linear: (linear & ~0xfff) >>> 0,
    physical: tlbFrame(entry, linear) >>> 0,
    writable: (entry & TlbBit.WRITABLE) !== 0,
    user: (entry & TlbBit.USER) !== 0,
    dirty: (entry & TlbBit.DIRTY) !== 0,
    global: (entry & TlbBit.GLOBAL) !== 0,
    large: (entry & TlbBit.LARGE) !== 0,
  };
}

/** True when the physical page can be read (written, if `write`) in the arena. */
function isMemory(cpu: Cpu, physical: number, write: boolean): boolean {
  const page = physical >>> 12;
  if (physical === -1 || page >= cpu.m[State.RAM_PAGES]) return false;
  const kind = cpu.m8[Region.PAGE_KINDS + page];
  return kind === PageKind.RAM || (!write && kind === PageKind.ROM);
}

export function peek(cpu: Cpu, linear: number, length: number): Uint8Array | null {
  const result = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const physical = walk(cpu, (linear + done) | 0).physical;
    if (!isMemory(cpu, physical, false)) return null;
    const part = Math.min(length - done, 0x1000 - (physical & 0xfff));
    result.set(cpu.arena.ram8.subarray(physical, physical + part), done);
    done += part;
  }
  return result;
}

export function poke(cpu: Cpu, linear: number, bytes: Uint8Array): boolean {
  if (peek(cpu, linear, bytes.length) === null) return false;
  for (let done = 0; done < bytes.length;) {
    const physical = walk(cpu, (linear + done) | 0).physical;
    const part = Math.min(bytes.length - done, 0x1000 - (physical & 0xfff));
    cpu.arena.ram8.set(bytes.subarray(done, done + part), physical);
    if (cpu.m[Region.CODE_PAGE_WORD + (physical >>> 12)] !== 0) invalidateCode(cpu, physical, part);
    done += part;
  }
  return true;
}
