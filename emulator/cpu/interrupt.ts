import { ExceptionKind, type Cpu } from "./cpu.ts";
import {
  descriptorAccess,
  descriptorBase,
  descriptorDpl,
  descriptorLimit,
  markAccessed,
  readDescriptor,
  SystemType,
} from "./descriptor.ts";
import { raise, raiseWithCode, Vector } from "./exception.ts";
import { pushOnCurrentStack, pushOnInnerStack } from "./frame.ts";
import { eflags, Flag, FlagKind } from "./flags.ts";
import { Segment, SegmentField, State } from "./layout.ts";
import { readSystem32 } from "./memory.ts";
import { DescriptorBit, isProtected, isVirtual8086, setSegment, setRealSegment, updateMode } from "./mode.ts";
import { resumeFlag } from "./resume_flag.ts";
import { switchTask, TaskSwitch } from "./task.ts";

/* Delivery of exceptions and interrupts (SDM 3, chapter 6). */

const CS = State.SEGMENTS + Segment.CS * SegmentField.WORDS;
const SS = State.SEGMENTS + Segment.SS * SegmentField.WORDS;

/** The faults that make a double fault when the first one is a page fault or one of their own (SDM 3, table 6-5). */
function isContributory(vector: number): boolean {
  return vector === Vector.DE || (vector >= Vector.TS && vector <= Vector.GP);
}

/**
 * Delivers the fault in State.FAULT. CS:EIP is the faulting instruction. A fault during delivery becomes #DF or is
 * delivered in place of the first, as SDM 3, 6.15 (interrupt 8) says; one during #DF shuts the processor down.
 */
export function deliverFault(cpu: Cpu): void {
  const m = cpu.m;
  let vector = m[State.FAULT] - 1;
  let errorCode = m[State.FAULT_ERROR];
  // A fault while an external interrupt or another exception is delivered has EXT set: deliver() sees to it.
  for (;;) {
    m[State.FAULT] = 0;
    if (deliver(cpu, vector, errorCode, ExceptionKind.Fault)) return;
    const second = m[State.FAULT] - 1;
    const secondError = m[State.FAULT_ERROR];
    if (vector === Vector.DF) {
      m[State.FAULT] = 0;
      m[State.SHUTDOWN] = 1;
      cpu.attention = true;
      return;
    }
    const double =
      (isContributory(vector) && isContributory(second)) ||
      (vector === Vector.PF && (isContributory(second) || second === Vector.PF));
    if (double) {
      vector = Vector.DF;
      errorCode = 0;
    } else {
      vector = second;
      errorCode = secondError;
    }
  }
}

/** An interrupt from the line or an NMI, or a trap (#DB): a fault while it is delivered is delivered as a fault. */
export function deliverExternal(cpu: Cpu, vector: number, kind: ExceptionKind): void {
  if (!deliver(cpu, vector, -1, kind)) deliverFault(cpu);
}

/**
 * Goes through the IDT. State.EIP is what gets pushed. False with State.FAULT raised and nothing changed when that
 * faults.
 */
export function deliver(cpu: Cpu, vector: number, errorCode: number, kind: ExceptionKind): boolean {
  const hook = cpu.hooks.onException;
  if (hook !== null) hook(vector, errorCode === -1 ? 0 : errorCode, errorCode !== -1, kind);
  const m = cpu.m;
  m[State.HALTED] = 0;
  if (!isProtected(m) && !isVirtual8086(m)) return deliverReal(cpu, vector);
  return deliverProtected(cpu, vector, errorCode, kind);
}

/** Real mode: the interrupt vector table; three words are pushed. */
function deliverReal(cpu: Cpu, vector: number): boolean {
  const m = cpu.m;
  if (vector * 4 + 3 > m[State.IDTR_LIMIT]) {
    // SDM 3, 20.1.4: beyond the limit is #GP; and when that is beyond it too, #DF, then shutdown.
    raise(m, Vector.GP);
    return false;
  }
  const entry = readSystem32(cpu, (m[State.IDTR_BASE] + vector * 4) | 0);
  if (m[State.FAULT] !== 0) return false;
  const flags = eflags(m);
  const frame = cpu.frame;
  frame[0] = flags;
  frame[1] = m[CS + SegmentField.SELECTOR];
  frame[2] = m[State.EIP];
  if (!pushOnCurrentStack(cpu, 3, 2, 0)) return false;
  m[State.EFLAGS] = flags & ~(Flag.IF | Flag.TF | Flag.AC);
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
  setRealSegment(m, Segment.CS, entry >>> 16);
  m[State.EIP] = entry & 0xffff;
  updateMode(cpu);
  return true;
}

function deliverProtected(cpu: Cpu, vector: number, errorCode: number, kind: ExceptionKind): boolean {
  const m = cpu.m;
  const external = kind === ExceptionKind.Software ? 0 : 1;
  const idtError = (vector << 3) | 2 | external;
  if (vector * 8 + 7 > m[State.IDTR_LIMIT]) {
    raiseWithCode(m, Vector.GP, idtError);
    return false;
  }
  const address = (m[State.IDTR_BASE] + vector * 8) | 0;
  const low = readSystem32(cpu, address);
  if (m[State.FAULT] !== 0) return false;
  const high = readSystem32(cpu, (address + 4) | 0);
  if (m[State.FAULT] !== 0) return false;
  const type = (high >>> 8) & 0x1f;
  const isTaskGate = type === SystemType.TASK_GATE;
  // 6, 7, 14, 15: interrupt and trap gates of 16 and 32 bits.
  if (!isTaskGate && (type & 0x16) !== 0x06) {
    raiseWithCode(m, Vector.GP, idtError);
    return false;
  }
  const dpl = (high >>> 13) & 3;
  if (kind === ExceptionKind.Software && dpl < m[State.CPL]) {
    raiseWithCode(m, Vector.GP, idtError);
    return false;
  }
  if ((high & 0x8000) === 0) {
    raiseWithCode(m, Vector.NP, idtError);
    return false;
  }
  if (isTaskGate) return switchTask(cpu, low >>> 16, TaskSwitch.INTERRUPT, external, errorCode);
  return throughGate(cpu, type, low >>> 16, (low & 0xffff) | (high & 0xffff0000), errorCode, external, kind);
}

function throughGate(
  cpu: Cpu,
  type: number,
  selector: number,
  gateOffset: number,
  errorCode: number,
  external: number,
  kind: ExceptionKind,
): boolean {
  const m = cpu.m;
  const is32 = (type & 8) !== 0;
  const size = is32 ? 4 : 2;
  if ((selector & 0xfffc) === 0) {
    raiseWithCode(m, Vector.GP, external);
    return false;
  }
  if (!readDescriptor(cpu, selector, Vector.GP, external)) return false;
  const access = descriptorAccess(cpu);
  const targetDpl = descriptorDpl(access);
  const cpl = m[State.CPL];
  const code = DescriptorBit.USER | DescriptorBit.CODE;
  if ((access & code) !== code || targetDpl > cpl) {
    raiseWithCode(m, Vector.GP, (selector & 0xfffc) | external);
    return false;
  }
  if ((access & DescriptorBit.PRESENT) === 0) {
    raiseWithCode(m, Vector.NP, (selector & 0xfffc) | external);
    return false;
  }
  const conforming = (access & DescriptorBit.CONFORMING) !== 0;
  const fromVirtual = isVirtual8086(m);
  const inner = !conforming && targetDpl < cpl;
  if (fromVirtual && (!inner || targetDpl !== 0)) {
    raiseWithCode(m, Vector.GP, (selector & 0xfffc) | external);
    return false;
  }
  const codeBase = descriptorBase(cpu);
  const codeLimit = descriptorLimit(cpu);
  const offset = is32 ? gateOffset : gateOffset & 0xffff;
  if (offset >>> 0 > codeLimit >>> 0) {
    raiseWithCode(m, Vector.GP, external);
    return false;
  }
  if (!markAccessed(cpu)) return false;
  const flags = imageOfFlags(cpu, kind);
  const newCpl = inner ? targetDpl : cpl;
  // Values in the order they are pushed.
  const frame = cpu.frame;
  let count = 0;
  if (fromVirtual) {
    frame[count++] = m[State.SEGMENTS + Segment.GS * SegmentField.WORDS];
    frame[count++] = m[State.SEGMENTS + Segment.FS * SegmentField.WORDS];
    frame[count++] = m[State.SEGMENTS + Segment.DS * SegmentField.WORDS];
    frame[count++] = m[State.SEGMENTS + Segment.ES * SegmentField.WORDS];
  }
  if (inner) {
    frame[count++] = m[SS + SegmentField.SELECTOR];
    frame[count++] = m[State.ESP];
  }
  frame[count++] = flags;
  frame[count++] = m[CS + SegmentField.SELECTOR];
  frame[count++] = m[State.EIP];
  if (errorCode !== -1) frame[count++] = errorCode;
  if (inner) {
    if (!pushOnInnerStack(cpu, count, size, targetDpl, external)) return false;
  } else if (!pushOnCurrentStack(cpu, count, size, external)) {
    return false;
  }
  if (fromVirtual) {
    for (let segment = Segment.ES; segment <= Segment.GS; segment++) {
      if (segment !== Segment.CS && segment !== Segment.SS) setSegment(m, segment, 0, 0, 0, 0);
    }
  }
  const clear = Flag.TF | Flag.NT | Flag.RF | Flag.VM | ((type & 1) === 0 ? Flag.IF : 0);
  m[State.EFLAGS] = flags & ~clear;
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
  m[State.CPL] = newCpl;
  setSegment(m, Segment.CS, (selector & 0xfffc) | newCpl, codeBase, codeLimit, access | DescriptorBit.ACCESSED);
  m[State.EIP] = offset;
  updateMode(cpu);
  return true;
}

/**
 * EFLAGS as pushed: RF is set for faults, so that an instruction breakpoint doesn't hit again, and for what comes in the
 * middle of a repeated instruction (SDM 3, 17.3.1.1).
 */
function imageOfFlags(cpu: Cpu, kind: ExceptionKind): number {
  const flags = eflags(cpu.m);
  if (kind === ExceptionKind.Fault) return flags | Flag.RF;
  return kind === ExceptionKind.Software ? flags : flags | resumeFlag(cpu);
}
