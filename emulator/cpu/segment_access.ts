import type { Cpu } from "./cpu.ts";
import { raiseWithCode, Vector } from "./exception.ts";
import { Segment, SegmentField, SegmentRight, State } from "./layout.ts";
import { read16, read32 } from "./memory.ts";
import { Record } from "./operation.ts";

/** Immediate of a SEGMENT operation: the operand's size in its low byte, then these. */
export const enum SegmentCheck {
  SIZE = 0xff,
  WRITE = 0x100,
  ADDRESS16 = 0x200,
}

/**
 * True when offsets [offset, offset + size) may be accessed through the segment; otherwise #GP(0), or #SS(0) for SS
 * (SDM 3, 5.3). A 4 GiB segment lets an access wrap around its end.
 */
export function checkSegment(m: Int32Array, segment: number, offset: number, size: number, right: number): boolean {
  const record = State.SEGMENTS + segment * SegmentField.WORDS;
  const low = m[record + SegmentField.LOW] >>> 0;
  const high = m[record + SegmentField.HIGH] >>> 0;
  const first = offset >>> 0;
  if ((m[record + SegmentField.RIGHTS] & right) === right && first >= low && first <= high) {
    if (first + size - 1 <= high || (low === 0 && high === 0xffffffff)) return true;
  }
  raiseWithCode(m, segment === Segment.SS ? Vector.SS : Vector.GP, 0);
  return false;
}

/** Base of a segment register. */
export function segmentBase(m: Int32Array, segment: number): number {
  return m[State.SEGMENTS + segment * SegmentField.WORDS + SegmentField.BASE];
}

/** The SEGMENT operation: effective address to State.ADDRESS as a linear address, checked against the segment. */
export function segmentAddress(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const check = m[p + Record.IMMEDIATE];
  let offset = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
  if ((check & SegmentCheck.ADDRESS16) !== 0) offset &= 0xffff;
  const segment = (w >>> Record.DST_SHIFT) & 63;
  const right = (check & SegmentCheck.WRITE) !== 0 ? SegmentRight.WRITE : SegmentRight.READ;
  cpu.p = p;
  if (!checkSegment(m, segment, offset, check & SegmentCheck.SIZE, right)) return;
  m[State.ADDRESS] = (segmentBase(m, segment) + offset) | 0;
}

/**
 * Part of a memory operand that is read in separate accesses: `size` bytes (2, zero-extended, or 4) at `distance` from its
 * start, with a segment check of its own. The record is like that of a SEGMENT operation. State.FAULT tells of a fault.
 */
export function readOperandPart(cpu: Cpu, w: number, p: number, distance: number, size: number): number {
  const m = cpu.m;
  let offset = (operandAddress(m, w, p) + distance) | 0;
  // A 16-bit address wraps between the parts, too.
  if ((m[p + Record.IMMEDIATE] & SegmentCheck.ADDRESS16) !== 0) offset &= 0xffff;
  const segment = (w >>> Record.DST_SHIFT) & 63;
  if (!checkSegment(m, segment, offset, size, SegmentRight.READ)) return 0;
  const linear = (segmentBase(m, segment) + offset) | 0;
  return size === 4 ? read32(cpu, linear, p) : read16(cpu, linear, p);
}

/** A far pointer in memory, offset then selector, to cpu.farOffset and cpu.farSelector; false on a fault. */
export function readFarPointer(cpu: Cpu, w: number, p: number): boolean {
  const m = cpu.m;
  const size = m[p + Record.IMMEDIATE] & SegmentCheck.SIZE;
  cpu.farOffset = readOperandPart(cpu, w, p, 0, size);
  if (m[State.FAULT] !== 0) return false;
  cpu.farSelector = readOperandPart(cpu, w, p, size, 2);
  return m[State.FAULT] === 0;
}

/** The OFFSET16 operation: a 16-bit effective address. */
export function offset16(m: Int32Array, w: number, p: number): number {
  return (m[(w >>> 22) & 15] + m[(w >>> 26) & 15] + m[p + 1]) & 0xffff;
}

/** The effective address of the operation at `p`: linear, as SEGMENT or the flat segments left it. */
export function operandAddress(m: Int32Array, w: number, p: number): number {
  return (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
}
