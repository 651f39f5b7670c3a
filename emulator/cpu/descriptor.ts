import type { Cpu } from "./cpu.ts";
import { raiseWithCode, type Vector } from "./exception.ts";
import { Segment, SegmentField, State } from "./layout.ts";
import { readSystem32, writeSystem8 } from "./memory.ts";
import { DescriptorBit } from "./mode.ts";

/* Descriptor tables (SDM 3, 3.4 and 3.5). Reads of them are the processor's own: always supervisor. */

/** Types of system descriptors (low four bits of the access byte, DescriptorBit.USER clear). */
export const enum SystemType {
  TSS16 = 1,
  LDT = 2,
  TSS16_BUSY = 3,
  CALL_GATE16 = 4,
  TASK_GATE = 5,
  INTERRUPT_GATE16 = 6,
  TRAP_GATE16 = 7,
  TSS32 = 9,
  TSS32_BUSY = 11,
  CALL_GATE32 = 12,
  INTERRUPT_GATE32 = 14,
  TRAP_GATE32 = 15,
}

const LDTR = State.SEGMENTS + Segment.LDTR * SegmentField.WORDS;

/** A null LDTR has no entries. */
function inTable(m: Int32Array, selector: number): boolean {
  const last = (selector | 7) & 0xffff;
  if ((selector & 4) === 0) return last <= m[State.GDTR_LIMIT];
  return m[LDTR + SegmentField.ACCESS] !== 0 && last <= m[LDTR + SegmentField.LIMIT] >>> 0;
}

/**
 * Reads the descriptor of a selector that is not null into cpu.descriptorLow/High/Address. False with a fault raised:
 * `vector` with the selector as error code (and `external` as its EXT bit) when the table has no such entry, #PF when
 * the table isn't mapped.
 */
export function readDescriptor(cpu: Cpu, selector: number, vector: Vector, external: number): boolean {
  const m = cpu.m;
  if (!inTable(m, selector)) {
    raiseWithCode(m, vector, (selector & 0xfffc) | external);
    return false;
  }
  const base = (selector & 4) === 0 ? m[State.GDTR_BASE] : m[LDTR + SegmentField.BASE];
  const address = (base + (selector & 0xfff8)) | 0;
  cpu.descriptorAddress = address;
  cpu.descriptorLow = readSystem32(cpu, address);
  if (m[State.FAULT] !== 0) return false;
  cpu.descriptorHigh = readSystem32(cpu, (address + 4) | 0);
  return m[State.FAULT] === 0;
}

/** As readDescriptor for LAR, LSL, VERR, VERW: false without a fault when there is no such entry. */
export function probeDescriptor(cpu: Cpu, selector: number): boolean {
  const m = cpu.m;
  if ((selector & 0xfffc) === 0) return false;
  if (!inTable(m, selector)) return false;
  return readDescriptor(cpu, selector, 0 as Vector, 0);
}

/** Access word (SegmentField.ACCESS) of the descriptor read last. */
export function descriptorAccess(cpu: Cpu): number {
  return (cpu.descriptorHigh >>> 8) & 0xf0ff;
}

export function descriptorBase(cpu: Cpu): number {
  const high = cpu.descriptorHigh;
  return (cpu.descriptorLow >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000);
}

/** Byte-granular limit, as a signed word. */
export function descriptorLimit(cpu: Cpu): number {
  const limit = (cpu.descriptorLow & 0xffff) | (cpu.descriptorHigh & 0xf0000);
  return ((cpu.descriptorHigh >>> 8) & DescriptorBit.GRANULARITY) !== 0 ? (limit << 12) | 0xfff : limit;
}

export function descriptorDpl(access: number): number {
  return (access & DescriptorBit.DPL) >>> DescriptorBit.DPL_SHIFT;
}

/** Sets the accessed bit of the code or data descriptor read last, in memory; false on a fault. */
export function markAccessed(cpu: Cpu): boolean {
  const access = (cpu.descriptorHigh >>> 8) & 0xff;
  if ((access & DescriptorBit.ACCESSED) !== 0) return true;
  writeSystem8(cpu, (cpu.descriptorAddress + 5) | 0, access | DescriptorBit.ACCESSED);
  cpu.descriptorHigh |= DescriptorBit.ACCESSED << 8;
  return cpu.m[State.FAULT] === 0;
}
