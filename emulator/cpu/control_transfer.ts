import type { Cpu } from "./cpu.ts";
import { generalProtection } from "./exception.ts";
import { condition, zero } from "./flags.ts";
import { Segment, SegmentField, State } from "./layout.ts";
import { Record } from "./operation.ts";
import { checkStackRoom, push, readStack, setStackPointer } from "./stack.ts";

/*
 * Near JMP, CALL, RET, Jcc where the code or stack segment is not flat or the operand size is 16 bits (then EIP is cut
 * to 16 bits); LOOP and JCXZ in every mode. Targets are checked against the code segment's limit: #GP(0). (The flat
 * 32-bit forms are cases of execute.ts.)
 */

const CS_LIMIT = State.SEGMENTS + Segment.CS * SegmentField.WORDS + SegmentField.LIMIT;

/** Sets the target unless it is beyond the segment. Operand size in dst. */
function jump(m: Int32Array, target: number, size: number): boolean {
  const eip = size === 2 ? target & 0xffff : target | 0;
  if (eip >>> 0 > m[CS_LIMIT] >>> 0) {
    generalProtection(m, 0);
    return false;
  }
  m[State.NEXT_EIP] = eip;
  return true;
}

function sizeOf(w: number): number {
  return (w >>> Record.DST_SHIFT) & 63;
}

/** JMP rel: distance from the next instruction in the immediate. */
export function jumpRelative(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  jump(m, m[State.NEXT_EIP] + m[p + Record.IMMEDIATE], sizeOf(w));
}

/** JMP r/m: target in the word (or half) at src. */
export function jumpIndirect(cpu: Cpu, w: number): void {
  jump(cpu.m, cpu.m[(w >>> Record.SRC_SHIFT) & 63], sizeOf(w));
}

export function jumpConditional(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  if (condition(m, (w >>> Record.SRC_SHIFT) & 15)) jump(m, m[State.NEXT_EIP] + m[p + Record.IMMEDIATE], sizeOf(w));
}

export function callRelative(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  call(cpu, m[State.NEXT_EIP] + m[p + Record.IMMEDIATE], sizeOf(w), p);
}

export function callIndirect(cpu: Cpu, w: number, p: number): void {
  call(cpu, cpu.m[(w >>> Record.SRC_SHIFT) & 63], sizeOf(w), p);
}

/** The push is checked before the target, as today's processors do. */
function call(cpu: Cpu, target: number, size: number, p: number): void {
  const m = cpu.m;
  const back = m[State.NEXT_EIP];
  if (!checkStackRoom(cpu, size, size, p)) return;
  if (!jump(m, target, size)) return;
  push(cpu, back, size, p);
}

/** RET, RET imm16. */
export function returnNear(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const size = sizeOf(w);
  const target = readStack(cpu, m[State.ESP], size, p);
  if (m[State.FAULT] !== 0) return;
  if (!jump(m, target, size)) return;
  setStackPointer(m, m[State.ESP] + size + m[p + Record.IMMEDIATE]);
}

const enum LoopKind {
  LOOPNE = 0,
  LOOPE = 1,
  LOOP = 2,
  JCXZ = 3,
}

/** LOOPNE, LOOPE, LOOP, JCXZ: kind in src bits 0-1, 16-bit count in bit 2; operand size in dst. */
export function loop(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const kind = (w >>> Record.SRC_SHIFT) & 3;
  const mask = ((w >>> Record.SRC_SHIFT) & 4) !== 0 ? 0xffff : -1;
  let taken: boolean;
  let count = m[State.ECX];
  if (kind === LoopKind.JCXZ) {
    taken = (count & mask) === 0;
  } else {
    count = (count & ~mask) | ((count - 1) & mask);
    taken = (count & mask) !== 0 && (kind === LoopKind.LOOP || zero(m) === (kind === LoopKind.LOOPE));
  }
  if (taken && !jump(m, m[State.NEXT_EIP] + m[p + Record.IMMEDIATE], sizeOf(w))) return;
  m[State.ECX] = count;
}
