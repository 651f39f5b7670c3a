import { Cache } from "./block_cache.ts";
import { noteBreakpoint } from "./breakpoint.ts";
import type { Cpu } from "./cpu.ts";
import { emitInvalid, emitTooLong } from "./emit_invalid.ts";
import { emitterOf } from "./emitters.ts";
import { instructionMap, type Instruction } from "./instructions.ts";
import { Mode, Segment, State } from "./layout.ts";
import { KnownFlags, Op, Record, Repeat } from "./operation.ts";
import { SegmentCheck } from "./segment_access.ts";

/** Operand fields of records for the scratch words. */
const TEMP_FIELD = [0, State.TEMP * 4, State.TEMP * 2, 0, State.TEMP];
const TEMP2_FIELD = [0, State.TEMP2 * 4, State.TEMP2 * 2, 0, State.TEMP2];

/** How many bytes an instruction may have (SDM 2, 2.3.11): one more is #GP(0). */
export const MAX_LENGTH = 15;

/**
 * Reads instructions and appends their operations to the decoded code. One per processor; begin() starts a block.
 */
export class Decoder {
  // --- Input ---
  private bytes: Uint8Array = new Uint8Array(0);
  /** Position of the next byte, and where the readable ones end. */
  private at = 0;
  private end = 0;
  private instructionStart = 0;
  private blockStart = 0;
  /** The instruction runs past `end`. */
  truncated = false;

  // --- The block ---
  m: Int32Array;
  mode = 0;
  /** Linear address of the block's first byte. */
  private linear = 0;
  private block = 0;
  /** Where the next record goes. */
  private out = 0;
  private instructionOut = 0;
  /** End of the records that have a META word: a jump's second record and links to other pages lie behind. */
  private recordsEnd = 0;
  instructions = 0;
  /** Set by the emitter of an instruction that ends the block by itself. */
  ended = false;
  knownFlags: KnownFlags = KnownFlags.UNKNOWN;
  /** Position of a CMP or TEST record that makes up the whole previous instruction, or 0. */
  fusible = 0;
  previousFusible = 0;
  /** The array that blocks within a page are decoded from; a block from another one lies across pages. */
  memory: Uint8Array = new Uint8Array(0);
  byteLength = 0;
  words = 0;
  allocationEnd = 0;

  // --- The current instruction ---
  opcode = 0;
  /** Operand size in bytes, 2 or 4. */
  operandSize = 4;
  address16 = false;
  repeat: Repeat = Repeat.NONE;
  lock = false;
  private segmentOverride = -1;
  modRm = 0;
  reg = 0;
  rm = 0;
  isMemory = false;
  /** Effective address, for records; `segment` with the override applied. */
  base: number = State.ZERO;
  index: number = State.ZERO;
  scale = 0;
  displacement = 0;
  segment: number = Segment.DS;
  /** Immediates, in the order of the encoding. */
  immediate = 0;
  immediate2 = 0;

  constructor(m: Int32Array) {
    this.m = m;
  }

  begin(bytes: Uint8Array, at: number, end: number, linear: number, mode: number, block: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.blockStart = at;
    this.linear = linear;
    this.mode = mode;
    this.block = block;
    this.out = block;
    this.recordsEnd = block;
    this.instructions = 0;
    this.ended = false;
    this.truncated = false;
    this.knownFlags = KnownFlags.UNKNOWN;
    this.fusible = 0;
    this.byteLength = 0;
  }

  // --- Reading ---

  private fetch8(): number {
    if (this.at >= this.end) {
      this.truncated = true;
      return 0;
    }
    return this.bytes[this.at++];
  }

  private fetch16(): number {
    const low = this.fetch8();
    return low | (this.fetch8() << 8);
  }

  private fetch32(): number {
    const low = this.fetch16();
    return low | (this.fetch16() << 16);
  }

  /** Reads prefixes, opcode, ModRM and immediates; returns the table's row, or null for an undefined encoding. */
  readInstruction(): Instruction | null {
    this.instructionStart = this.at;
    this.instructionOut = this.out;
    const code32 = (this.mode & Mode.CODE32) !== 0;
    this.operandSize = code32 ? 4 : 2;
    this.address16 = !code32;
    this.repeat = Repeat.NONE;
    this.lock = false;
    this.segmentOverride = -1;
    this.isMemory = false;
    let opcode = this.readPrefixes(code32);
    if (opcode === 0x0f) opcode = 0x100 | this.fetch8();
    this.opcode = opcode;
    if (this.truncated) return null;
    const entry = instructionMap[opcode];
    if (entry === null) return null;
    let row: Instruction | null;
    if (Array.isArray(entry)) {
      this.readModRm();
      // Of the x87 the register forms lie behind the memory forms.
      row = this.isMemory || entry.length === 8 ? entry[this.reg] : entry[8 + (this.modRm & 63)];
      if (row === null) return null;
    } else {
      row = entry;
      if (row.hasModRm) this.readModRm();
    }
    this.readImmediates(row);
    return row;
  }

  private readPrefixes(code32: boolean): number {
    for (;;) {
      const byte = this.fetch8();
      switch (byte) {
        case 0x66:
          this.operandSize = code32 ? 2 : 4;
          break;
        case 0x67:
          this.address16 = code32;
          break;
        case 0xf0:
          this.lock = true;
          break;
        case 0xf2:
          this.repeat = Repeat.REPNE;
          break;
        case 0xf3:
          this.repeat = Repeat.REP;
          break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
          this.segmentOverride = (byte >>> 3) & 3;
          break;
        case 0x64:
        case 0x65:
          this.segmentOverride = byte - 0x60;
          break;
        default:
          return byte;
      }
      if (this.truncated || this.length > MAX_LENGTH) return 0x90;
    }
  }

  private readModRm(): void {
    const byte = this.fetch8();
    const mod = byte >>> 6;
    this.modRm = byte;
    this.reg = (byte >>> 3) & 7;
    this.rm = byte & 7;
    this.isMemory = mod !== 3;
    if (!this.isMemory) return;
    if (this.address16) this.readAddress16(mod);
    else this.readAddress32(mod);
  }

  private readAddress32(mod: number): void {
    this.base = this.rm;
    this.index = State.ZERO;
    this.scale = 0;
    if (this.rm === 4) {
      const sib = this.fetch8();
      this.base = sib & 7;
      const index = (sib >>> 3) & 7;
      if (index !== 4) {
        this.index = index;
        this.scale = sib >>> 6;
      }
    }
    this.segment = this.base === State.ESP || this.base === State.EBP ? Segment.SS : Segment.DS;
    if (mod === 0 && this.base === 5) {
      this.base = State.ZERO;
      this.segment = Segment.DS;
      this.displacement = this.fetch32();
    } else if (mod === 1) {
      this.displacement = (this.fetch8() << 24) >> 24;
    } else {
      this.displacement = mod === 2 ? this.fetch32() : 0;
    }
    if (this.segmentOverride !== -1) this.segment = this.segmentOverride;
  }

  private readAddress16(mod: number): void {
    // BX+SI, BX+DI, BP+SI, BP+DI, SI, DI, BP, BX
    this.base = [3, 3, 5, 5, 6, 7, 5, 3][this.rm];
    this.index = this.rm < 4 ? 6 + (this.rm & 1) : State.ZERO;
    this.scale = 0;
    this.segment = this.base === State.EBP ? Segment.SS : Segment.DS;
    if (mod === 0 && this.rm === 6) {
      this.base = State.ZERO;
      this.segment = Segment.DS;
      this.displacement = this.fetch16();
    } else if (mod === 1) {
      this.displacement = (this.fetch8() << 24) >> 24;
    } else {
      this.displacement = mod === 2 ? this.fetch16() : 0;
    }
    if (this.segmentOverride !== -1) this.segment = this.segmentOverride;
  }

  private readImmediates(row: Instruction): void {
    for (let i = 0; i < row.immediates.length; i++) {
      const value = this.readImmediate(row.immediates[i]);
      if (i === 0) this.immediate = value;
      else this.immediate2 = value;
    }
  }

  private readImmediate(kind: string): number {
    switch (kind) {
      case "ib":
        return this.fetch8();
      case "ibs":
      case "cb":
        return (this.fetch8() << 24) >> 24;
      case "iw":
        return this.fetch16();
      case "iv":
        return this.operandSize === 4 ? this.fetch32() : this.fetch16();
      case "cv":
        return this.operandSize === 4 ? this.fetch32() : (this.fetch16() << 16) >> 16;
      case "mo":
        this.isMemory = true;
        this.base = State.ZERO;
        this.index = State.ZERO;
        this.scale = 0;
        this.displacement = this.address16 ? this.fetch16() : this.fetch32();
        this.segment = this.segmentOverride !== -1 ? this.segmentOverride : Segment.DS;
        return 0;
      default: {
        // "p": the offset comes first.
        const offset = this.operandSize === 4 ? this.fetch32() : this.fetch16();
        this.immediate2 = this.fetch16();
        return offset;
      }
    }
  }

  /** Bytes of the current instruction read so far. */
  get length(): number {
    return this.at - this.instructionStart;
  }

  /** The current instruction's bytes, for reports. */
  currentBytes(): Uint8Array {
    return this.bytes.slice(this.instructionStart, this.at);
  }

  /** Source segment of string instructions and XLAT. */
  dataSegment(): number {
    return this.segmentOverride !== -1 ? this.segmentOverride : Segment.DS;
  }

  // --- Operand fields ---

  /** Field of general register `number` as an operand of `size` bytes (for bytes AL CL DL BL AH CH DH BH). */
  register(number: number, size: number): number {
    if (size === 4) return number;
    if (size === 2) return number * 2;
    return (number & 3) * 4 + (number >> 2);
  }

  temp(size: number): number {
    return TEMP_FIELD[size];
  }

  temp2(size: number): number {
    return TEMP2_FIELD[size];
  }

  // --- Writing records ---

  /** A record on registers. */
  emit(op: number, dst = 0, src = 0, immediate = 0, displacement = 0): void {
    const m = this.m;
    const out = this.out;
    m[out] = op | (dst << Record.DST_SHIFT) | (src << Record.SRC_SHIFT) | NO_ADDRESS;
    m[out + Record.DISPLACEMENT] = displacement;
    m[out + Record.IMMEDIATE] = immediate;
    m[out + Record.META] = this.meta();
    this.out = out + Record.WORDS;
    this.recordsEnd = this.out;
  }

  /** A record with the current effective address. */
  emitMemory(op: number, dst = 0, src = 0, immediate = 0): void {
    const m = this.m;
    const out = this.out;
    m[out] =
      op |
      (dst << Record.DST_SHIFT) |
      (src << Record.SRC_SHIFT) |
      (this.base << Record.BASE_SHIFT) |
      (this.index << Record.INDEX_SHIFT) |
      (this.scale << Record.SCALE_SHIFT);
    m[out + Record.DISPLACEMENT] = this.displacement;
    m[out + Record.IMMEDIATE] = immediate;
    m[out + Record.META] = this.meta();
    this.out = out + Record.WORDS;
    this.recordsEnd = this.out;
  }

  /** Offset of the instruction; its length and the count are filled in later. */
  private meta(): number {
    return (this.instructionStart - this.blockStart) | (this.instructions << 16);
  }

  /** True when the segment needs no check and the address no cut. */
  get addressIsFlat(): boolean {
    // Whether CS may be read is not part of the mode.
    if (this.address16 || this.segment === Segment.CS) return false;
    return (this.mode & (Mode.FLAT_ES << this.segment)) !== 0;
  }

  /**
   * Makes the effective address linear and checked for an access of `size` bytes: to be called before a record that
   * uses it. Nothing to do when it is flat.
   */
  resolveAddress(size: number, write: boolean): void {
    if (this.addressIsFlat) return;
    const check = size | (write ? SegmentCheck.WRITE : 0) | (this.address16 ? SegmentCheck.ADDRESS16 : 0);
    this.emitMemory(Op.SEGMENT, this.segment, 0, check);
    this.useAddressWord();
  }

  /** LEA and INVLPG: the offset alone. */
  resolveOffset(): void {
    if (!this.address16) return;
    this.emitMemory(Op.OFFSET16);
    this.useAddressWord();
  }

  private useAddressWord(): void {
    this.base = State.ADDRESS;
    this.index = State.ZERO;
    this.scale = 0;
    this.displacement = 0;
  }

  // --- Jumps ---

  /** True when jumps need neither a limit check nor a cut of EIP. */
  get jumpsAreFlat(): boolean {
    return this.operandSize === 4 && (this.mode & Mode.FLAT_CS) !== 0;
  }

  get stackIsFlat(): boolean {
    return (this.mode & (Mode.FLAT_SS | Mode.STACK32)) === (Mode.FLAT_SS | Mode.STACK32);
  }

  /** Distance from the block's start to the end of the current instruction. */
  get nextDistance(): number {
    return this.at - this.blockStart;
  }

  /**
   * Ends the block with a jump record (two records long) whose operation has been emitted last. `taken`, `next`:
   * distances from the block's start; next is where it falls through or a call returns to.
   */
  finishJump(record: number, taken: number, next: number, links: number): void {
    const m = this.m;
    m[record + Record.TARGET] = taken;
    m[record + Record.LINK] = Cache.NO_BLOCK;
    m[record + Record.NEXT] = next;
    m[record + Record.NEXT_LINK] = Cache.NO_BLOCK;
    this.out = record + 2 * Record.WORDS;
    if (links >= 1) m[record + Record.LINK] = this.linkTo(taken);
    if (links >= 2) m[record + Record.NEXT_LINK] = this.linkTo(next);
    this.ended = true;
  }

  /** Position of the record emitted last. */
  get lastRecord(): number {
    return this.out - Record.WORDS;
  }

  /**
   * What an unresolved link holds. A target in another page than the block is reached through a CHECK_LINK of its own:
   * the page may be mapped elsewhere by then.
   */
  private linkTo(distance: number): number {
    const target = (this.linear + distance) | 0;
    const samePage = target >>> 12 === this.linear >>> 12 && this.bytes === this.memory;
    if (samePage) return Cache.NO_BLOCK;
    const m = this.m;
    const check = this.out + Record.WORDS;
    m[check - 2] = -1;
    m[check - 1] = 0;
    m[check] = Op.CHECK_LINK | NO_ADDRESS;
    m[check + 1] = Cache.NO_BLOCK;
    m[check + 2] = 0;
    m[check + Record.META] = 0;
    this.out = check + Record.WORDS;
    return check;
  }

  // --- Instruction and block boundaries ---

  /** Gives the current instruction up: it doesn't belong to this block. */
  rollBack(): void {
    this.out = this.instructionOut;
    this.recordsEnd = this.out;
    this.at = this.instructionStart;
  }

  /** Closes the current instruction. */
  completeInstruction(): void {
    const m = this.m;
    // (One that is too long has no next instruction to find.)
    const length = Math.min(this.length, MAX_LENGTH);
    for (let at = this.instructionOut; at < this.recordsEnd; at += Record.WORDS) m[at + Record.META] |= length << 12;
    this.instructions++;
    this.byteLength = this.nextDistance;
  }

  /** Fills in the counts: instructions from each record's to the last. */
  finishBlock(): void {
    const m = this.m;
    if (!this.ended) {
      this.emit(Op.CONTINUE);
      const record = this.lastRecord;
      m[record + Record.META] = this.byteLength | (this.instructions << 16);
      this.finishJump(record, this.byteLength, 0, 1);
    }
    const end = this.recordsEnd;
    for (let at = this.block; at < end; at += Record.WORDS) {
      const meta = m[at + Record.META];
      m[at + Record.META] = (meta & 0xffff) | ((this.instructions - (meta >>> 16)) << 16);
    }
    this.words = end - this.block;
    this.allocationEnd = (this.out + 3) & ~3;
  }

  get linearOfInstruction(): number {
    return (this.linear + (this.instructionStart - this.blockStart)) | 0;
  }
}

/** base and index fields of a record without address: State.ZERO. */
const NO_ADDRESS = (State.ZERO << Record.BASE_SHIFT) | (State.ZERO << Record.INDEX_SHIFT);

/** Longest block: a compromise between the cost of leaving it early and that of links. */
const MAX_INSTRUCTIONS = 64;

/**
 * Decodes a block; false when not even its first instruction ends within the bytes given to begin().
 */
export function decodeBlock(cpu: Cpu, d: Decoder): boolean {
  d.memory = cpu.m8;
  const limit = (d.mode & Mode.SINGLE) !== 0 ? 1 : MAX_INSTRUCTIONS;
  while (d.instructions < limit && !d.ended) {
    const row = d.readInstruction();
    if (d.length > MAX_LENGTH) {
      emitTooLong(d);
    } else if (d.truncated) {
      if (d.instructions === 0) return false;
      d.rollBack();
      break;
    } else {
      d.previousFusible = d.fusible;
      d.fusible = 0;
      noteBreakpoint(cpu, d);
      const emitter = emitterOf(row, d);
      if (emitter === null) emitInvalid(d);
      else emitter(d, row as Instruction);
    }
    d.completeInstruction();
  }
  d.finishBlock();
  return true;
}
