import type { AccessSize } from "./bus.ts";
import type { Cpu } from "./cpu.ts";
import { Flag, FlagKind, zero } from "./flags.ts";
import { checkPort } from "./io.ts";
import { Region, Segment, SegmentRight, State } from "./layout.ts";
import { checkWrite, read16, read32, read8, write16, write32, write8 } from "./memory.ts";
import { Record } from "./operation.ts";
import { setResumeFlag } from "./resume_flag.ts";
import { checkSegment, segmentBase } from "./segment_access.ts";

/*
 * MOVS STOS LODS CMPS SCAS INS OUTS, alone and repeated.
 *
 * A repeated instruction retires once, when its count is used up (or its condition ends it). So that no single
 * instruction holds the machine's clock for billions of iterations, it also retires whenever its count reaches a
 * multiple of 65536 on the way: then EIP is still on it, and interrupts and the end of a slice have their chance. This
 * depends on ECX alone, so observation and the way the work is cut don't change the count.
 *
 * A fault leaves ECX, ESI and EDI as of the last completed iteration and EIP on the instruction. Interrupts are sampled
 * between its iterations: only a bus call can make one pending, so `cpu.attention` is all there is to look at, and the
 * instruction is then left unretired, to be resumed. Iterations on plain memory are done by the page.
 */

/** Iterations after which a repeated instruction counts as retired although it goes on: a power of two. */
const CHUNK = 0x10000;

/** Immediate of a string operation. */
export const enum StringInfo {
  SIZE = 7,
  REP = 0x10,
  REPNE = 0x20,
  REPEATED = 0x30,
  ADDRESS16 = 0x40,
  /** Source segment. */
  SEGMENT_SHIFT = 8,
}

function readSized(cpu: Cpu, linear: number, size: number, p: number): number {
  return size === 4 ? read32(cpu, linear, p) : size === 2 ? read16(cpu, linear, p) : read8(cpu, linear, p);
}

function writeSized(cpu: Cpu, linear: number, size: number, value: number, p: number): void {
  if (size === 4) write32(cpu, linear, value, p);
  else if (size === 2) write16(cpu, linear, value, p);
  else write8(cpu, linear, value, p);
}

function offsetMask(info: number): number {
  return (info & StringInfo.ADDRESS16) !== 0 ? 0xffff : -1;
}

/** Adds to ESI, EDI or ECX, or to their low halves. */
function advance(m: Int32Array, register: number, amount: number, mask: number): void {
  m[register] = (m[register] & ~mask) | ((m[register] + amount) & mask);
}

function signed(value: number, size: number): number {
  return size === 4 ? value : size === 2 ? (value << 16) >> 16 : (value << 24) >> 24;
}

function compare(m: Int32Array, left: number, right: number, size: number): void {
  m[State.FLAG_KIND] = size === 4 ? FlagKind.SUB : size === 2 ? FlagKind.SUB16 : FlagKind.SUB8;
  m[State.FLAG_A] = signed(left, size);
  m[State.FLAG_B] = signed(right, size);
}

function accumulator(m: Int32Array, size: number): number {
  return size === 4 ? m[State.EAX] : size === 2 ? m[State.EAX] & 0xffff : m[State.EAX] & 0xff;
}

// One iteration of each. False on a fault: nothing has changed.

function movsOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const segment = info >>> StringInfo.SEGMENT_SHIFT;
  const from = m[State.ESI] & mask;
  const to = m[State.EDI] & mask;
  if (!checkSegment(m, segment, from, size, SegmentRight.READ)) return false;
  const value = readSized(cpu, (segmentBase(m, segment) + from) | 0, size, p);
  if (m[State.FAULT] !== 0) return false;
  if (!storeOnce(cpu, to, value, size, p)) return false;
  const step = (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size;
  advance(m, State.ESI, step, mask);
  advance(m, State.EDI, step, mask);
  return true;
}

function storeOnce(cpu: Cpu, offset: number, value: number, size: number, p: number): boolean {
  const m = cpu.m;
  if (!checkSegment(m, Segment.ES, offset, size, SegmentRight.WRITE)) return false;
  writeSized(cpu, (segmentBase(m, Segment.ES) + offset) | 0, size, value, p);
  return m[State.FAULT] === 0;
}

function stosOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  if (!storeOnce(cpu, m[State.EDI] & mask, m[State.EAX], size, p)) return false;
  advance(m, State.EDI, (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size, mask);
  return true;
}

function lodsOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const segment = info >>> StringInfo.SEGMENT_SHIFT;
  const from = m[State.ESI] & mask;
  if (!checkSegment(m, segment, from, size, SegmentRight.READ)) return false;
  const value = readSized(cpu, (segmentBase(m, segment) + from) | 0, size, p);
  if (m[State.FAULT] !== 0) return false;
  if (size === 4) m[State.EAX] = value;
  else if (size === 2) cpu.m16[State.EAX * 2] = value;
  else cpu.m8[State.EAX * 4] = value;
  advance(m, State.ESI, (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size, mask);
  return true;
}

function cmpsOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const segment = info >>> StringInfo.SEGMENT_SHIFT;
  const from = m[State.ESI] & mask;
  const to = m[State.EDI] & mask;
  // Where both operands fault, it is the one at ES:EDI that is reported, as the P6's successors do.
  if (!checkSegment(m, Segment.ES, to, size, SegmentRight.READ)) return false;
  const right = readSized(cpu, (segmentBase(m, Segment.ES) + to) | 0, size, p);
  if (m[State.FAULT] !== 0) return false;
  if (!checkSegment(m, segment, from, size, SegmentRight.READ)) return false;
  const left = readSized(cpu, (segmentBase(m, segment) + from) | 0, size, p);
  if (m[State.FAULT] !== 0) return false;
  compare(m, left, right, size);
  const step = (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size;
  advance(m, State.ESI, step, mask);
  advance(m, State.EDI, step, mask);
  return true;
}

function scasOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const to = m[State.EDI] & mask;
  if (!checkSegment(m, Segment.ES, to, size, SegmentRight.READ)) return false;
  const right = readSized(cpu, (segmentBase(m, Segment.ES) + to) | 0, size, p);
  if (m[State.FAULT] !== 0) return false;
  compare(m, accumulator(m, size), right, size);
  advance(m, State.EDI, (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size, mask);
  return true;
}

function insOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = (info & StringInfo.SIZE) as AccessSize;
  const mask = offsetMask(info);
  const port = cpu.m16[State.EDX * 2];
  if (!checkPort(cpu, port, size)) return false;
  const to = m[State.EDI] & mask;
  if (!checkSegment(m, Segment.ES, to, size, SegmentRight.WRITE)) return false;
  const linear = (segmentBase(m, Segment.ES) + to) | 0;
  // A port read can't be undone, so the write is checked first.
  if (!checkWrite(cpu, linear, size, p)) return false;
  writeSized(cpu, linear, size, cpu.bus.readPort(port, size), p);
  advance(m, State.EDI, (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size, mask);
  return true;
}

function outsOnce(cpu: Cpu, info: number, p: number): boolean {
  const m = cpu.m;
  const size = (info & StringInfo.SIZE) as AccessSize;
  const mask = offsetMask(info);
  const segment = info >>> StringInfo.SEGMENT_SHIFT;
  const port = cpu.m16[State.EDX * 2];
  if (!checkPort(cpu, port, size)) return false;
  const from = m[State.ESI] & mask;
  if (!checkSegment(m, segment, from, size, SegmentRight.READ)) return false;
  const value = readSized(cpu, (segmentBase(m, segment) + from) | 0, size, p);
  if (m[State.FAULT] !== 0) return false;
  cpu.bus.writePort(port, size, size === 4 ? value >>> 0 : size === 2 ? value & 0xffff : value & 0xff);
  advance(m, State.ESI, (m[State.EFLAGS] & Flag.DF) !== 0 ? -size : size, mask);
  return true;
}

// Bulk work: as many iterations as stay within a page (of both operands) of memory on the fast path. They return the
// number of iterations done, 0 when the next one has to be done singly.

const BACKWARD = 0;

/** Elements from `offset` on that lie in the same page and, for 16-bit addresses, below the wrap. */
function elementsInPage(linear: number, offset: number, size: number, mask: number): number {
  const bytes = 0x1000 - (linear & 0xfff);
  const toWrap = mask === 0xffff ? 0x10000 - offset : bytes;
  return Math.floor(Math.min(bytes, toWrap) / size);
}

/** True when the whole range is inside the segment; the single iteration raises the fault otherwise. */
function inSegment(m: Int32Array, segment: number, offset: number, bytes: number, right: number): boolean {
  if (checkSegment(m, segment, offset, bytes, right)) return true;
  m[State.FAULT] = 0;
  return false;
}

function movsBulk(cpu: Cpu, info: number, count: number): number {
  const m = cpu.m;
  if ((m[State.EFLAGS] & Flag.DF) !== 0) return BACKWARD;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const segment = info >>> StringInfo.SEGMENT_SHIFT;
  const fromOffset = m[State.ESI] & mask;
  const toOffset = m[State.EDI] & mask;
  const from = (segmentBase(m, segment) + fromOffset) | 0;
  const to = (segmentBase(m, Segment.ES) + toOffset) | 0;
  const readEntry = m[Region.TLB_WORD + (from >>> 12)];
  const writeEntry = m[Region.TLB_WORD + (to >>> 12)];
  if ((readEntry & m[State.READ_MASK]) !== 0 || (writeEntry & m[State.WRITE_MASK]) !== 0) return 0;
  const n = Math.min(count, elementsInPage(from, fromOffset, size, mask), elementsInPage(to, toOffset, size, mask));
  if (n === 0) return 0;
  const bytes = n * size;
  if (!inSegment(m, segment, fromOffset, bytes, SegmentRight.READ)) return 0;
  if (!inSegment(m, Segment.ES, toOffset, bytes, SegmentRight.WRITE)) return 0;
  const source = (readEntry & ~0xfff) ^ from;
  const target = (writeEntry & ~0xfff) ^ to;
  copyForward(cpu, target, source, bytes, size);
  advance(m, State.ESI, bytes, mask);
  advance(m, State.EDI, bytes, mask);
  return n;
}

/** Copies as ascending single moves of `size` bytes would, also where the ranges overlap. */
function copyForward(cpu: Cpu, target: number, source: number, bytes: number, size: number): void {
  const m8 = cpu.m8;
  if (target > source && target < source + bytes) {
    if (target - source >= size) {
      // The distance is a whole element or more: byte by byte gives the same result.
      for (let i = 0; i < bytes; i++) m8[target + i] = m8[source + i];
    } else {
      const scratch = cpu.scratch;
      for (let i = 0; i < bytes; i += size) {
        for (let k = 0; k < size; k++) scratch[k] = m8[source + i + k];
        for (let k = 0; k < size; k++) m8[target + i + k] = scratch[k];
      }
    }
  } else if (bytes <= 64 && ((target | source | bytes) & 3) === 0) {
    const m = cpu.m;
    for (let i = 0; i < bytes; i += 4) m[(target + i) >> 2] = m[(source + i) >> 2];
  } else {
    m8.copyWithin(target, source, source + bytes);
  }
}

function stosBulk(cpu: Cpu, info: number, count: number): number {
  const m = cpu.m;
  if ((m[State.EFLAGS] & Flag.DF) !== 0) return BACKWARD;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const offset = m[State.EDI] & mask;
  const linear = (segmentBase(m, Segment.ES) + offset) | 0;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & m[State.WRITE_MASK]) !== 0 || (linear & (size - 1)) !== 0) return 0;
  const n = Math.min(count, elementsInPage(linear, offset, size, mask));
  if (n === 0 || !inSegment(m, Segment.ES, offset, n * size, SegmentRight.WRITE)) return 0;
  const at = (entry & ~0xfff) ^ linear;
  if (size === 1) cpu.m8.fill(m[State.EAX], at, at + n);
  else if (size === 2) cpu.m16.fill(m[State.EAX], at >> 1, (at >> 1) + n);
  else m.fill(m[State.EAX], at >> 2, (at >> 2) + n);
  advance(m, State.EDI, n * size, mask);
  return n;
}

/** REPE/REPNE SCASB on the fast path: strlen, memchr. */
function scasBulk(cpu: Cpu, info: number, count: number): number {
  const m = cpu.m;
  if ((m[State.EFLAGS] & Flag.DF) !== 0 || (info & StringInfo.SIZE) !== 1) return BACKWARD;
  const mask = offsetMask(info);
  const offset = m[State.EDI] & mask;
  const linear = (segmentBase(m, Segment.ES) + offset) | 0;
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & m[State.READ_MASK]) !== 0) return 0;
  const n = Math.min(count, elementsInPage(linear, offset, 1, mask));
  if (n === 0 || !inSegment(m, Segment.ES, offset, n, SegmentRight.READ)) return 0;
  const m8 = cpu.m8;
  const at = (entry & ~0xfff) ^ linear;
  const value = m[State.EAX] & 0xff;
  const whileEqual = (info & StringInfo.REP) !== 0;
  let i = 0;
  while (i < n - 1 && (m8[at + i] === value) === whileEqual) i++;
  compare(m, value, m8[at + i], 1);
  advance(m, State.EDI, i + 1, mask);
  return i + 1;
}

/** REPE CMPSB/W/D on the fast path: memcmp. */
function cmpsBulk(cpu: Cpu, info: number, count: number): number {
  const m = cpu.m;
  if ((m[State.EFLAGS] & Flag.DF) !== 0 || (info & StringInfo.REP) === 0) return BACKWARD;
  const size = info & StringInfo.SIZE;
  const mask = offsetMask(info);
  const segment = info >>> StringInfo.SEGMENT_SHIFT;
  const fromOffset = m[State.ESI] & mask;
  const toOffset = m[State.EDI] & mask;
  const from = (segmentBase(m, segment) + fromOffset) | 0;
  const to = (segmentBase(m, Segment.ES) + toOffset) | 0;
  const left = m[Region.TLB_WORD + (from >>> 12)];
  const right = m[Region.TLB_WORD + (to >>> 12)];
  if (((left | right) & m[State.READ_MASK]) !== 0) return 0;
  // The last iteration is left to the single one, which sets the flags; so is the one that finds a difference.
  const n = Math.min(count, elementsInPage(from, fromOffset, size, mask), elementsInPage(to, toOffset, size, mask)) - 1;
  if (n <= 0) return 0;
  if (!inSegment(m, segment, fromOffset, n * size, SegmentRight.READ)) return 0;
  if (!inSegment(m, Segment.ES, toOffset, n * size, SegmentRight.READ)) return 0;
  const m8 = cpu.m8;
  const a = (left & ~0xfff) ^ from;
  const b = (right & ~0xfff) ^ to;
  let equal = 0;
  while (equal < n * size && m8[a + equal] === m8[b + equal]) equal++;
  const done = Math.floor(equal / size);
  advance(m, State.ESI, done * size, mask);
  advance(m, State.EDI, done * size, mask);
  return done;
}

function noBulk(): number {
  return 0;
}

/**
 * The REP loop. `conditional`: REPE and REPNE look at ZF. When such an instruction is left before its end, by a fault, an
 * interrupt or a trap, the flags are those from before it (SDM 2, REP): only its last iteration sets them.
 */
function repeat(
  cpu: Cpu,
  p: number,
  once: (cpu: Cpu, info: number, p: number) => boolean,
  bulk: (cpu: Cpu, info: number, count: number) => number,
  conditional: boolean,
): void {
  const m = cpu.m;
  const flags = m[State.EFLAGS];
  const flagKind = m[State.FLAG_KIND];
  const flagA = m[State.FLAG_A];
  const flagB = m[State.FLAG_B];
  const info = m[p + Record.IMMEDIATE];
  const mask = offsetMask(info);
  const whileEqual = (info & StringInfo.REP) !== 0;
  const stepping = (m[State.EFLAGS] & Flag.TF) !== 0;
  for (;;) {
    const count = (m[State.ECX] & mask) >>> 0;
    if (count === 0) return;
    // Up to the next multiple of CHUNK.
    let done = stepping ? 0 : bulk(cpu, info, ((count - 1) & (CHUNK - 1)) + 1);
    // CMPS in bulk stops before the iteration that matters for the flags.
    const flagsSet = done === 0 || bulk === scasBulk;
    if (done === 0) {
      if (!once(cpu, info, p)) break;
      done = 1;
    }
    advance(m, State.ECX, -done, mask);
    if (done === count) return;
    if (conditional && flagsSet && zero(m) !== whileEqual) return;
    const retires = ((count - done) & (CHUNK - 1)) === 0;
    if (cpu.attention || stepping || retires) {
      m[State.NEXT_EIP] = (m[State.EIP] + (m[p + Record.META] & 0xfff)) | 0;
      setResumeFlag(cpu, true, cpu.instructionCount + (retires ? 1 : 0));
      if (!retires) m[State.BUDGET]++;
      break;
    }
  }
  if (conditional) {
    m[State.EFLAGS] = flags;
    m[State.FLAG_KIND] = flagKind;
    m[State.FLAG_A] = flagA;
    m[State.FLAG_B] = flagB;
  }
}

export function movs(cpu: Cpu, _w: number, p: number): void {
  movsOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}
export function stos(cpu: Cpu, _w: number, p: number): void {
  stosOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}
export function lods(cpu: Cpu, _w: number, p: number): void {
  lodsOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}
export function cmps(cpu: Cpu, _w: number, p: number): void {
  cmpsOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}
export function scas(cpu: Cpu, _w: number, p: number): void {
  scasOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}
export function ins(cpu: Cpu, _w: number, p: number): void {
  insOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}
export function outs(cpu: Cpu, _w: number, p: number): void {
  outsOnce(cpu, cpu.m[p + Record.IMMEDIATE], p);
}

export function repMovs(cpu: Cpu, _w: number, p: number): void {
  repeat(cpu, p, movsOnce, movsBulk, false);
}
export function repStos(cpu: Cpu, _w: number, p: number): void {
  repeat(cpu, p, stosOnce, stosBulk, false);
}
export function repLods(cpu: Cpu, _w: number, p: number): void {
  repeat(cpu, p, lodsOnce, noBulk, false);
}
export function repCmps(cpu: Cpu, _w: number, p: number): void {
  repeat(cpu, p, cmpsOnce, cmpsBulk, true);
}
export function repScas(cpu: Cpu, _w: number, p: number): void {
  repeat(cpu, p, scasOnce, scasBulk, true);
}
/** The right to the port is checked even when the count is zero. */
function portAllowed(cpu: Cpu, p: number): boolean {
  return checkPort(cpu, cpu.m16[State.EDX * 2], cpu.m[p + Record.IMMEDIATE] & StringInfo.SIZE);
}

export function repIns(cpu: Cpu, _w: number, p: number): void {
  if (portAllowed(cpu, p)) repeat(cpu, p, insOnce, noBulk, false);
}
export function repOuts(cpu: Cpu, _w: number, p: number): void {
  if (portAllowed(cpu, p)) repeat(cpu, p, outsOnce, noBulk, false);
}
