import type { Random } from "../cpu/fpu/random.ts";
import { Eflags, nothingUndefined, type Patch, Reg, Seg, type Undefined } from "./case.ts";
import { CODE, CODE_END, type FlatSelectors, Ldt, ldtSelector, PAGE } from "./layout.ts";
import { codeTarget, dataAddress, stackAddress } from "./places.ts";
import { dataSelector, segmentModel, type SegmentModel, stackSelector, wordSelector } from "./segments.ts";
import { anyValue } from "./values.ts";

/** Longest instruction. */
const MAX_LENGTH = 15;

/** Base and index of 16-bit addresses: BX+SI BX+DI BP+SI BP+DI SI DI BP BX. */
const BASE16 = [Reg.EBX, Reg.EBX, Reg.EBP, Reg.EBP, Reg.ESI, Reg.EDI, Reg.EBP, Reg.EBX];
const INDEX16 = [Reg.ESI, Reg.EDI, Reg.ESI, Reg.EDI, -1, -1, -1, -1];

const NONE = -1;

/** 1/3, 1/5, 1/9 modulo 2^32: for a register that is base and index at once. */
const INVERSE: { [factor: number]: number } = { 3: 0xaaaaaaab, 5: 0xcccccccd, 9: 0x38e38e39 };

/** Offsets this near the end of 4 GiB are left alone: whether an access may wrap there differs between processors. */
const LAST_OFFSET = 0xffffff00;

/** The current memory operand. */
export interface MemoryOperand {
  segment: Seg;
  offset: number;
  linear: number;
  size: number;
}

/**
 * A case in the making: the state before the instruction, and the instruction's parts. First a state is drawn, then the
 * operand's form, then a register or the displacement is changed so that the operand lies where it is wanted.
 */
export class CaseBuilder {
  readonly registers: number[] = [];
  readonly segments: number[] = [];
  readonly patches: Patch[] = [];
  eflags: number = Eflags.ONE | Eflags.IF;
  readonly undefinedResults: Undefined = nothingUndefined();
  readonly undefinedAfterFault: Undefined = nothingUndefined();

  // --- The instruction ---
  readonly code16: boolean;
  /** 2 or 4. */
  operandSize: number;
  address16: boolean;
  override: Seg | typeof NONE = NONE;
  lock = false;
  /** 0, F2h or F3h. */
  repeat = 0;
  /** ModRM fields. */
  reg = 0;
  rm = 0;
  memory: MemoryOperand | null = null;
  /** ModRM, SIB, displacement. */
  modRm: number[] = [];

  /** Linear address of the instruction. */
  readonly codeAddress: number;
  /** Registers that addressing must leave as they are: a bit each. */
  private pinned = 1 << Reg.ESP;
  /** Registers that addressing must not use at all. */
  private avoided = 0;
  private readonly drawn: number[] = [];

  constructor(
    readonly random: Random,
    readonly flat: FlatSelectors,
  ) {
    this.code16 = this.drawSegments();
    this.operandSize = this.code16 !== random.chance(30) ? 2 : 4;
    this.address16 = this.code16 !== random.chance(12);
    for (let i = 0; i < 8; i++) this.registers.push(this.value());
    this.drawStackPointer();
    this.drawFlags();
    this.codeAddress = this.placeCode();
    if (random.chance(12)) this.override = random.below(6);
  }

  // --- The state ---

  /** A value; now and then one that was drawn before in this case, or its neighbour or negative. */
  value(): number {
    const { random, drawn } = this;
    let value: number;
    if (drawn.length > 0 && random.chance(14)) {
      value = random.pick(drawn);
      const change = random.below(6);
      if (change === 0) value = (value + 1) >>> 0;
      else if (change === 1) value = (value - 1) >>> 0;
      else if (change === 2) value = -value >>> 0;
    } else {
      value = anyValue(random);
    }
    drawn.push(value);
    return value;
  }

  /** Returns true for 16-bit code. */
  private drawSegments(): boolean {
    const { random, flat, segments } = this;
    for (let i = 0; i < 6; i++) segments.push(flat.ds);
    segments[Seg.CS] = flat.cs;
    let code16 = false;
    const code = random.below(100);
    if (code < 8) {
      segments[Seg.CS] = ldtSelector(Ldt.CODE16);
      code16 = true;
    } else if (code < 12) {
      segments[Seg.CS] = ldtSelector(code < 11 ? Ldt.CODE32 : Ldt.EXECUTE_ONLY);
    }
    if (random.chance(15)) segments[Seg.SS] = stackSelector(random);
    if (random.chance(12)) segments[Seg.DS] = dataSelector(random, flat);
    if (random.chance(12)) segments[Seg.ES] = dataSelector(random, flat);
    segments[Seg.FS] = random.chance(30) ? dataSelector(random, flat) : wordSelector(random);
    segments[Seg.GS] = random.chance(70) ? dataSelector(random, flat) : flat.ds;
    return code16;
  }

  model(segment: Seg): SegmentModel | null {
    return segmentModel(this.segments[segment], this.flat);
  }

  private drawStackPointer(): void {
    const { random } = this;
    const model = this.model(Seg.SS) as SegmentModel;
    let offset = this.offsetOf(model, () => stackAddress(random), 4);
    if (!model.big) offset = ((offset & 0xffff) | (this.registers[Reg.ESP] & 0xffff0000)) >>> 0;
    this.registers[Reg.ESP] = offset;
  }

  private drawFlags(): void {
    const { random } = this;
    this.eflags |= random.bits() & Eflags.STATUS;
    if (random.chance(20)) this.eflags |= Eflags.DF;
    if (random.chance(3)) this.eflags |= Eflags.TF;
    if (random.chance(4)) this.eflags |= Eflags.NT;
    if (random.chance(4)) this.eflags |= Eflags.ID;
    if (random.chance(2)) this.eflags |= Eflags.RF;
  }

  pin(register: number): void {
    this.pinned |= 1 << register;
  }

  private isPinned(register: number): boolean {
    return (this.pinned & (1 << register)) !== 0;
  }

  /** The registers will be changed after the operand is encoded. */
  avoid(...registers: number[]): void {
    for (const register of registers) this.avoided |= 1 << register;
  }

  private isAvoided(register: number): boolean {
    return register !== NONE && (this.avoided & (1 << register)) !== 0;
  }

  /** A register of `size` bytes by its number in encodings. */
  readRegister(number: number, size: number): number {
    if (size === 4) return this.registers[number];
    if (size === 2) return this.registers[number] & 0xffff;
    return (this.registers[number & 3] >>> (number < 4 ? 0 : 8)) & 0xff;
  }

  writeRegister(number: number, size: number, value: number): void {
    const { registers } = this;
    if (size === 4) {
      registers[number] = value >>> 0;
    } else if (size === 2) {
      registers[number] = ((registers[number] & 0xffff0000) | (value & 0xffff)) >>> 0;
    } else {
      const shift = number < 4 ? 0 : 8;
      registers[number & 3] = ((registers[number & 3] & ~(0xff << shift)) | ((value & 0xff) << shift)) >>> 0;
    }
  }

  // --- Memory ---

  /** Gives memory at a linear address a value of `size` bytes. */
  patch(linear: number, size: number, value: number): void {
    const bytes: number[] = [];
    for (let i = 0; i < size; i++) bytes.push(i < 4 ? (value >>> (8 * i)) & 0xff : 0);
    this.patchBytes(linear, bytes);
  }

  /** Code is left alone: what a jump reaches there must end the case. */
  patchBytes(linear: number, bytes: number[]): void {
    if (linear > CODE - 0x100 && linear < CODE_END) return;
    this.patches.push({ address: linear, bytes });
  }

  /** What the stack pointer points at, plus `displacement`, as a linear address. */
  stackTop(displacement = 0): number {
    const model = this.model(Seg.SS) as SegmentModel;
    const offset = this.registers[Reg.ESP] + displacement;
    return (model.base + (model.big ? offset : offset & 0xffff)) >>> 0;
  }

  /** An offset in a segment for an address that `choose` gives: mostly within the limits, sometimes just about them. */
  offsetOf(model: SegmentModel | null, choose: () => number, size: number): number {
    const { random } = this;
    if (model === null) return Math.min(random.bits() >>> 0, LAST_OFFSET);
    const { base, low, high } = model;
    const isFlat = low === 0 && high === 0xffffffff;
    if (!isFlat && random.chance(12)) {
      const edge = random.chance(50) && low !== 0 ? low : high - size + 1;
      return Math.min((edge + random.below(7) - 3) >>> 0, LAST_OFFSET);
    }
    let offset = (choose() - base) >>> 0;
    for (let tries = 0; tries < 8 && (offset < low || offset + size - 1 > high); tries++) {
      offset = (choose() - base) >>> 0;
    }
    return Math.min(offset, LAST_OFFSET);
  }

  /** An offset for a data access through a segment. */
  dataOffset(segment: Seg, size: number, address16: boolean): number {
    const offset = this.offsetOf(this.model(segment), () => dataAddress(this.random, size), size);
    return address16 ? offset & 0xffff : offset;
  }

  linearOf(segment: Seg, offset: number): number {
    const model = this.model(segment);
    return ((model === null ? 0 : model.base) + offset) >>> 0;
  }

  // --- ModRM ---

  /** The r/m operand is a register. */
  encodeRegister(reg: number, rm: number): void {
    this.reg = reg;
    this.rm = rm;
    this.memory = null;
    this.modRm = [0xc0 | (reg << 3) | rm];
  }

  /**
   * The r/m operand is `size` bytes of memory somewhere. `shift`: what the instruction adds to the address (BT).
   * The operand's segment and place are in `memory`.
   */
  encodeMemory(reg: number, size: number, shift = 0): void {
    this.reg = reg;
    if (this.address16) this.chooseReachableSegment();
    for (let tries = 0; ; tries++) {
      const form = this.address16 ? this.form16(tries) : this.form32(tries);
      if (this.isAvoided(form.base) || this.isAvoided(form.index)) continue;
      const segment = this.override !== NONE ? this.override : form.stack ? Seg.SS : Seg.DS;
      const mask = this.address16 ? 0xffff : 0xffffffff;
      const wanted = this.dataOffset(segment, size, this.address16);
      const offset = this.solve(form, (wanted - shift) >>> 0, mask);
      if (offset === NONE) continue;
      const accessed = ((offset + shift) & mask) >>> 0;
      this.memory = { segment, offset: accessed, linear: this.linearOf(segment, accessed), size };
      return;
    }
  }

  /** 16-bit addresses in a flat segment reach nothing, so they mostly get another one. */
  private chooseReachableSegment(): void {
    const { random } = this;
    if (this.override !== NONE && this.model(this.override)?.high !== 0xffffffff) return;
    if (random.chance(10)) return;
    if (this.override === NONE && random.chance(50)) {
      this.segments[Seg.DS] = wordSelector(random);
    } else {
      this.override = random.chance(70) ? Seg.FS : Seg.GS;
      this.segments[this.override] = wordSelector(random);
    }
  }

  private form32(tries: number): Form {
    const { random } = this;
    const mod = tries > 12 ? 2 : random.below(3);
    const rm = random.below(8);
    const bytes = [(mod << 6) | (this.reg << 3) | rm];
    let base: number = rm;
    let index = NONE;
    let scale = 0;
    if (rm === 4) {
      const sib = random.below(256);
      bytes.push(sib);
      base = sib & 7;
      index = (sib >>> 3) & 7;
      scale = sib >>> 6;
      if (index === 4) index = NONE;
    }
    let displacement = mod === 0 ? 0 : mod === 1 ? 1 : 4;
    if (mod === 0 && base === 5) {
      base = NONE;
      displacement = 4;
    }
    return { bytes, base, index, scale, displacement, stack: base === Reg.ESP || base === Reg.EBP };
  }

  private form16(tries: number): Form {
    const { random } = this;
    const mod = tries > 12 ? 2 : random.below(3);
    const rm = random.below(8);
    const bytes = [(mod << 6) | (this.reg << 3) | rm];
    let base: number = BASE16[rm];
    let displacement = mod;
    if (mod === 0 && rm === 6) {
      base = NONE;
      displacement = 2;
    }
    return { bytes, base, index: INDEX16[rm], scale: 0, displacement, stack: base === Reg.EBP };
  }

  /** Makes the form's address `wanted`, or returns -1. An address of ESP alone is what it is. */
  private solve(form: Form, wanted: number, mask: number): number {
    const { random, registers } = this;
    const { base, index, scale } = form;
    let displacement = form.displacement === 1 ? random.below(256) - 128 : 0;
    const sum = (): number => {
      const b = base === NONE ? 0 : registers[base];
      const i = index === NONE ? 0 : registers[index] * 2 ** scale;
      return (b + i) >>> 0;
    };
    if (form.displacement >= 2) {
      displacement = wanted - sum();
    } else {
      const rest = (wanted - displacement) >>> 0;
      if (base === index && base !== NONE) {
        const factor = 1 + 2 ** scale;
        if (this.isPinned(base)) return NONE;
        if (factor === 2) registers[base] = ((rest >>> 1) | (random.below(2) << 31)) >>> 0;
        else registers[base] = Math.imul(rest, INVERSE[factor]) >>> 0;
        if (factor === 2 && (rest & 1) !== 0) {
          if (form.displacement === 0) return NONE;
          displacement = displacement === 127 ? 126 : displacement + 1;
        }
      } else if (base !== NONE && !this.isPinned(base)) {
        registers[base] = this.replaced(base, rest - (sum() - registers[base]), mask);
      } else if (index !== NONE && !this.isPinned(index) && scale === 0) {
        registers[index] = this.replaced(index, rest - (sum() - registers[index]), mask);
      } else if (base !== Reg.ESP || index !== NONE) {
        return NONE;
      }
    }
    const width = form.displacement;
    for (let i = 0; i < width; i++) form.bytes.push((displacement >>> (8 * i)) & 0xff);
    this.modRm = form.bytes;
    return ((sum() + displacement) & mask) >>> 0;
  }

  /** 16-bit addresses leave the upper half of the register alone. */
  private replaced(register: number, value: number, mask: number): number {
    if (mask === 0xffff) return ((this.registers[register] & 0xffff0000) | (value & 0xffff)) >>> 0;
    return value >>> 0;
  }

  // --- Code ---

  /** Prefix bytes, in any order; a few of them twice. */
  prefixes(): number[] {
    const { random } = this;
    const bytes: number[] = [];
    if ((this.operandSize === 2) !== this.code16) bytes.push(0x66);
    if (this.address16 !== this.code16) bytes.push(0x67);
    if (this.override !== NONE) bytes.push([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65][this.override]);
    if (this.lock) bytes.push(0xf0);
    if (this.repeat !== 0) bytes.push(this.repeat);
    for (let i = bytes.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [bytes[i], bytes[other]] = [bytes[other], bytes[i]];
    }
    if (bytes.length > 0 && random.chance(2)) {
      const copies = random.chance(50) ? 1 : random.below(14);
      const byte = random.pick(bytes);
      for (let i = 0; i < copies; i++) bytes.unshift(byte);
    }
    return bytes;
  }

  /** Mostly within a page, now and then across two, or running into a missing one. */
  private placeCode(): number {
    const { random } = this;
    const choice = random.below(100);
    if (choice < 10) return CODE + PAGE - 1 - random.below(8);
    // The execute-only segment ends there.
    if (this.segments[Seg.CS] === ldtSelector(Ldt.EXECUTE_ONLY)) return CODE + 0x17ff - random.below(24);
    if (choice < 12) return CODE_END - 1 - random.below(8);
    return CODE + 0x100 + random.below(CODE_END - CODE - 0x200);
  }

  get codeBase(): number {
    return this.model(Seg.CS)?.base ?? 0;
  }

  get eip(): number {
    return (this.codeAddress - this.codeBase) >>> 0;
  }

  /** The linear address of a jump's target: not within the instruction itself. */
  target(): number {
    for (;;) {
      const target = codeTarget(this.random);
      if (target < this.codeAddress || target > this.codeAddress + MAX_LENGTH) return target;
    }
  }
}

/** A form of address: bytes so far, and what is added up. */
interface Form {
  bytes: number[];
  base: number;
  index: number;
  scale: number;
  /** Bytes of displacement. */
  displacement: number;
  /** The default segment is SS. */
  stack: boolean;
}
