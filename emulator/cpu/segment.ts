import type { Cpu } from "./cpu.ts";
import {
  descriptorAccess,
  descriptorBase,
  descriptorDpl,
  descriptorLimit,
  markAccessed,
  probeDescriptor,
  readDescriptor,
  SystemType,
} from "./descriptor.ts";
import { generalProtection, raise, raiseWithCode, Vector } from "./exception.ts";
import { Flag, setFlags } from "./flags.ts";
import { Mode, Segment, SegmentField, SegmentRight, Shadow, State } from "./layout.ts";
import { read16, write16, writeSystem8 } from "./memory.ts";
import {
  DescriptorBit,
  isProtected,
  isVirtual8086,
  setRealSegment,
  setSegment,
  setVirtual8086Segment,
  updateMode,
} from "./mode.ts";
import { Record } from "./operation.ts";
import { operandAddress, readFarPointer, SegmentCheck } from "./segment_access.ts";
import { readStack, setStackPointer } from "./stack.ts";

/* MOV Sreg, PUSH/POP Sreg, LDS and its kin, LLDT, LTR, LAR, LSL, VERR, VERW, ARPL. */

/**
 * Loads ES, SS, DS, FS or GS with all checks of the current mode; false with the fault raised and nothing changed.
 * The caller calls updateMode.
 */
export function loadSegment(cpu: Cpu, segment: number, selector: number): boolean {
  const m = cpu.m;
  if (!isProtected(m)) {
    if (isVirtual8086(m)) setVirtual8086Segment(m, segment, selector);
    else setRealSegment(m, segment, selector);
    return true;
  }
  if (segment === Segment.SS) return loadStackSegment(cpu, selector, m[State.CPL], Vector.GP, 0);
  if ((selector & 0xfffc) === 0) {
    setSegment(m, segment, selector, 0, 0, 0);
    return true;
  }
  if (!readDescriptor(cpu, selector, Vector.GP, 0)) return false;
  const access = descriptorAccess(cpu);
  const isCode = (access & DescriptorBit.CODE) !== 0;
  if ((access & DescriptorBit.USER) === 0 || (isCode && (access & DescriptorBit.READABLE) === 0)) {
    generalProtection(m, selector);
    return false;
  }
  if (!isCode || (access & DescriptorBit.CONFORMING) === 0) {
    const dpl = descriptorDpl(access);
    if ((selector & 3) > dpl || m[State.CPL] > dpl) {
      generalProtection(m, selector);
      return false;
    }
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, selector & 0xfffc);
    return false;
  }
  if (!markAccessed(cpu)) return false;
  setSegment(m, segment, selector, descriptorBase(cpu), descriptorLimit(cpu), access | DescriptorBit.ACCESSED);
  return true;
}

/**
 * Checks and loads SS for privilege level `cpl`. `vector`: #GP for instructions, #TS for stack switches; not present is
 * #SS in both.
 */
export function loadStackSegment(cpu: Cpu, selector: number, cpl: number, vector: Vector, external: number): boolean {
  const m = cpu.m;
  if (!checkStackSegment(cpu, selector, cpl, vector, external)) return false;
  if (!markAccessed(cpu)) return false;
  const access = descriptorAccess(cpu);
  setSegment(m, Segment.SS, selector, descriptorBase(cpu), descriptorLimit(cpu), access);
  return true;
}

/** The checks alone; leaves the descriptor read. */
export function checkStackSegment(cpu: Cpu, selector: number, cpl: number, vector: Vector, external: number): boolean {
  const m = cpu.m;
  if ((selector & 0xfffc) === 0) {
    raiseWithCode(m, vector, external);
    return false;
  }
  if (!readDescriptor(cpu, selector, vector, external)) return false;
  const access = descriptorAccess(cpu);
  const kind = access & (DescriptorBit.USER | DescriptorBit.CODE | DescriptorBit.WRITABLE);
  if (
    kind !== (DescriptorBit.USER | DescriptorBit.WRITABLE) ||
    (selector & 3) !== cpl ||
    descriptorDpl(access) !== cpl
  ) {
    raiseWithCode(m, vector, (selector & 0xfffc) | external);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.SS, (selector & 0xfffc) | external);
    return false;
  }
  return true;
}

/** After a segment load in the middle of a block: code decoded for another mode must not go on. */
function changeMode(cpu: Cpu): void {
  const m = cpu.m;
  const before = m[State.MODE];
  updateMode(cpu);
  // Trap flag and slice ends: a single instruction anyway.
  m[State.MODE] |= before & Mode.SINGLE;
  if (m[State.MODE] !== before) cpu.leaveBlock();
}

/** MOV Sreg, r/m16: dst field is the segment, src the word with the selector. MOV CS is #UD (the decoder's). */
export function moveToSegment(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const segment = (w >>> Record.DST_SHIFT) & 63;
  if (!loadSegment(cpu, segment, m[(w >>> Record.SRC_SHIFT) & 63] & 0xffff)) return;
  if (segment === Segment.SS) m[State.SHADOW] = Shadow.STACK;
  changeMode(cpu);
}

/** Selector of a segment register, zero-extended, to the word at dst. */
export function moveFromSegment(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const segment = (w >>> Record.SRC_SHIFT) & 63;
  m[(w >>> Record.DST_SHIFT) & 63] = m[State.SEGMENTS + segment * SegmentField.WORDS];
}

/** POP Sreg; the operand size is in the immediate. */
export function popSegment(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const size = m[p + Record.IMMEDIATE];
  const segment = (w >>> Record.DST_SHIFT) & 63;
  const selector = readStack(cpu, m[State.ESP], 2, p);
  if (m[State.FAULT] !== 0) return;
  // The increment is by the old stack segment's width: POP SS may change it.
  const esp = m[State.ESP];
  setStackPointer(m, esp + size);
  if (!loadSegment(cpu, segment, selector)) {
    m[State.ESP] = esp;
    return;
  }
  if (segment === Segment.SS) m[State.SHADOW] = Shadow.STACK;
  changeMode(cpu);
}

/** LDS LES LSS LFS LGS: a record for readFarPointer, with the segment in src and the register above it. */
export function loadFarPointer(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  if (!readFarPointer(cpu, w, p)) return;
  const segment = (w >>> Record.SRC_SHIFT) & 7;
  const register = (w >>> (Record.SRC_SHIFT + 3)) & 7;
  if (!loadSegment(cpu, segment, cpu.farSelector)) return;
  if ((m[p + Record.IMMEDIATE] & SegmentCheck.SIZE) === 4) m[register] = cpu.farOffset;
  else cpu.m16[register * 2] = cpu.farOffset;
  updateMode(cpu);
}

// --- System segments ---

/** The operation before those instructions whose #UD comes before any fault of their operand. */
export function protectedModeOnly(cpu: Cpu): void {
  requireProtected(cpu.m);
}

/** The same for those that also need privilege level 0. */
export function protectedAndPrivileged(cpu: Cpu): void {
  if (requireProtected(cpu.m)) requirePrivileged(cpu.m);
}

/** For LMSW: real mode will do. */
export function privilegedOnly(cpu: Cpu): void {
  requirePrivileged(cpu.m);
}

/** #UD outside protected mode (also in V86). */
function requireProtected(m: Int32Array): boolean {
  if (isProtected(m)) return true;
  raise(m, Vector.UD);
  return false;
}

function requirePrivileged(m: Int32Array): boolean {
  if (m[State.CPL] === 0) return true;
  generalProtection(m, 0);
  return false;
}

/** LLDT r/m16, selector in the word at dst. */
export function loadLdt(cpu: Cpu, w: number): void {
  const m = cpu.m;
  loadLdtRegister(cpu, m[(w >>> Record.DST_SHIFT) & 63] & 0xffff, Vector.GP);
}

/** Also for task switches: `vector` #TS. */
export function loadLdtRegister(cpu: Cpu, selector: number, vector: Vector): boolean {
  const m = cpu.m;
  if ((selector & 0xfffc) === 0) {
    setSegment(m, Segment.LDTR, selector, 0, 0, 0);
    return true;
  }
  if ((selector & 4) !== 0) {
    raiseWithCode(m, vector, selector & 0xfffc);
    return false;
  }
  if (!readDescriptor(cpu, selector, vector, 0)) return false;
  const access = descriptorAccess(cpu);
  if ((access & 0x1f) !== SystemType.LDT) {
    raiseWithCode(m, vector, selector & 0xfffc);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, vector === Vector.TS ? Vector.TS : Vector.NP, selector & 0xfffc);
    return false;
  }
  setSegment(m, Segment.LDTR, selector, descriptorBase(cpu), descriptorLimit(cpu), access);
  return true;
}

/** LTR r/m16. */
export function loadTask(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const selector = m[(w >>> Record.DST_SHIFT) & 63] & 0xffff;
  if ((selector & 0xfffc) === 0 || (selector & 4) !== 0) {
    generalProtection(m, selector);
    return;
  }
  if (!readDescriptor(cpu, selector, Vector.GP, 0)) return;
  const access = descriptorAccess(cpu);
  const type = access & 0x1f;
  if (type !== SystemType.TSS16 && type !== SystemType.TSS32) {
    generalProtection(m, selector);
    return;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, selector & 0xfffc);
    return;
  }
  // Busy bit.
  writeSystem8(cpu, (cpu.descriptorAddress + 5) | 0, (access & 0xff) | 2);
  if (m[State.FAULT] !== 0) return;
  setSegment(m, Segment.TR, selector, descriptorBase(cpu), descriptorLimit(cpu), access | 2);
}

/** SLDT, STR: selector to the word at dst; the segment is in src. */
export function storeSystemSegment(cpu: Cpu, w: number): void {
  if (!requireProtected(cpu.m)) return;
  moveFromSegment(cpu, w);
}

// --- Inspection of selectors: they set or clear ZF and never fault on a bad selector ---

/** True when a descriptor of this kind may be looked at from the current and the selector's privilege level. */
function visible(cpu: Cpu, selector: number, access: number): boolean {
  const isConforming = (access & 0x1c) === 0x1c;
  if (isConforming) return true;
  const dpl = descriptorDpl(access);
  return cpu.m[State.CPL] <= dpl && (selector & 3) <= dpl;
}

/** LAR: dst register, selector in src; operand size in the immediate. */
export function loadAccessRights(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  if (!requireProtected(m)) return;
  const selector = m[(w >>> Record.SRC_SHIFT) & 63] & 0xffff;
  const found = probeDescriptor(cpu, selector);
  if (m[State.FAULT] !== 0) return;
  const access = found ? descriptorAccess(cpu) : 0;
  // Valid system types for LAR: TSS, LDT, call and task gates (SDM 2, LAR).
  const valid = (access & DescriptorBit.USER) !== 0 || ((0x1a3e >>> (access & 15)) & 1) !== 0;
  if (!found || !valid || !visible(cpu, selector, access)) {
    setFlags(m, Flag.ZF, 0);
    return;
  }
  const rights = cpu.descriptorHigh & 0x00f0ff00;
  const register = (w >>> Record.DST_SHIFT) & 63;
  if (m[p + Record.IMMEDIATE] === 4) m[register] = rights;
  else cpu.m16[register * 2] = rights;
  setFlags(m, Flag.ZF, Flag.ZF);
}

/** LSL: as LAR, for the limit in bytes. */
export function loadSegmentLimit(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  if (!requireProtected(m)) return;
  const selector = m[(w >>> Record.SRC_SHIFT) & 63] & 0xffff;
  const found = probeDescriptor(cpu, selector);
  if (m[State.FAULT] !== 0) return;
  const access = found ? descriptorAccess(cpu) : 0;
  // Valid system types for LSL: TSS and LDT.
  const valid = (access & DescriptorBit.USER) !== 0 || ((0x0a0e >>> (access & 15)) & 1) !== 0;
  if (!found || !valid || !visible(cpu, selector, access)) {
    setFlags(m, Flag.ZF, 0);
    return;
  }
  const limit = descriptorLimit(cpu);
  const register = (w >>> Record.DST_SHIFT) & 63;
  if (m[p + Record.IMMEDIATE] === 4) m[register] = limit;
  else cpu.m16[register * 2] = limit;
  setFlags(m, Flag.ZF, Flag.ZF);
}

/** VERR r/m16 and VERW r/m16: selector in the word at dst. */
export function verifyRead(cpu: Cpu, w: number): void {
  verify(cpu, w, false);
}

export function verifyWrite(cpu: Cpu, w: number): void {
  verify(cpu, w, true);
}

function verify(cpu: Cpu, w: number, write: boolean): void {
  const m = cpu.m;
  if (!requireProtected(m)) return;
  const selector = m[(w >>> Record.DST_SHIFT) & 63] & 0xffff;
  const found = probeDescriptor(cpu, selector);
  if (m[State.FAULT] !== 0) return;
  const access = found ? descriptorAccess(cpu) : 0;
  const isCode = (access & DescriptorBit.CODE) !== 0;
  const second = (access & DescriptorBit.WRITABLE) !== 0;
  const allowed = write ? !isCode && second : !isCode || second;
  const ok = found && (access & DescriptorBit.USER) !== 0 && allowed && visible(cpu, selector, access);
  setFlags(m, Flag.ZF, ok ? Flag.ZF : 0);
}

/** ARPL r16, r16: words at dst and src. */
export function adjustRpl(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const target = (w >>> Record.DST_SHIFT) & 63;
  const rpl = m[(w >>> Record.SRC_SHIFT) & 63] & 3;
  const lower = (m[target] & 3) < rpl;
  if (lower) m[target] = (m[target] & ~3) | rpl;
  setFlags(m, Flag.ZF, lower ? Flag.ZF : 0);
}

/** ARPL m16, r16: the operand is written only when its RPL changes. The operand's segment is in dst. */
export function adjustRplInMemory(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const address = operandAddress(m, w, p);
  const selector = read16(cpu, address, p);
  if (m[State.FAULT] !== 0) return;
  const rpl = m[(w >>> Record.SRC_SHIFT) & 63] & 3;
  const lower = (selector & 3) < rpl;
  if (lower) {
    const record = State.SEGMENTS + ((w >>> Record.DST_SHIFT) & 63) * SegmentField.WORDS;
    if ((m[record + SegmentField.RIGHTS] & SegmentRight.WRITE) === 0) {
      generalProtection(m, 0);
      return;
    }
    write16(cpu, address, (selector & ~3) | rpl, p);
    if (m[State.FAULT] !== 0) return;
  }
  setFlags(m, Flag.ZF, lower ? Flag.ZF : 0);
}
