import type { Cpu } from "./cpu.ts";
import { Mode, Region, Segment, SegmentField, SegmentRight, State } from "./layout.ts";
import { checkWrite, read16, read32, write16, write32 } from "./memory.ts";
import { Record } from "./operation.ts";
import { checkSegment, segmentAddress } from "./segment_access.ts";

/*
 * The stack through any SS: 16- or 32-bit stack pointer, any base and limit. (Pushes and pops of 32 bits on a flat stack
 * are cases of execute.ts.) Nothing moves ESP before the access has succeeded.
 */

const SS_BASE = State.SEGMENTS + Segment.SS * SegmentField.WORDS + SegmentField.BASE;

/** ESP or SP. */
export function stackMask(m: Int32Array): number {
  return (m[State.MODE] & Mode.STACK32) !== 0 ? -1 : 0xffff;
}

/** Stores the stack pointer: all of ESP, or SP. */
export function setStackPointer(m: Int32Array, value: number): void {
  const mask = stackMask(m);
  m[State.ESP] = (m[State.ESP] & ~mask) | (value & mask);
}

/** Writes `size` bytes at a stack offset; false on a fault. The stack pointer stays. */
export function writeStack(cpu: Cpu, offset: number, value: number, size: number, p: number): boolean {
  const m = cpu.m;
  const at = offset & stackMask(m);
  if (!checkSegment(m, Segment.SS, at, size, SegmentRight.WRITE)) return false;
  const linear = (m[SS_BASE] + at) | 0;
  if (size === 4) write32(cpu, linear, value, p);
  else write16(cpu, linear, value, p);
  return m[State.FAULT] === 0;
}

/** Reads `size` bytes (zero-extended) at a stack offset. State.FAULT tells of a fault. */
export function readStack(cpu: Cpu, offset: number, size: number, p: number): number {
  const m = cpu.m;
  const at = offset & stackMask(m);
  if (!checkSegment(m, Segment.SS, at, size, SegmentRight.READ)) return 0;
  const linear = (m[SS_BASE] + at) | 0;
  return size === 4 ? read32(cpu, linear, p) : read16(cpu, linear, p);
}

/** Faults as pushes of `bytes` bytes in all would (at most a page). */
export function checkStackRoom(cpu: Cpu, bytes: number, size: number, p: number): boolean {
  const m = cpu.m;
  const mask = stackMask(m);
  for (let done = size; done <= bytes; done += size) {
    const at = (m[State.ESP] - done) & mask;
    if (!checkSegment(m, Segment.SS, at, size, SegmentRight.WRITE)) return false;
    if (!checkWrite(cpu, (m[SS_BASE] + at) | 0, size, p)) return false;
  }
  return true;
}

/**
 * Index of the arena word at linear address `at` when SS is flat and the `bytes` bytes from there lie on one page that
 * is on the fast path for `mask`; otherwise -1.
 */
export function flatStackWord(m: Int32Array, at: number, bytes: number, mask: number): number {
  const flat = Mode.FLAT_SS | Mode.STACK32;
  const entry = m[Region.TLB_WORD + (at >>> 12)];
  if (((entry & mask) | (at & 3)) !== 0 || (at & 0xfff) + bytes > 0x1000 || (m[State.MODE] & flat) !== flat) return -1;
  return ((entry & ~0xfff) ^ at) >> 2;
}

export function push(cpu: Cpu, value: number, size: number, p: number): boolean {
  const m = cpu.m;
  if (!writeStack(cpu, m[State.ESP] - size, value, size, p)) return false;
  setStackPointer(m, m[State.ESP] - size);
  return true;
}

/** PUSH of a register, an immediate or a memory operand: the value is in the word named by the dst field. */
export function pushWord(cpu: Cpu, w: number, p: number): void {
  push(cpu, cpu.m16[(w >>> Record.DST_SHIFT) & 63], 2, p);
}

export function pushDoubleword(cpu: Cpu, w: number, p: number): void {
  push(cpu, cpu.m[(w >>> Record.DST_SHIFT) & 63], 4, p);
}

/** POP to a register. POP ESP: the value popped wins over the increment. */
export function popWord(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const value = readStack(cpu, m[State.ESP], 2, p);
  if (m[State.FAULT] !== 0) return;
  setStackPointer(m, m[State.ESP] + 2);
  cpu.m16[(w >>> Record.DST_SHIFT) & 63] = value;
}

export function popDoubleword(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const value = readStack(cpu, m[State.ESP], 4, p);
  if (m[State.FAULT] !== 0) return;
  setStackPointer(m, m[State.ESP] + 4);
  m[(w >>> Record.DST_SHIFT) & 63] = value;
}

/**
 * POP m: an address with ESP as its base uses the value after the increment (SDM 2, POP), so the address is worked out
 * here. The record is like that of a SEGMENT operation.
 */
export function popMemory16(cpu: Cpu, w: number, p: number): void {
  popMemory(cpu, w, p, 2);
}

export function popMemory32(cpu: Cpu, w: number, p: number): void {
  popMemory(cpu, w, p, 4);
}

function popMemory(cpu: Cpu, w: number, p: number, size: number): void {
  const m = cpu.m;
  const before = m[State.ESP];
  const value = readStack(cpu, before, size, p);
  if (m[State.FAULT] !== 0) return;
  setStackPointer(m, before + size);
  segmentAddress(cpu, w, p);
  const after = m[State.ESP];
  m[State.ESP] = before;
  if (m[State.FAULT] !== 0) return;
  if (size === 4) write32(cpu, m[State.ADDRESS], value, p);
  else write16(cpu, m[State.ADDRESS], value, p);
  if (m[State.FAULT] === 0) m[State.ESP] = after;
}

/** PUSHA, PUSHAD: in encoding order, with the ESP from before. */
export function pushAll16(cpu: Cpu, _w: number, p: number): void {
  pushAll(cpu, 2, p);
}

export function pushAll32(cpu: Cpu, _w: number, p: number): void {
  const m = cpu.m;
  const at = (m[State.ESP] - 32) | 0;
  const word = flatStackWord(m, at, 32, m[State.WRITE_MASK]);
  if (word !== -1) {
    for (let register = 0; register < 8; register++) m[word + 7 - register] = m[register];
    m[State.ESP] = at;
    return;
  }
  pushAll(cpu, 4, p);
}

function pushAll(cpu: Cpu, size: number, p: number): void {
  const m = cpu.m;
  if (!checkStackRoom(cpu, 8 * size, size, p)) return;
  const esp = m[State.ESP];
  for (let register = 0; register < 8; register++) {
    if (!writeStack(cpu, esp - (register + 1) * size, m[register], size, p)) return;
  }
  setStackPointer(m, esp - 8 * size);
}

export function popAll16(cpu: Cpu, _w: number, p: number): void {
  popAll(cpu, 2, p);
}

export function popAll32(cpu: Cpu, _w: number, p: number): void {
  const m = cpu.m;
  const at = m[State.ESP];
  const word = flatStackWord(m, at, 32, m[State.READ_MASK]);
  if (word !== -1) {
    for (let register = 0; register < 8; register++) m[register] = m[word + 7 - register];
    m[State.ESP] = (at + 32) | 0;
    return;
  }
  popAll(cpu, 4, p);
}

function popAll(cpu: Cpu, size: number, p: number): void {
  const m = cpu.m;
  const esp = m[State.ESP];
  // All reads come first: a fault leaves every register as it was.
  const values = cpu.scratch;
  for (let i = 0; i < 8; i++) {
    values[i] = readStack(cpu, esp + i * size, size, p);
    if (m[State.FAULT] !== 0) return;
  }
  for (let i = 0; i < 8; i++) {
    const register = 7 - i;
    if (register === State.ESP) continue;
    if (size === 4) m[register] = values[i];
    else cpu.m16[register * 2] = values[i];
  }
  setStackPointer(m, esp + 8 * size);
}

/** ENTER size, level (SDM 2): builds a frame with copies of `level` - 1 outer frame pointers. */
export function enter16(cpu: Cpu, _w: number, p: number): void {
  enter(cpu, 2, p);
}

export function enter32(cpu: Cpu, _w: number, p: number): void {
  enter(cpu, 4, p);
}

function enter(cpu: Cpu, size: number, p: number): void {
  const m = cpu.m;
  const allocation = m[p + Record.IMMEDIATE] & 0xffff;
  const level = (m[p + Record.IMMEDIATE] >>> 16) & 31;
  const mask = stackMask(m);
  const esp = m[State.ESP];
  let top = esp - size;
  if (!writeStack(cpu, top, m[State.EBP], size, p)) return;
  // With a 16-bit stack pointer the upper half is ESP's.
  const frame = (esp & ~mask) | (top & mask);
  if (level > 0) {
    let pointer = m[State.EBP];
    for (let i = 1; i < level; i++) {
      pointer -= size;
      const value = readStack(cpu, pointer, size, p);
      if (m[State.FAULT] !== 0) return;
      top -= size;
      if (!writeStack(cpu, top, value, size, p)) return;
    }
    top -= size;
    if (!writeStack(cpu, top, frame, size, p)) return;
  }
  top -= allocation;
  // The new top of the stack must be writable, although nothing is written (SDM 2, ENTER).
  const at = top & mask;
  if (!checkSegment(m, Segment.SS, at, size, SegmentRight.WRITE)) return;
  if (!checkWrite(cpu, (m[SS_BASE] + at) | 0, size, p)) return;
  setStackPointer(m, top);
  if (size === 4) m[State.EBP] = frame;
  else cpu.m16[State.EBP * 2] = frame;
}

/** LEAVE: ESP from EBP, then POP EBP. */
export function leave16(cpu: Cpu, _w: number, p: number): void {
  const m = cpu.m;
  const value = readStack(cpu, m[State.EBP], 2, p);
  if (m[State.FAULT] !== 0) return;
  setStackPointer(m, m[State.EBP] + 2);
  cpu.m16[State.EBP * 2] = value;
}

export function leave32(cpu: Cpu, _w: number, p: number): void {
  const m = cpu.m;
  const value = readStack(cpu, m[State.EBP], 4, p);
  if (m[State.FAULT] !== 0) return;
  setStackPointer(m, m[State.EBP] + 4);
  m[State.EBP] = value;
}
