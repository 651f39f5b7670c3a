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
import { pushOnCurrentStack, pushOnInnerStack } from "./frame.ts";
import { Segment, SegmentField, State } from "./layout.ts";
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
import { readFarPointer, SegmentCheck } from "./segment_access.ts";
import { checkStackSegment } from "./segment.ts";
import { checkStackRoom, readStack, setStackPointer } from "./stack.ts";
import { switchTask, TaskSwitch } from "./task.ts";

/* Far JMP, CALL and RET: between segments, through gates, to tasks (SDM 3, 5.8). */

const CS = State.SEGMENTS + Segment.CS * SegmentField.WORDS;
const SS = State.SEGMENTS + Segment.SS * SegmentField.WORDS;
const CODE = DescriptorBit.USER | DescriptorBit.CODE;

/** JMP ptr16:16/32: selector in the displacement, offset in the immediate; operand size in src. */
export function jumpFar(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  transfer(cpu, m[p + Record.DISPLACEMENT], m[p + Record.IMMEDIATE], (w >>> Record.SRC_SHIFT) & 63, false);
}

export function callFar(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  transfer(cpu, m[p + Record.DISPLACEMENT], m[p + Record.IMMEDIATE], (w >>> Record.SRC_SHIFT) & 63, true);
}

/** JMP m16:16/32: a record for readFarPointer. */
export function jumpFarIndirect(cpu: Cpu, w: number, p: number): void {
  transferIndirect(cpu, w, p, false);
}

export function callFarIndirect(cpu: Cpu, w: number, p: number): void {
  transferIndirect(cpu, w, p, true);
}

function transferIndirect(cpu: Cpu, w: number, p: number, isCall: boolean): void {
  const m = cpu.m;
  if (!readFarPointer(cpu, w, p)) return;
  transfer(cpu, cpu.farSelector, cpu.farOffset, m[p + Record.IMMEDIATE] & SegmentCheck.SIZE, isCall);
}

function transfer(cpu: Cpu, selector: number, offset: number, size: number, isCall: boolean): void {
  const m = cpu.m;
  if (!isProtected(m)) {
    transferReal(cpu, selector, offset, size, isCall);
    return;
  }
  if ((selector & 0xfffc) === 0) {
    generalProtection(m, 0);
    return;
  }
  if (!readDescriptor(cpu, selector, Vector.GP, 0)) return;
  const access = descriptorAccess(cpu);
  if ((access & CODE) === CODE) {
    if (!checkDirectTarget(m, access, selector)) return;
    if (isCall) callSegment(cpu, selector, offset, size);
    else enterCode(cpu, selector, offset, m[State.CPL]);
    return;
  }
  if ((access & DescriptorBit.USER) !== 0) {
    generalProtection(m, selector);
    return;
  }
  const dpl = descriptorDpl(access);
  const type = access & 0xf;
  const isGate = type === SystemType.CALL_GATE16 || type === SystemType.CALL_GATE32 || type === SystemType.TASK_GATE;
  const isTss = type === SystemType.TSS16 || type === SystemType.TSS32;
  if ((!isGate && !isTss) || dpl < m[State.CPL] || dpl < (selector & 3)) {
    generalProtection(m, selector);
    return;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, selector & 0xfffc);
    return;
  }
  if (isTss || type === SystemType.TASK_GATE) {
    const target = isTss ? selector : cpu.descriptorLow >>> 16;
    const block = m[State.EIP];
    m[State.EIP] = m[State.NEXT_EIP];
    const done = switchTask(cpu, target, isCall ? TaskSwitch.CALL : TaskSwitch.JUMP, 0, -1);
    // Before the switch is committed a fault belongs to this instruction.
    if (!done && cpu.p !== 0) m[State.EIP] = block;
    return;
  }
  throughCallGate(cpu, isCall);
}

/** A direct transfer to a code segment stays on the privilege level. */
function checkDirectTarget(m: Int32Array, access: number, selector: number): boolean {
  const dpl = descriptorDpl(access);
  const cpl = m[State.CPL];
  const allowed = (access & DescriptorBit.CONFORMING) !== 0 ? dpl <= cpl : dpl === cpl && (selector & 3) <= cpl;
  if (!allowed) {
    generalProtection(m, selector);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, selector & 0xfffc);
    return false;
  }
  return true;
}

/** Loads CS from the descriptor read last, at privilege level `cpl`, and jumps. */
function enterCode(cpu: Cpu, selector: number, offset: number, cpl: number): boolean {
  const m = cpu.m;
  const limit = descriptorLimit(cpu);
  if (offset >>> 0 > limit >>> 0) {
    generalProtection(m, 0);
    return false;
  }
  if (!markAccessed(cpu)) return false;
  setSegment(m, Segment.CS, (selector & 0xfffc) | cpl, descriptorBase(cpu), limit, descriptorAccess(cpu));
  m[State.CPL] = cpl;
  m[State.NEXT_EIP] = offset;
  updateMode(cpu);
  return true;
}

function callSegment(cpu: Cpu, selector: number, offset: number, size: number): void {
  const m = cpu.m;
  // CS first, and both before the target's limit.
  if (!checkStackRoom(cpu, 2 * size, size, cpu.p)) return;
  if (offset >>> 0 > descriptorLimit(cpu) >>> 0) {
    generalProtection(m, 0);
    return;
  }
  if (!markAccessed(cpu)) return;
  cpu.frame[0] = m[CS + SegmentField.SELECTOR];
  cpu.frame[1] = m[State.NEXT_EIP];
  if (!pushOnCurrentStack(cpu, 2, size, 0)) return;
  enterCode(cpu, selector, offset, m[State.CPL]);
}

/** Through the call gate read last. */
function throughCallGate(cpu: Cpu, isCall: boolean): void {
  const m = cpu.m;
  const gateHigh = cpu.descriptorHigh;
  const is32 = ((gateHigh >>> 8) & 8) !== 0;
  const size = is32 ? 4 : 2;
  const target = cpu.descriptorLow >>> 16;
  const offset = (cpu.descriptorLow & 0xffff) | (is32 ? gateHigh & 0xffff0000 : 0);
  const parameters = gateHigh & 31;
  if ((target & 0xfffc) === 0) {
    generalProtection(m, 0);
    return;
  }
  if (!readDescriptor(cpu, target, Vector.GP, 0)) return;
  const access = descriptorAccess(cpu);
  const dpl = descriptorDpl(access);
  const cpl = m[State.CPL];
  const conforming = (access & DescriptorBit.CONFORMING) !== 0;
  const allowed = dpl <= cpl && (isCall || conforming || dpl === cpl);
  if ((access & CODE) !== CODE || !allowed) {
    generalProtection(m, target);
    return;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, target & 0xfffc);
    return;
  }
  if (!isCall) {
    enterCode(cpu, target, offset, cpl);
    return;
  }
  if (conforming || dpl === cpl) {
    callSegment(cpu, target, offset, size);
    return;
  }
  if (offset >>> 0 > descriptorLimit(cpu) >>> 0) {
    generalProtection(m, 0);
    return;
  }
  // To an inner level: the frame on the new stack holds the old SS:ESP and a copy of the parameters.
  const frame = cpu.frame;
  let count = 0;
  frame[count++] = m[SS + SegmentField.SELECTOR];
  frame[count++] = m[State.ESP];
  for (let i = parameters - 1; i >= 0; i--) {
    frame[count++] = readStack(cpu, m[State.ESP] + i * size, size, cpu.p);
    if (m[State.FAULT] !== 0) return;
  }
  frame[count++] = m[CS + SegmentField.SELECTOR];
  frame[count++] = m[State.NEXT_EIP];
  if (!markAccessed(cpu)) return;
  const codeBase = descriptorBase(cpu);
  const codeLimit = descriptorLimit(cpu);
  if (!pushOnInnerStack(cpu, count, size, dpl, 0)) return;
  setSegment(m, Segment.CS, (target & 0xfffc) | dpl, codeBase, codeLimit, access | DescriptorBit.ACCESSED);
  m[State.CPL] = dpl;
  m[State.NEXT_EIP] = offset;
  updateMode(cpu);
}

/** Real and virtual-8086 mode. */
function transferReal(cpu: Cpu, selector: number, offset: number, size: number, isCall: boolean): void {
  const m = cpu.m;
  if (offset >>> 0 > m[CS + SegmentField.LIMIT] >>> 0) {
    generalProtection(m, 0);
    return;
  }
  if (isCall) {
    cpu.frame[0] = m[CS + SegmentField.SELECTOR];
    cpu.frame[1] = m[State.NEXT_EIP];
    if (!pushOnCurrentStack(cpu, 2, size, 0)) return;
  }
  setModeCode(m, selector);
  m[State.NEXT_EIP] = offset;
  updateMode(cpu);
}

function setModeCode(m: Int32Array, selector: number): void {
  if (isVirtual8086(m)) setVirtual8086Segment(m, Segment.CS, selector);
  else setRealSegment(m, Segment.CS, selector);
}

/** RETF, RETF imm16: operand size in dst, bytes to drop in the immediate. */
export function returnFar(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const size = (w >>> Record.DST_SHIFT) & 63;
  const drop = m[p + Record.IMMEDIATE];
  const esp = m[State.ESP];
  // The selector first, and of its slot only 16 bits, as today's processors do.
  const selector = readStack(cpu, esp + size, 2, p);
  if (m[State.FAULT] !== 0) return;
  const offset = readStack(cpu, esp, size, p);
  if (m[State.FAULT] !== 0) return;
  if (!isProtected(m)) {
    if (offset >>> 0 > m[CS + SegmentField.LIMIT] >>> 0) {
      generalProtection(m, 0);
      return;
    }
    setModeCode(m, selector);
    setStackPointer(m, esp + 2 * size + drop);
    m[State.NEXT_EIP] = offset;
    updateMode(cpu);
    return;
  }
  if (!returnToSegment(cpu, selector, offset, 2 * size, drop, size, p)) return;
  updateMode(cpu);
}

/**
 * The part that RETF and IRET share: checks and loads CS, and for an outer level SS:ESP, from the frame on the stack.
 * `framed`: bytes up to SS:ESP (or the end of the frame); `drop`: parameter bytes to release on both stacks. False
 * with the fault raised and nothing changed. The caller calls updateMode.
 */
export function returnToSegment(
  cpu: Cpu,
  selector: number,
  offset: number,
  framed: number,
  drop: number,
  size: number,
  p: number,
): boolean {
  const m = cpu.m;
  const cpl = m[State.CPL];
  const rpl = selector & 3;
  if ((selector & 0xfffc) === 0) {
    generalProtection(m, 0);
    return false;
  }
  if (!readDescriptor(cpu, selector, Vector.GP, 0)) return false;
  const access = descriptorAccess(cpu);
  const dpl = descriptorDpl(access);
  const fits = (access & DescriptorBit.CONFORMING) !== 0 ? dpl <= rpl : dpl === rpl;
  if ((access & CODE) !== CODE || rpl < cpl || !fits) {
    generalProtection(m, selector);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, selector & 0xfffc);
    return false;
  }
  const base = descriptorBase(cpu);
  const limit = descriptorLimit(cpu);
  if (rpl === cpl) {
    if (offset >>> 0 > limit >>> 0) {
      generalProtection(m, 0);
      return false;
    }
    if (!markAccessed(cpu)) return false;
    setSegment(m, Segment.CS, selector, base, limit, access | DescriptorBit.ACCESSED);
    setStackPointer(m, m[State.ESP] + framed + drop);
    m[State.NEXT_EIP] = offset;
    return true;
  }
  const newEsp = readStack(cpu, m[State.ESP] + framed + drop, size, p);
  if (m[State.FAULT] !== 0) return false;
  const newSs = readStack(cpu, m[State.ESP] + framed + drop + size, size, p) & 0xffff;
  if (m[State.FAULT] !== 0) return false;
  const codeAddress = cpu.descriptorAddress;
  const codeHigh = cpu.descriptorHigh;
  if (!checkStackSegment(cpu, newSs, rpl, Vector.GP, 0)) return false;
  if (offset >>> 0 > limit >>> 0) {
    generalProtection(m, 0);
    return false;
  }
  if (!markAccessed(cpu)) return false;
  const stackAccess = descriptorAccess(cpu);
  const stackBase = descriptorBase(cpu);
  const stackLimit = descriptorLimit(cpu);
  cpu.descriptorAddress = codeAddress;
  cpu.descriptorHigh = codeHigh;
  if (!markAccessed(cpu)) return false;
  setSegment(m, Segment.SS, newSs, stackBase, stackLimit, stackAccess);
  setSegment(m, Segment.CS, selector, base, limit, access | DescriptorBit.ACCESSED);
  m[State.CPL] = rpl;
  const stackPointer = newEsp + drop;
  if ((stackAccess & DescriptorBit.BIG) !== 0) m[State.ESP] = stackPointer;
  else m[State.ESP] = (m[State.ESP] & 0xffff0000) | (stackPointer & 0xffff);
  m[State.NEXT_EIP] = offset;
  dropInnerSegments(m, rpl);
  return true;
}

/** Data segments that the outer level may not use become null (SDM 3, 5.8.6). */
function dropInnerSegments(m: Int32Array, cpl: number): void {
  for (let segment = Segment.ES; segment <= Segment.GS; segment++) {
    if (segment === Segment.CS || segment === Segment.SS) continue;
    const access = m[State.SEGMENTS + segment * SegmentField.WORDS + SegmentField.ACCESS];
    const conformingCode = DescriptorBit.CODE | DescriptorBit.CONFORMING;
    if ((access & conformingCode) !== conformingCode && descriptorDpl(access) < cpl) {
      setSegment(m, segment, 0, 0, 0, 0);
    }
  }
}
