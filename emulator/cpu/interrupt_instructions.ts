import { type Cpu, ExceptionKind } from "./cpu.ts";
import { generalProtection, Vector } from "./exception.ts";
import { returnToSegment } from "./far_transfer.ts";
import { condition, eflags, Flag, FlagKind } from "./flags.ts";
import { deliver } from "./interrupt.ts";
import { Segment, SegmentField, State } from "./layout.ts";
import { readSystem16 } from "./memory.ts";
import { isProtected, isVirtual8086, setRealSegment, setVirtual8086Segment, updateMode } from "./mode.ts";
import { Record } from "./operation.ts";
import { setResumeFlag } from "./resume_flag.ts";
import { flatStackWord, readStack, setStackPointer } from "./stack.ts";
import { switchTask, TaskSwitch } from "./task.ts";

/* INT n, INT3, INTO, IRET. */

const CS = State.SEGMENTS + Segment.CS * SegmentField.WORDS;
const TR = State.SEGMENTS + Segment.TR * SegmentField.WORDS;

/** INT n: in virtual-8086 mode with IOPL below 3 it is #GP(0). */
export function interruptInstruction(cpu: Cpu, _w: number, p: number): void {
  const m = cpu.m;
  if (isVirtual8086(m) && (m[State.EFLAGS] & Flag.IOPL) !== Flag.IOPL) {
    generalProtection(m, 0);
    return;
  }
  software(cpu, m[p + Record.IMMEDIATE]);
}

/** INT3 and INT1 (ICEBP) are not sensitive to IOPL. */
export function breakpointInstruction(cpu: Cpu): void {
  software(cpu, Vector.BP);
}

/** INT1: a #DB without a cause in DR6; unlike INT n it ignores the gate's DPL. */
export function debugInstruction(cpu: Cpu): void {
  const m = cpu.m;
  const block = m[State.EIP];
  m[State.EIP] = m[State.NEXT_EIP];
  cpu.trapSuppressed = true;
  // RF ends with the instruction, as everywhere.
  setResumeFlag(cpu, false, 0);
  if (deliver(cpu, Vector.DB, -1, ExceptionKind.Trap)) m[State.NEXT_EIP] = m[State.EIP];
  else if (cpu.p !== 0) m[State.EIP] = block;
}

export function overflowInstruction(cpu: Cpu): void {
  if (condition(cpu.m, 0)) software(cpu, Vector.OF);
}

function software(cpu: Cpu, vector: number): void {
  const m = cpu.m;
  const block = m[State.EIP];
  m[State.EIP] = m[State.NEXT_EIP];
  cpu.trapSuppressed = true;
  if (deliver(cpu, vector, -1, ExceptionKind.Software)) m[State.NEXT_EIP] = m[State.EIP];
  else if (cpu.p !== 0) m[State.EIP] = block;
}

/** Flags that IRET and POPF may change; IOPL, IF, VM, VIF and VIP depend on the privilege level. */
const ORDINARY = Flag.STATUS | Flag.TF | Flag.DF | Flag.NT | Flag.AC | Flag.ID;

/** EFLAGS from an image on the stack, as the current privilege level may set them. */
export function loadFlags(cpu: Cpu, image: number, size: number, cpl: number): void {
  const m = cpu.m;
  const old = eflags(m);
  let mask = ORDINARY;
  if (cpl === 0) mask |= Flag.IOPL;
  if (cpl <= (old & Flag.IOPL) >>> 12) mask |= Flag.IF;
  if (size === 2) mask &= 0xffff;
  m[State.EFLAGS] = (old & ~mask) | (image & mask);
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
}

/** IRETD loads RF for the instruction it returns to. */
function loadResumeFlag(cpu: Cpu, image: number, size: number): void {
  if (size === 4) setResumeFlag(cpu, (image & Flag.RF) !== 0, cpu.instructionCount + 1);
}

/** IRET, IRETD: operand size in dst. */
export function interruptReturn(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const size = (w >>> Record.DST_SHIFT) & 63;
  // An NMI is let in again by the next IRET, whether it succeeds or not.
  const nmi = m[State.NMI];
  m[State.NMI] = nmi & 1;
  if (isProtected(m) && (m[State.EFLAGS] & Flag.NT) !== 0) {
    returnFromTask(cpu);
    return;
  }
  if (isVirtual8086(m) && (m[State.EFLAGS] & Flag.IOPL) !== Flag.IOPL) {
    generalProtection(m, 0);
    return;
  }
  const esp = m[State.ESP];
  let offset: number;
  let selector: number;
  let image: number;
  const word = size === 4 ? flatStackWord(m, esp, 12, m[State.READ_MASK]) : -1;
  if (word !== -1) {
    offset = m[word];
    selector = m[word + 1] & 0xffff;
    image = m[word + 2];
  } else {
    // From the top of the frame down, and of the selector's slot 16 bits, as today's processors do.
    image = readStack(cpu, esp + 2 * size, size, p);
    if (m[State.FAULT] !== 0) return;
    selector = readStack(cpu, esp + size, 2, p);
    if (m[State.FAULT] !== 0) return;
    offset = readStack(cpu, esp, size, p);
    if (m[State.FAULT] !== 0) return;
  }
  const cpl = m[State.CPL];
  if (!isProtected(m)) {
    returnReal(cpu, selector, offset, image, size);
    return;
  }
  if (size === 4 && (image & Flag.VM) !== 0 && cpl === 0) {
    returnToVirtual8086(cpu, offset, selector, image, p);
    return;
  }
  if (!returnToSegment(cpu, selector, offset, 3 * size, 0, size, p)) return;
  loadFlags(cpu, image, size, cpl);
  loadResumeFlag(cpu, image, size);
  if (cpl === 0 && size === 4) {
    m[State.EFLAGS] = (m[State.EFLAGS] & ~(Flag.VIF | Flag.VIP)) | (image & (Flag.VIF | Flag.VIP));
  }
  updateMode(cpu);
}

function returnReal(cpu: Cpu, selector: number, offset: number, image: number, size: number): void {
  const m = cpu.m;
  if (offset >>> 0 > m[CS + SegmentField.LIMIT] >>> 0) {
    generalProtection(m, 0);
    return;
  }
  const isVirtual = isVirtual8086(m);
  if (isVirtual) setVirtual8086Segment(m, Segment.CS, selector);
  else setRealSegment(m, Segment.CS, selector);
  setStackPointer(m, m[State.ESP] + 3 * size);
  m[State.NEXT_EIP] = offset;
  // In virtual-8086 mode IOPL stays; in real mode it is loaded.
  loadFlags(cpu, image, size, isVirtual ? 3 : 0);
  loadResumeFlag(cpu, image, size);
  updateMode(cpu);
}

function returnToVirtual8086(cpu: Cpu, offset: number, selector: number, image: number, p: number): void {
  const m = cpu.m;
  const values = cpu.scratch;
  // ESP SS ES DS FS GS
  for (let i = 0; i < 6; i++) {
    values[i] = readStack(cpu, m[State.ESP] + 12 + 4 * i, 4, p);
    if (m[State.FAULT] !== 0) return;
  }
  if (offset >>> 0 > 0xffff) {
    generalProtection(m, 0);
    return;
  }
  loadFlags(cpu, image, 4, 0);
  loadResumeFlag(cpu, image, 4);
  m[State.EFLAGS] = (m[State.EFLAGS] & ~(Flag.VIF | Flag.VIP)) | (image & (Flag.VIF | Flag.VIP)) | Flag.VM;
  m[State.CPL] = 3;
  setVirtual8086Segment(m, Segment.CS, selector);
  setVirtual8086Segment(m, Segment.SS, values[1] & 0xffff);
  setVirtual8086Segment(m, Segment.ES, values[2] & 0xffff);
  setVirtual8086Segment(m, Segment.DS, values[3] & 0xffff);
  setVirtual8086Segment(m, Segment.FS, values[4] & 0xffff);
  setVirtual8086Segment(m, Segment.GS, values[5] & 0xffff);
  m[State.ESP] = values[0];
  m[State.NEXT_EIP] = offset;
  updateMode(cpu);
}

/** IRET with NT set: back to the task that the back link names. */
function returnFromTask(cpu: Cpu): void {
  const m = cpu.m;
  const link = readSystem16(cpu, m[TR + SegmentField.BASE]);
  if (m[State.FAULT] !== 0) return;
  const block = m[State.EIP];
  m[State.EIP] = m[State.NEXT_EIP];
  const done = switchTask(cpu, link, TaskSwitch.IRET, 0, -1);
  if (!done && cpu.p !== 0) m[State.EIP] = block;
}
