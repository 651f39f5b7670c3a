import type { Cpu } from "./cpu.ts";
import { generalProtection, raise, Vector } from "./exception.ts";
import { eflags, Flag } from "./flags.ts";
import { loadFlags } from "./interrupt_instructions.ts";
import { Segment, Shadow, State } from "./layout.ts";
import { checkWrite, read16, read32, write16, write32 } from "./memory.ts";
import { isProtected, isVirtual8086, setSegment, updateMode } from "./mode.ts";
import { Record } from "./operation.ts";
import { operandAddress } from "./segment_access.ts";
import { push, readStack, setStackPointer } from "./stack.ts";
import { ControlBit, tlbInvalidatePage } from "./tlb.ts";

/* HLT CLI STI PUSHF POPF LGDT LIDT SGDT SIDT INVLPG WBINVD RDTSC RDMSR WRMSR SYSENTER SYSEXIT UD2. */

function privileged(m: Int32Array): boolean {
  if (m[State.CPL] === 0) return true;
  generalProtection(m, 0);
  return false;
}

export function halt(cpu: Cpu): void {
  const m = cpu.m;
  if (!privileged(m)) return;
  m[State.HALTED] = 1;
  cpu.attention = true;
}

function mayChangeInterruptFlag(m: Int32Array): boolean {
  if (m[State.CPL] <= (m[State.EFLAGS] & Flag.IOPL) >>> 12) return true;
  generalProtection(m, 0);
  return false;
}

export function clearInterruptFlag(cpu: Cpu): void {
  const m = cpu.m;
  if (mayChangeInterruptFlag(m)) m[State.EFLAGS] &= ~Flag.IF;
}

/** STI: interrupts are let in after the next instruction. */
export function setInterruptFlag(cpu: Cpu): void {
  const m = cpu.m;
  if (!mayChangeInterruptFlag(m)) return;
  if ((m[State.EFLAGS] & Flag.IF) === 0) m[State.SHADOW] = Shadow.STI;
  m[State.EFLAGS] |= Flag.IF;
}

/** V86 with IOPL below 3: #GP(0) (we don't claim VME). */
function flagsAllowed(m: Int32Array): boolean {
  if (!isVirtual8086(m) || (m[State.EFLAGS] & Flag.IOPL) === Flag.IOPL) return true;
  generalProtection(m, 0);
  return false;
}

export function pushFlags16(cpu: Cpu, _w: number, p: number): void {
  if (flagsAllowed(cpu.m)) push(cpu, eflags(cpu.m), 2, p);
}

/** PUSHFD: VM and RF are pushed as zero. */
export function pushFlags32(cpu: Cpu, _w: number, p: number): void {
  if (flagsAllowed(cpu.m)) push(cpu, eflags(cpu.m) & ~Flag.VM, 4, p);
}

export function popFlags16(cpu: Cpu, _w: number, p: number): void {
  popFlags(cpu, 2, p);
}

export function popFlags32(cpu: Cpu, _w: number, p: number): void {
  popFlags(cpu, 4, p);
}

function popFlags(cpu: Cpu, size: number, p: number): void {
  const m = cpu.m;
  if (!flagsAllowed(m)) return;
  const image = readStack(cpu, m[State.ESP], size, p);
  if (m[State.FAULT] !== 0) return;
  setStackPointer(m, m[State.ESP] + size);
  loadFlags(cpu, image, size, m[State.CPL]);
  // VIF and VIP are cleared by a 32-bit POPF at privilege level 0.
  if (size === 4 && m[State.CPL] === 0) m[State.EFLAGS] &= ~(Flag.VIF | Flag.VIP);
  updateMode(cpu);
}

/** LGDT, LIDT m16&32: with 16-bit operands the base has 24 bits. Operand size in the immediate. */
export function loadGdt(cpu: Cpu, w: number, p: number): void {
  loadTable(cpu, w, p, State.GDTR_BASE, State.GDTR_LIMIT);
}

export function loadIdt(cpu: Cpu, w: number, p: number): void {
  loadTable(cpu, w, p, State.IDTR_BASE, State.IDTR_LIMIT);
}

function loadTable(cpu: Cpu, w: number, p: number, baseWord: number, limitWord: number): void {
  const m = cpu.m;
  if (!privileged(m)) return;
  const address = operandAddress(m, w, p);
  const limit = read16(cpu, address, p);
  if (m[State.FAULT] !== 0) return;
  const base = read32(cpu, (address + 2) | 0, p);
  if (m[State.FAULT] !== 0) return;
  m[baseWord] = m[p + Record.IMMEDIATE] === 4 ? base : base & 0xffffff;
  m[limitWord] = limit;
}

/** SGDT, SIDT: all 32 bits of the base are stored whatever the operand size (386 and later). */
export function storeGdt(cpu: Cpu, w: number, p: number): void {
  storeTable(cpu, w, p, State.GDTR_BASE, State.GDTR_LIMIT);
}

export function storeIdt(cpu: Cpu, w: number, p: number): void {
  storeTable(cpu, w, p, State.IDTR_BASE, State.IDTR_LIMIT);
}

function storeTable(cpu: Cpu, w: number, p: number, baseWord: number, limitWord: number): void {
  const m = cpu.m;
  const address = operandAddress(m, w, p);
  if (!checkWrite(cpu, address, 6, p)) return;
  write16(cpu, address, m[limitWord], p);
  write32(cpu, (address + 2) | 0, m[baseWord], p);
}

/** INVLPG m: the address is not accessed, only its segment base counts. */
export function invalidatePage(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  if (privileged(m)) tlbInvalidatePage(cpu, operandAddress(m, w, p));
}

/** INVD, WBINVD: there is no cache to write back. */
export function flushCaches(cpu: Cpu): void {
  privileged(cpu.m);
}

/** Also the answer of #UD-raising encodings. */
export function undefinedOpcode(cpu: Cpu): void {
  raise(cpu.m, Vector.UD);
}

// --- Time stamp counter and other model specific registers ---

const TWO32 = 0x100000000;

function timestamp(cpu: Cpu): number {
  const bus = cpu.bus;
  return bus.timestamp === undefined ? cpu.instructionCount : bus.timestamp();
}

/** Low and high word of the counter to EAX and EDX. */
function readTimestampInto(cpu: Cpu): void {
  const m = cpu.m;
  const now = timestamp(cpu);
  const low = (now % TWO32) + (m[State.TSC_OFFSET_LOW] >>> 0);
  m[State.EAX] = low;
  m[State.EDX] = Math.floor(now / TWO32) + m[State.TSC_OFFSET_HIGH] + (low >= TWO32 ? 1 : 0);
}

export function readTimestampCounter(cpu: Cpu): void {
  const m = cpu.m;
  if ((m[State.CR4] & ControlBit.CR4_TSD) !== 0 && m[State.CPL] !== 0) {
    generalProtection(m, 0);
    return;
  }
  readTimestampInto(cpu);
}

const enum Msr {
  TIME_STAMP_COUNTER = 0x10,
  PLATFORM_ID = 0x17,
  APIC_BASE = 0x1b,
  BIOS_SIGNATURE = 0x8b,
  SYSENTER_CS = 0x174,
  SYSENTER_ESP = 0x175,
  SYSENTER_EIP = 0x176,
}

export function readMsr(cpu: Cpu): void {
  const m = cpu.m;
  if (!privileged(m)) return;
  let low = 0;
  switch (m[State.ECX]) {
    case Msr.TIME_STAMP_COUNTER:
      readTimestampInto(cpu);
      return;
    case Msr.SYSENTER_CS:
      low = m[State.MSR_SYSENTER_CS];
      break;
    case Msr.SYSENTER_ESP:
      low = m[State.MSR_SYSENTER_ESP];
      break;
    case Msr.SYSENTER_EIP:
      low = m[State.MSR_SYSENTER_EIP];
      break;
    case Msr.PLATFORM_ID:
    case Msr.BIOS_SIGNATURE:
    case Msr.APIC_BASE:
      // Present on every P6: no microcode update, no APIC enabled.
      break;
    default:
      generalProtection(m, 0);
      return;
  }
  m[State.EAX] = low;
  m[State.EDX] = 0;
}

export function writeMsr(cpu: Cpu): void {
  const m = cpu.m;
  if (!privileged(m)) return;
  const low = m[State.EAX];
  switch (m[State.ECX]) {
    case Msr.TIME_STAMP_COUNTER: {
      const now = timestamp(cpu);
      const offsetLow = (low >>> 0) - (now % TWO32);
      m[State.TSC_OFFSET_LOW] = offsetLow;
      m[State.TSC_OFFSET_HIGH] = m[State.EDX] - Math.floor(now / TWO32) - (offsetLow < 0 ? 1 : 0);
      return;
    }
    case Msr.SYSENTER_CS:
      m[State.MSR_SYSENTER_CS] = low;
      return;
    case Msr.SYSENTER_ESP:
      m[State.MSR_SYSENTER_ESP] = low;
      return;
    case Msr.SYSENTER_EIP:
      m[State.MSR_SYSENTER_EIP] = low;
      return;
    case Msr.BIOS_SIGNATURE:
      return;
    default:
      generalProtection(m, 0);
  }
}

/** SYSENTER (SDM 2): flat ring 0 segments by convention, nothing is read from memory. */
export function systemEnter(cpu: Cpu): void {
  const m = cpu.m;
  const selector = m[State.MSR_SYSENTER_CS] & 0xfffc;
  if ((m[State.CR0] & ControlBit.CR0_PE) === 0 || selector === 0) {
    generalProtection(m, 0);
    return;
  }
  m[State.EFLAGS] = eflags(m) & ~(Flag.VM | Flag.IF);
  m[State.FLAG_KIND] = 0;
  m[State.CPL] = 0;
  setSegment(m, Segment.CS, selector, 0, -1, 0xc09b);
  setSegment(m, Segment.SS, (selector + 8) & 0xffff, 0, -1, 0xc093);
  m[State.ESP] = m[State.MSR_SYSENTER_ESP];
  m[State.NEXT_EIP] = m[State.MSR_SYSENTER_EIP];
  updateMode(cpu);
}

/** SYSEXIT: to EDX with ESP from ECX, at privilege level 3. */
export function systemExit(cpu: Cpu): void {
  const m = cpu.m;
  const selector = m[State.MSR_SYSENTER_CS] & 0xfffc;
  if (!isProtected(m) || m[State.CPL] !== 0 || selector === 0) {
    generalProtection(m, 0);
    return;
  }
  m[State.CPL] = 3;
  setSegment(m, Segment.CS, ((selector + 16) | 3) & 0xffff, 0, -1, 0xc0fb);
  setSegment(m, Segment.SS, ((selector + 24) | 3) & 0xffff, 0, -1, 0xc0f3);
  m[State.ESP] = m[State.ECX];
  m[State.NEXT_EIP] = m[State.EDX];
  updateMode(cpu);
}
