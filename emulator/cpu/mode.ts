/* eslint-disable @typescript-eslint/no-duplicate-enum-values -- the same number can mean several things */
import type { Cpu } from "./cpu.ts";
import { Flag } from "./flags.ts";
import { Mode, Segment, SegmentField, SegmentRight, State, TlbBit } from "./layout.ts";
import { ControlBit } from "./tlb.ts";

/** Bits of SegmentField.ACCESS (descriptor bits 40..55). */
export const enum DescriptorBit {
  /** Code and data: set by the processor on first use. */
  ACCESSED = 1,
  /** Data: may be written. Code: may be read. */
  WRITABLE = 2,
  READABLE = 2,
  /** Data: valid offsets are above the limit. Code: conforming. */
  EXPAND_DOWN = 4,
  CONFORMING = 4,
  CODE = 8,
  /** Code or data; clear for system descriptors. */
  USER = 0x10,
  DPL = 0x60,
  DPL_SHIFT = 5,
  PRESENT = 0x80,
  AVL = 0x1000,
  /** 32-bit code or stack; upper bound of an expand-down segment. */
  BIG = 0x4000,
  GRANULARITY = 0x8000,
}

export function isProtected(m: Int32Array): boolean {
  return (m[State.CR0] & ControlBit.CR0_PE) !== 0 && (m[State.EFLAGS] & Flag.VM) === 0;
}

export function isVirtual8086(m: Int32Array): boolean {
  return (m[State.EFLAGS] & Flag.VM) !== 0;
}

/** Sets a segment register and its hidden part. `access` as SegmentField.ACCESS, 0 for a null segment. */
export function setSegment(
  m: Int32Array,
  segment: number,
  selector: number,
  base: number,
  limit: number,
  access: number,
): void {
  const record = State.SEGMENTS + segment * SegmentField.WORDS;
  m[record + SegmentField.SELECTOR] = selector;
  m[record + SegmentField.BASE] = base;
  m[record + SegmentField.LIMIT] = limit;
  m[record + SegmentField.ACCESS] = access;
  deriveSegment(m, record);
}

function deriveSegment(m: Int32Array, record: number): void {
  const access = m[record + SegmentField.ACCESS];
  const limit = m[record + SegmentField.LIMIT];
  let rights = 0;
  if ((access & DescriptorBit.USER) === 0) {
    rights = SegmentRight.READ | SegmentRight.WRITE;
  } else if ((access & DescriptorBit.CODE) !== 0) {
    rights = (access & DescriptorBit.READABLE) !== 0 ? SegmentRight.READ : 0;
  } else {
    rights = SegmentRight.READ | ((access & DescriptorBit.WRITABLE) !== 0 ? SegmentRight.WRITE : 0);
  }
  m[record + SegmentField.LOW] = segmentLow(access, limit);
  m[record + SegmentField.HIGH] = segmentHigh(access, limit);
  m[record + SegmentField.RIGHTS] = rights;
}

function isExpandDown(access: number): boolean {
  return (
    (access & (DescriptorBit.USER | DescriptorBit.CODE | DescriptorBit.EXPAND_DOWN)) ===
    (DescriptorBit.USER | DescriptorBit.EXPAND_DOWN)
  );
}

/** Lowest valid offset. Where there is none, it is above segmentHigh. */
export function segmentLow(access: number, limit: number): number {
  if ((access & DescriptorBit.PRESENT) === 0) return 1;
  if (!isExpandDown(access)) return 0;
  const top = (access & DescriptorBit.BIG) !== 0 ? 0xffffffff : 0xffff;
  return limit >>> 0 >= top ? 1 : limit + 1;
}

/** Highest valid offset. */
export function segmentHigh(access: number, limit: number): number {
  if ((access & DescriptorBit.PRESENT) === 0) return 0;
  if (!isExpandDown(access)) return limit;
  const top = (access & DescriptorBit.BIG) !== 0 ? -1 : 0xffff;
  return limit >>> 0 >= top >>> 0 ? 0 : top;
}

/** Real mode: a segment load changes selector and base; limit and rights stay (so does a "big real mode" limit). */
export function setRealSegment(m: Int32Array, segment: number, selector: number): void {
  const record = State.SEGMENTS + segment * SegmentField.WORDS;
  m[record + SegmentField.SELECTOR] = selector;
  m[record + SegmentField.BASE] = selector << 4;
}

/** Virtual-8086 mode: 64 KiB, writable, DPL 3. */
export function setVirtual8086Segment(m: Int32Array, segment: number, selector: number): void {
  setSegment(m, segment, selector, selector << 4, 0xffff, 0xf3);
}

const CS = State.SEGMENTS + Segment.CS * SegmentField.WORDS;
const SS = State.SEGMENTS + Segment.SS * SegmentField.WORDS;

/** Works out State.MODE and the TLB masks after a change of segments, CPL, CR0.PE or EFLAGS.VM/TF. */
export function updateMode(cpu: Cpu): void {
  const m = cpu.m;
  let mode = 0;
  for (let segment = Segment.ES; segment <= Segment.GS; segment++) {
    const record = State.SEGMENTS + segment * SegmentField.WORDS;
    if (m[record + SegmentField.BASE] !== 0 || m[record + SegmentField.HIGH] !== -1) continue;
    if (m[record + SegmentField.LOW] !== 0) continue;
    const rights = m[record + SegmentField.RIGHTS];
    if (rights === (SegmentRight.READ | SegmentRight.WRITE) || segment === Segment.CS) {
      mode |= Mode.FLAT_ES << segment;
    }
  }
  // An execute-only or writable-as-data CS is flat for jumps; reads through CS are checked when it is not readable.
  if ((m[CS + SegmentField.ACCESS] & DescriptorBit.BIG) !== 0) mode |= Mode.CODE32;
  if ((m[SS + SegmentField.ACCESS] & DescriptorBit.BIG) !== 0) mode |= Mode.STACK32;
  if ((m[State.EFLAGS] & Flag.TF) !== 0) mode |= Mode.SINGLE;
  m[State.MODE] = mode;
  const user = m[State.CPL] === 3;
  m[State.READ_MASK] = user ? TlbBit.SLOW_USER_READ : TlbBit.SLOW_SUPERVISOR_READ;
  m[State.WRITE_MASK] = user ? TlbBit.SLOW_USER_WRITE : TlbBit.SLOW_SUPERVISOR_WRITE;
}
