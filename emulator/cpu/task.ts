import type { Cpu } from "./cpu.ts";
import {
  descriptorAccess,
  descriptorBase,
  descriptorDpl,
  descriptorLimit,
  markAccessed,
  readDescriptor,
  SystemType,
} from "./descriptor.ts";
import { generalProtection, raiseWithCode, Vector } from "./exception.ts";
import { eflags, Flag, FlagKind } from "./flags.ts";
import { pushOnCurrentStack } from "./frame.ts";
import { Segment, SegmentField, State } from "./layout.ts";
import {
  checkSystemRead,
  checkSystemWrite,
  readSystem16,
  readSystem32,
  writeSystem16,
  writeSystem32,
  writeSystem8,
} from "./memory.ts";
import { DescriptorBit, setSegment, setVirtual8086Segment, updateMode } from "./mode.ts";
import { checkStackSegment, loadLdtRegister, loadSegment } from "./segment.ts";
import { loadPageDirectory } from "./control_register.ts";
import { setResumeFlag } from "./resume_flag.ts";
import { ControlBit } from "./tlb.ts";

/* The task state segment (SDM 3, chapter 7): stacks of the inner privilege levels, and hardware task switches. */

const TR = State.SEGMENTS + Segment.TR * SegmentField.WORDS;
const BUSY = 2;

export const enum TaskSwitch {
  JUMP,
  CALL,
  INTERRUPT,
  IRET,
}

/** Offsets in a 32-bit TSS. */
const enum Tss32 {
  LINK = 0,
  CR3 = 0x1c,
  EIP = 0x20,
  EFLAGS = 0x24,
  EAX = 0x28,
  ES = 0x48,
  LDT = 0x60,
  TRAP = 0x64,
  LIMIT = 0x67,
}

/** Offsets in a 16-bit TSS. */
const enum Tss16 {
  IP = 0x0e,
  FLAGS = 0x10,
  AX = 0x12,
  ES = 0x22,
  LDT = 0x2a,
  LIMIT = 0x2b,
}

function isTss32(access: number): boolean {
  return (access & 8) !== 0;
}

/** SS:ESP for privilege level 0..2 from the current TSS, to cpu.innerSs and cpu.innerEsp; #TS when it has none. */
export function innerStack(cpu: Cpu, cpl: number, external: number): boolean {
  const m = cpu.m;
  const is32 = isTss32(m[TR + SegmentField.ACCESS]);
  const at = is32 ? 4 + cpl * 8 : 2 + cpl * 4;
  const last = at + (is32 ? 7 : 3);
  if (last > m[TR + SegmentField.LIMIT] >>> 0 || m[TR + SegmentField.ACCESS] === 0) {
    raiseWithCode(m, Vector.TS, (m[TR + SegmentField.SELECTOR] & 0xfffc) | external);
    return false;
  }
  const address = (m[TR + SegmentField.BASE] + at) | 0;
  if (is32) {
    cpu.innerEsp = readSystem32(cpu, address);
    if (m[State.FAULT] !== 0) return false;
    cpu.innerSs = readSystem32(cpu, (address + 4) | 0) & 0xffff;
  } else {
    cpu.innerEsp = readSystem16(cpu, address);
    if (m[State.FAULT] !== 0) return false;
    cpu.innerSs = readSystem16(cpu, (address + 2) | 0);
  }
  return m[State.FAULT] === 0;
}

/**
 * Switches to the task of a TSS selector. State.EIP is what the old task resumes at. False with a fault raised: before
 * the commit point nothing has changed; after it (cpu.p is 0 then) the fault belongs to the new task.
 */
export function switchTask(
  cpu: Cpu,
  selector: number,
  reason: TaskSwitch,
  external: number,
  errorCode: number,
): boolean {
  const m = cpu.m;
  const vector = reason === TaskSwitch.IRET ? Vector.TS : Vector.GP;
  if ((selector & 4) !== 0 || (selector & 0xfffc) === 0) {
    raiseWithCode(m, vector, (selector & 0xfffc) | external);
    return false;
  }
  if (!readDescriptor(cpu, selector, vector, external)) return false;
  const access = descriptorAccess(cpu);
  const wanted = reason === TaskSwitch.IRET ? SystemType.TSS16_BUSY : SystemType.TSS16;
  if ((access & 0x17) !== wanted) {
    raiseWithCode(m, vector, (selector & 0xfffc) | external);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, (selector & 0xfffc) | external);
    return false;
  }
  const is32 = isTss32(access);
  const base = descriptorBase(cpu);
  const limit = descriptorLimit(cpu);
  if (limit >>> 0 < (is32 ? Tss32.LIMIT : Tss16.LIMIT)) {
    raiseWithCode(m, Vector.TS, (selector & 0xfffc) | external);
    return false;
  }
  const newDescriptor = cpu.descriptorAddress;
  const oldSelector = m[TR + SegmentField.SELECTOR];
  const oldBase = m[TR + SegmentField.BASE];
  const old32 = isTss32(m[TR + SegmentField.ACCESS]);
  const nested = reason === TaskSwitch.CALL || reason === TaskSwitch.INTERRUPT;

  // Everything that will be touched is checked first.
  if (!checkSystemRead(cpu, base, (is32 ? Tss32.LIMIT : Tss16.LIMIT) + 1)) return false;
  if (nested && !checkSystemWrite(cpu, base, 2)) return false;
  if (!checkSystemWrite(cpu, oldBase, (old32 ? Tss32.LIMIT : Tss16.LIMIT) + 1)) return false;
  if (!checkSystemWrite(cpu, (newDescriptor + 5) | 0, 1)) return false;
  const oldDescriptor = (m[State.GDTR_BASE] + (oldSelector & 0xfff8) + 5) | 0;
  if (!nested && !checkSystemWrite(cpu, oldDescriptor, 1)) return false;

  let oldFlags = eflags(m) | (reason === TaskSwitch.INTERRUPT && errorCode !== -1 ? Flag.RF : 0);
  if (reason === TaskSwitch.IRET) oldFlags &= ~Flag.NT;
  if (!nested) writeSystem8(cpu, oldDescriptor, m[TR + SegmentField.ACCESS] & 0xff & ~BUSY);
  saveTask(cpu, oldBase, old32, oldFlags);
  if (nested) writeSystem16(cpu, base, oldSelector);
  if (reason !== TaskSwitch.IRET) writeSystem8(cpu, (newDescriptor + 5) | 0, (access & 0xff) | BUSY);

  // The commit point: from here on a fault is the new task's.
  cpu.p = 0;
  setSegment(m, Segment.TR, selector, base, limit, access | BUSY);
  m[State.CR0] |= ControlBit.CR0_TS;
  if (is32) return loadTask32(cpu, base, nested, errorCode);
  return loadTask16(cpu, base, nested, errorCode);
}

function saveTask(cpu: Cpu, base: number, is32: boolean, flags: number): void {
  const m = cpu.m;
  if (is32) {
    writeSystem32(cpu, (base + Tss32.EIP) | 0, m[State.EIP]);
    writeSystem32(cpu, (base + Tss32.EFLAGS) | 0, flags);
    for (let i = 0; i < 8; i++) writeSystem32(cpu, (base + Tss32.EAX + i * 4) | 0, m[i]);
    for (let i = 0; i < 6; i++) {
      writeSystem16(cpu, (base + Tss32.ES + i * 4) | 0, m[State.SEGMENTS + i * SegmentField.WORDS]);
    }
  } else {
    writeSystem16(cpu, (base + Tss16.IP) | 0, m[State.EIP]);
    writeSystem16(cpu, (base + Tss16.FLAGS) | 0, flags);
    for (let i = 0; i < 8; i++) writeSystem16(cpu, (base + Tss16.AX + i * 2) | 0, m[i]);
    for (let i = 0; i < 4; i++) {
      writeSystem16(cpu, (base + Tss16.ES + i * 2) | 0, m[State.SEGMENTS + i * SegmentField.WORDS]);
    }
  }
}

function loadTask32(cpu: Cpu, base: number, nested: boolean, errorCode: number): boolean {
  const m = cpu.m;
  const selectors = cpu.scratch;
  const cr3 = readSystem32(cpu, (base + Tss32.CR3) | 0);
  m[State.EIP] = readSystem32(cpu, (base + Tss32.EIP) | 0);
  const flags = readSystem32(cpu, (base + Tss32.EFLAGS) | 0);
  for (let i = 0; i < 8; i++) m[i] = readSystem32(cpu, (base + Tss32.EAX + i * 4) | 0);
  for (let i = 0; i < 6; i++) selectors[i] = readSystem16(cpu, (base + Tss32.ES + i * 4) | 0);
  const ldt = readSystem16(cpu, (base + Tss32.LDT) | 0);
  const trap = readSystem16(cpu, (base + Tss32.TRAP) | 0) & 1;
  if ((m[State.CR0] & ControlBit.CR0_PG) !== 0) loadPageDirectory(cpu, cr3);
  return enterTask(cpu, flags, ldt, nested, errorCode, 4, trap !== 0);
}

function loadTask16(cpu: Cpu, base: number, nested: boolean, errorCode: number): boolean {
  const m = cpu.m;
  const selectors = cpu.scratch;
  m[State.EIP] = readSystem16(cpu, (base + Tss16.IP) | 0);
  const flags = readSystem16(cpu, (base + Tss16.FLAGS) | 0);
  // The upper halves of the general registers become ones, as on the P6 (undefined in the manual).
  for (let i = 0; i < 8; i++) m[i] = readSystem16(cpu, (base + Tss16.AX + i * 2) | 0) | 0xffff0000;
  for (let i = 0; i < 4; i++) selectors[i] = readSystem16(cpu, (base + Tss16.ES + i * 2) | 0);
  selectors[Segment.FS] = 0;
  selectors[Segment.GS] = 0;
  const ldt = readSystem16(cpu, (base + Tss16.LDT) | 0);
  return enterTask(cpu, flags, ldt, nested, errorCode, 2, false);
}

/** Flags and segment registers of the new task; the selectors are in cpu.scratch. */
function enterTask(
  cpu: Cpu,
  image: number,
  ldt: number,
  nested: boolean,
  errorCode: number,
  size: number,
  trap: boolean,
): boolean {
  const m = cpu.m;
  const selectors = cpu.scratch;
  let flags = (image & WRITABLE_FLAGS) | Flag.ONE;
  if (nested) flags |= Flag.NT;
  m[State.EFLAGS] = flags;
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
  setResumeFlag(cpu, (image & Flag.RF) !== 0, cpu.instructionCount);
  m[State.NEXT_EIP] = m[State.EIP];
  // Selectors are loaded whatever becomes of their descriptors; until then the segments are unusable.
  for (let segment = 0; segment < 6; segment++) setSegment(m, segment, selectors[segment], 0, 0, 0);
  setSegment(m, Segment.LDTR, ldt, 0, 0, 0);
  const isVirtual = (flags & Flag.VM) !== 0;
  m[State.CPL] = isVirtual ? 3 : selectors[Segment.CS] & 3;
  updateMode(cpu);
  if (!loadLdtRegister(cpu, ldt, Vector.TS)) return false;
  if (isVirtual) {
    for (let segment = 0; segment < 6; segment++) setVirtual8086Segment(m, segment, selectors[segment]);
  } else {
    if (!loadTaskCode(cpu, selectors[Segment.CS])) return false;
    if (!checkStackSegment(cpu, selectors[Segment.SS], m[State.CPL], Vector.TS, 0)) return false;
    if (!markAccessed(cpu)) return false;
    setSegment(m, Segment.SS, selectors[Segment.SS], descriptorBase(cpu), descriptorLimit(cpu), descriptorAccess(cpu));
    updateMode(cpu);
    for (const segment of DATA_SEGMENTS) {
      if (!loadSegment(cpu, segment, selectors[segment])) {
        // The same conditions as for MOV, but #TS instead of #GP (SDM 3, table 7-1).
        if (m[State.FAULT] === Vector.GP + 1) m[State.FAULT] = Vector.TS + 1;
        return false;
      }
    }
  }
  updateMode(cpu);
  if (errorCode !== -1) {
    cpu.frame[0] = errorCode;
    if (!pushOnCurrentStack(cpu, 1, size, 0)) return false;
  }
  const codeLimit = m[State.SEGMENTS + Segment.CS * SegmentField.WORDS + SegmentField.LIMIT];
  if (m[State.EIP] >>> 0 > codeLimit >>> 0) {
    generalProtection(m, 0);
    return false;
  }
  if (trap) cpu.pendTaskTrap();
  return true;
}

const DATA_SEGMENTS = [Segment.ES, Segment.DS, Segment.FS, Segment.GS];
const WRITABLE_FLAGS =
  Flag.STATUS | Flag.TF | Flag.IF | Flag.DF | Flag.IOPL | Flag.NT | Flag.VM | Flag.AC | Flag.VIF | Flag.VIP | Flag.ID;

function loadTaskCode(cpu: Cpu, selector: number): boolean {
  const m = cpu.m;
  if ((selector & 0xfffc) === 0) {
    raiseWithCode(m, Vector.TS, 0);
    return false;
  }
  if (!readDescriptor(cpu, selector, Vector.TS, 0)) return false;
  const access = descriptorAccess(cpu);
  const code = DescriptorBit.USER | DescriptorBit.CODE;
  const dpl = descriptorDpl(access);
  const rpl = selector & 3;
  const fits = (access & DescriptorBit.CONFORMING) !== 0 ? dpl <= rpl : dpl === rpl;
  if ((access & code) !== code || !fits) {
    raiseWithCode(m, Vector.TS, selector & 0xfffc);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, selector & 0xfffc);
    return false;
  }
  if (!markAccessed(cpu)) return false;
  setSegment(m, Segment.CS, selector, descriptorBase(cpu), descriptorLimit(cpu), access | DescriptorBit.ACCESSED);
  return true;
}
