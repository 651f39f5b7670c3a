import type { Cpu } from "./cpu.ts";
import { descriptorAccess, descriptorBase, descriptorLimit, markAccessed } from "./descriptor.ts";
import { raiseWithCode, Vector } from "./exception.ts";
import { Region, Segment, SegmentField, State, TlbBit } from "./layout.ts";
import { checkUserWrite, checkSystemWrite, writeFrame16, writeFrame32 } from "./memory.ts";
import { DescriptorBit, segmentHigh, segmentLow, setSegment } from "./mode.ts";
import { checkStackSegment } from "./segment.ts";
import { innerStack } from "./task.ts";

/*
 * Frames of several words that gates push: every word is checked before the first is written, so a fault leaves the
 * stack and ESP as they were. The values are in cpu.frame, in the order of the pushes.
 */

const SS = State.SEGMENTS + Segment.SS * SegmentField.WORDS;

/** Pushes cpu.frame[0..count) on SS:ESP and moves ESP. False on a fault; `external`: EXT bit of a #SS error code. */
export function pushOnCurrentStack(cpu: Cpu, count: number, size: number, external: number): boolean {
  const m = cpu.m;
  const mask = (m[SS + SegmentField.ACCESS] & DescriptorBit.BIG) !== 0 ? -1 : 0xffff;
  const base = m[SS + SegmentField.BASE];
  const esp = m[State.ESP];
  if (!fits(m[SS + SegmentField.LOW], m[SS + SegmentField.HIGH], esp, mask, count, size)) {
    raiseWithCode(m, Vector.SS, external);
    return false;
  }
  const user = m[State.CPL] === 3;
  if (!checkFrame(cpu, base, esp, mask, count, size, user)) return false;
  writeFrame(cpu, base, esp, mask, count, size, user);
  m[State.ESP] = (esp & ~mask) | ((esp - count * size) & mask);
  return true;
}

/**
 * Switches to the stack that the TSS names for privilege level `cpl` (SDM 3, 6.12.1) and pushes the frame there:
 * loads SS and ESP. A bad stack segment is #TS, one that is not present or too small is #SS, with its selector.
 */
export function pushOnInnerStack(cpu: Cpu, count: number, size: number, cpl: number, external: number): boolean {
  const m = cpu.m;
  if (!innerStack(cpu, cpl, external)) return false;
  const selector = cpu.innerSs;
  const esp = cpu.innerEsp;
  if (!checkStackSegment(cpu, selector, cpl, Vector.TS, external)) return false;
  const access = descriptorAccess(cpu);
  const limit = descriptorLimit(cpu);
  const base = descriptorBase(cpu);
  const mask = (access & DescriptorBit.BIG) !== 0 ? -1 : 0xffff;
  if (!fits(segmentLow(access, limit), segmentHigh(access, limit), esp, mask, count, size)) {
    raiseWithCode(m, Vector.SS, (selector & 0xfffc) | external);
    return false;
  }
  const user = cpl === 3;
  if (!checkFrame(cpu, base, esp, mask, count, size, user)) return false;
  if (!markAccessed(cpu)) return false;
  setSegment(m, Segment.SS, selector, base, limit, access | DescriptorBit.ACCESSED);
  writeFrame(cpu, base, esp, mask, count, size, user);
  m[State.ESP] = mask === -1 ? (esp - count * size) | 0 : (esp & ~mask) | ((esp - count * size) & mask);
  return true;
}

/** Each word lies within low..high. */
function fits(low: number, high: number, esp: number, mask: number, count: number, size: number): boolean {
  if (low === 0 && high === -1) return true;
  for (let i = 1; i <= count; i++) {
    const at = ((esp - i * size) & mask) >>> 0;
    if (at < low >>> 0 || at + size - 1 > high >>> 0) return false;
  }
  return true;
}

function checkFrame(
  cpu: Cpu,
  base: number,
  esp: number,
  mask: number,
  count: number,
  size: number,
  user: boolean,
): boolean {
  const bytes = count * size;
  const lowest = (base + ((esp - bytes) & mask)) | 0;
  const wraps = mask === 0xffff && (esp & mask) < bytes && (esp & mask) !== 0;
  if (!wraps) {
    if (frameWord(cpu, lowest, bytes, user) !== -1) return true;
    return user ? checkUserWrite(cpu, lowest, bytes) : checkSystemWrite(cpu, lowest, bytes);
  }
  for (let i = 1; i <= count; i++) {
    const linear = (base + ((esp - i * size) & mask)) | 0;
    if (!(user ? checkUserWrite(cpu, linear, size) : checkSystemWrite(cpu, linear, size))) return false;
  }
  return true;
}

/** Index of the arena word at `lowest` when the frame lies on one page that is on the fast path; otherwise -1. */
function frameWord(cpu: Cpu, lowest: number, bytes: number, user: boolean): number {
  const entry = cpu.m[Region.TLB_WORD + (lowest >>> 12)];
  const slow = user ? TlbBit.SLOW_USER_WRITE : TlbBit.SLOW_SUPERVISOR_WRITE;
  if (((entry & slow) | (lowest & 3)) !== 0 || (lowest & 0xfff) + bytes > 0x1000) return -1;
  return ((entry & ~0xfff) ^ lowest) >> 2;
}

function writeFrame(
  cpu: Cpu,
  base: number,
  esp: number,
  mask: number,
  count: number,
  size: number,
  user: boolean,
): void {
  const frame = cpu.frame;
  if (size === 4 && mask === -1) {
    const word = frameWord(cpu, (base + esp - count * 4) | 0, count * 4, user);
    if (word !== -1) {
      for (let i = 0; i < count; i++) cpu.m[word + count - 1 - i] = frame[i];
      return;
    }
  }
  for (let i = 0; i < count; i++) {
    const linear = (base + ((esp - (i + 1) * size) & mask)) | 0;
    if (size === 4) writeFrame32(cpu, linear, frame[i], user);
    else writeFrame16(cpu, linear, frame[i], user);
  }
}
