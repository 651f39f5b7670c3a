import type { Cpu } from "./cpu.ts";
import { Mode, PageKind, Region, Segment, SegmentField, State } from "./layout.ts";
import { decodeBlock } from "./decode.ts";
import { generalProtection } from "./exception.ts";
import { Op, Record } from "./operation.ts";
import { Access, resolve } from "./paging.ts";
import { tlbFrame, tlbProtectCode } from "./tlb.ts";

/*
 * Decoded blocks, found by the position of their first byte in the arena (so by physical address) and the mode they
 * were decoded for. Blocks are only appended; when the region is full everything is dropped. A block whose code is
 * written becomes invalid where it lies: its size becomes NEVER, so that no link enters it, and its operations become
 * RESYNC, so that an execution that is inside it leaves at the next instruction.
 */

/** Words of a block's header, before its first operation. */
export const enum Header {
  /** Number of instructions, or NEVER. */
  COUNT = -1,
  /** Position of the first byte in the arena; -1 when no link may lead here (invalid, across pages, not flat). */
  POSITION = -2,
  MODE = -3,
  /** Length in bytes. */
  BYTES = -4,
  NEXT_IN_PAGE = -5,
  NEXT_IN_HASH = -6,
  /** For a block of one instruction across two pages: position of the second page. */
  SECOND_PAGE = -7,
  NEXT_IN_SECOND_PAGE = -8,
  /** Words from the first operation to the end of the last one's first record. */
  WORDS = -9,
  /** As POSITION, but always the true one. */
  START = -10,
  SIZE = 12,
}

export const enum Cache {
  /** COUNT of a block that must not be entered: above any budget. */
  NEVER = 0x7fffffff,
  /** A block that is never entered: where unresolved links lead. */
  NO_BLOCK = Region.CODE_WORD + Header.SIZE,
  /** Scratch for single instructions that can't be cached. */
  SCRATCH = Region.CODE_WORD + 0x40,
  FIRST = Region.CODE_WORD + 0x200,
  /** Room that one block may need. */
  RESERVE = 0x2000,
}

const HASH_MASK = Region.BLOCK_HASH_ENTRIES - 1;

function hashOf(position: number, mode: number): number {
  return Region.BLOCK_HASH_WORD + ((position ^ (position >>> 13) ^ (mode << 7)) & HASH_MASK);
}

/** Drops all decoded code. */
export function flushCode(cpu: Cpu): void {
  const m = cpu.m;
  m.fill(0, Region.BLOCK_HASH_WORD, Region.BLOCK_HASH_WORD + Region.BLOCK_HASH_ENTRIES);
  for (const page of cpu.codePages) clearPage(m, page);
  cpu.codePages.length = 0;
  cpu.codeEnd = Cache.FIRST;
  cpu.codeGeneration++;
  m[Cache.NO_BLOCK + Header.COUNT] = Cache.NEVER;
  m[Cache.NO_BLOCK + Header.POSITION] = -1;
}

function clearPage(m: Int32Array, page: number): void {
  m[Region.CODE_PAGE_WORD + page] = 0;
  const bitmap = Region.CODE_BITMAP_WORD + page * 4;
  m[bitmap] = m[bitmap + 1] = m[bitmap + 2] = m[bitmap + 3] = 0;
}

/**
 * The block at CS:EIP, decoded if need be; 0 with a fault raised when it can't be fetched.
 */
export function findBlock(cpu: Cpu): number {
  const m = cpu.m;
  const mode = m[State.MODE];
  const eip = m[State.EIP];
  let linear = eip;
  if ((mode & Mode.FLAT_CS) === 0) {
    if (eip >>> 0 > m[CS_LIMIT] >>> 0) {
      generalProtection(m, 0);
      return 0;
    }
    linear = (m[CS_BASE] + eip) | 0;
  }
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  if ((entry & m[State.READ_MASK]) !== 0) return findSlowly(cpu, linear);
  return findAt(cpu, linear, (entry & ~0xfff) ^ linear);
}

const CS = State.SEGMENTS + Segment.CS * SegmentField.WORDS;
const CS_BASE = CS + SegmentField.BASE;
const CS_LIMIT = CS + SegmentField.LIMIT;

function findAt(cpu: Cpu, linear: number, position: number): number {
  const m = cpu.m;
  const mode = m[State.MODE];
  const hash = hashOf(position, mode);
  for (let block = m[hash]; block !== 0; block = m[block + Header.NEXT_IN_HASH]) {
    if (m[block + Header.START] === position && m[block + Header.MODE] === mode) {
      if (m[block + Header.POSITION] !== -1 || usable(cpu, block, linear)) return block;
    }
  }
  return build(cpu, linear, position, hash);
}

/** For blocks across pages or relative to a segment limit: does what was true at decoding still hold? */
function usable(cpu: Cpu, block: number, linear: number): boolean {
  const m = cpu.m;
  if ((m[State.MODE] & Mode.FLAT_CS) === 0) {
    const last = (m[State.EIP] >>> 0) + m[block + Header.BYTES] - 1;
    if (last > m[CS_LIMIT] >>> 0) return false;
  }
  const second = m[block + Header.SECOND_PAGE];
  if (second === 0) return true;
  const next = ((linear | 0xfff) + 1) | 0;
  const entry = m[Region.TLB_WORD + (next >>> 12)];
  return (entry & m[State.READ_MASK]) === 0 && ((entry & ~0xfff) ^ next) === second;
}

/** Fetch from a page that is not in the TLB, or is not RAM. */
function findSlowly(cpu: Cpu, linear: number): number {
  const m = cpu.m;
  const entry = resolve(cpu, linear, Access.READ, m[State.CPL] === 3);
  if (entry === 0) return 0;
  const physical = tlbFrame(entry, linear) | (linear & 0xfff);
  if (isMemory(cpu, physical)) return findAt(cpu, linear, physical + Region.RAM);
  return buildFromBuffer(cpu, linear, -1);
}

function isMemory(cpu: Cpu, physical: number): boolean {
  const page = physical >>> 12;
  return page < cpu.m[State.RAM_PAGES] && cpu.m8[Region.PAGE_KINDS + page] !== PageKind.BUS;
}

function build(cpu: Cpu, linear: number, position: number, hash: number): number {
  const m = cpu.m;
  if (cpu.codeEnd + Cache.RESERVE > Region.CODE_WORD + Region.CODE_WORDS) {
    flushCode(cpu);
  }
  let end = (position | 0xfff) + 1;
  let limited = false;
  const flat = (m[State.MODE] & Mode.FLAT_CS) !== 0;
  if (!flat) {
    const room = (m[CS_LIMIT] >>> 0) - (m[State.EIP] >>> 0) + 1;
    if (room < end - position) {
      end = position + room;
      limited = true;
    }
  }
  const block = cpu.codeEnd + Header.SIZE;
  const decoder = cpu.decoder;
  decoder.begin(cpu.m8, position, end, linear, m[State.MODE], block);
  if (!decodeBlock(cpu, decoder)) {
    // The first instruction doesn't end before the page or the segment does.
    if (limited && end - position < 15) {
      generalProtection(m, 0);
      return 0;
    }
    return buildFromBuffer(cpu, linear, hash);
  }
  cpu.codeEnd = decoder.allocationEnd;
  writeHeader(cpu, block, position, decoder.byteLength, hash);
  if (!flat) m[block + Header.POSITION] = -1;
  addToPage(cpu, block, position, decoder.byteLength, Header.NEXT_IN_PAGE);
  return block;
}

function writeHeader(cpu: Cpu, block: number, position: number, bytes: number, hash: number): void {
  const m = cpu.m;
  const decoder = cpu.decoder;
  m[block + Header.COUNT] = decoder.instructions;
  m[block + Header.POSITION] = position;
  m[block + Header.START] = position;
  m[block + Header.MODE] = m[State.MODE];
  m[block + Header.BYTES] = bytes;
  m[block + Header.SECOND_PAGE] = 0;
  m[block + Header.WORDS] = decoder.words;
  if (hash !== -1) {
    m[block + Header.NEXT_IN_HASH] = m[hash];
    m[hash] = block;
  }
}

/**
 * One instruction that can't be decoded where it lies: it runs across two pages, or is not in memory (hash -1: then it
 * is decoded anew each time).
 */
function buildFromBuffer(cpu: Cpu, linear: number, hash: number): number {
  const m = cpu.m;
  const user = m[State.CPL] === 3;
  const room = (m[State.MODE] & Mode.FLAT_CS) !== 0 ? 15 : (m[CS_LIMIT] >>> 0) - (m[State.EIP] >>> 0) + 1;
  const buffer = cpu.fetchBuffer;
  const decoder = cpu.decoder;
  const toPageEnd = 0x1000 - (linear & 0xfff);
  let available = 0;
  let second = 0;
  let secondInMemory = true;
  let cacheable = hash !== -1;
  const block = cacheable ? cpu.codeEnd + Header.SIZE : Cache.SCRATCH;
  // More bytes are fetched only when the instruction turns out to need them.
  let wanted = Math.min(15, room, toPageEnd);
  for (;;) {
    while (available < wanted) {
      const at = (linear + available) | 0;
      const entry = resolve(cpu, at, Access.READ, user);
      if (entry === 0) return 0;
      const physical = tlbFrame(entry, at) | (at & 0xfff);
      const inMemory = isMemory(cpu, physical);
      if (available === toPageEnd) {
        second = physical + Region.RAM;
        secondInMemory = inMemory;
      }
      buffer[available++] = inMemory ? cpu.m8[physical + Region.RAM] : cpu.bus.readPhysical(physical >>> 0, 1);
    }
    decoder.begin(buffer, 0, available, linear, m[State.MODE] | Mode.SINGLE, block);
    if (decodeBlock(cpu, decoder)) break;
    if (available === 15 || wanted === room) {
      generalProtection(m, 0);
      return 0;
    }
    wanted = Math.min(15, room);
  }
  if (!secondInMemory) cacheable = false;
  if (!cacheable) {
    writeHeader(cpu, block, -1, decoder.byteLength, -1);
    return block;
  }
  const entry = m[Region.TLB_WORD + (linear >>> 12)];
  const position = (entry & ~0xfff) ^ linear;
  cpu.codeEnd = decoder.allocationEnd;
  writeHeader(cpu, block, position, decoder.byteLength, hash);
  m[block + Header.POSITION] = -1;
  m[block + Header.SECOND_PAGE] = second;
  addToPage(cpu, block, position, toPageEnd, Header.NEXT_IN_PAGE);
  if (second !== 0) addToPage(cpu, block, second, decoder.byteLength - toPageEnd, Header.NEXT_IN_SECOND_PAGE);
  return block;
}

function addToPage(cpu: Cpu, block: number, position: number, bytes: number, link: Header): void {
  const m = cpu.m;
  const page = (position - Region.RAM) >>> 12;
  const head = Region.CODE_PAGE_WORD + page;
  if (m[head] === 0) {
    cpu.codePages.push(page);
    tlbProtectCode(cpu, page);
  }
  m[block + link] = m[head];
  m[head] = block;
  mark(m, page, position & 0xfff, bytes);
}

function mark(m: Int32Array, page: number, offset: number, bytes: number): void {
  const bitmap = Region.CODE_BITMAP_WORD + page * 4;
  for (let chunk = offset >>> 5; chunk <= (offset + bytes - 1) >>> 5; chunk++) {
    m[bitmap + (chunk >>> 5)] |= 1 << (chunk & 31);
  }
}

/** Bytes [physical, physical + size) within one page of RAM were written: blocks decoded from them become invalid. */
export function invalidateCode(cpu: Cpu, physical: number, size: number): void {
  const m = cpu.m;
  const page = physical >>> 12;
  const bitmap = Region.CODE_BITMAP_WORD + page * 4;
  const offset = physical & 0xfff;
  let hit = false;
  for (let chunk = offset >>> 5; chunk <= (offset + size - 1) >>> 5; chunk++) {
    if ((m[bitmap + (chunk >>> 5)] & (1 << (chunk & 31))) !== 0) hit = true;
  }
  if (!hit) return;
  const start = physical + Region.RAM;
  let survivors = 0;
  let block = m[Region.CODE_PAGE_WORD + page];
  clearPage(m, page);
  while (block !== 0) {
    const position = m[block + Header.START];
    const isFirst = (position - Region.RAM) >>> 12 === page;
    const next = m[block + (isFirst ? Header.NEXT_IN_PAGE : Header.NEXT_IN_SECOND_PAGE)];
    // The part of the block that lies in this page.
    const bytes = m[block + Header.BYTES];
    const inFirst = Math.min(bytes, 0x1000 - (position & 0xfff));
    const from = isFirst ? position : m[block + Header.SECOND_PAGE];
    const length = isFirst ? inFirst : bytes - inFirst;
    if (m[block + Header.COUNT] !== Cache.NEVER) {
      if (from < start + size && from + length > start) {
        kill(m, block);
      } else {
        m[block + (isFirst ? Header.NEXT_IN_PAGE : Header.NEXT_IN_SECOND_PAGE)] = survivors;
        survivors = block;
        mark(m, page, from & 0xfff, length);
      }
    }
    block = next;
  }
  m[Region.CODE_PAGE_WORD + page] = survivors;
}

function kill(m: Int32Array, block: number): void {
  const hash = hashOf(m[block + Header.START], m[block + Header.MODE]);
  if (m[hash] === block) {
    m[hash] = m[block + Header.NEXT_IN_HASH];
  } else {
    let at = m[hash];
    while (at !== 0 && m[at + Header.NEXT_IN_HASH] !== block) at = m[at + Header.NEXT_IN_HASH];
    if (at !== 0) m[at + Header.NEXT_IN_HASH] = m[block + Header.NEXT_IN_HASH];
  }
  m[block + Header.COUNT] = Cache.NEVER;
  m[block + Header.POSITION] = -1;
  const end = block + m[block + Header.WORDS];
  for (let at = block; at < end; at += Record.WORDS) m[at] = (m[at] & ~Record.OP_MASK) | Op.RESYNC;
}
