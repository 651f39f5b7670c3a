// Encodes i386 instructions into pieces of code with jumps between them, and picks the short form of a jump where it
// reaches.
import { Alu, Cc, Reg, Shift } from "./lir.ts";

export interface CodeRelocation {
  offset: number;
  kind: "abs32" | "rel32";
  symbol: string;
  addend: number;
}

/** A register or a place in memory, with all locations known. */
export type RegisterOrMemory =
  { reg: number } | { base: number; index: number; scale: number; displacement: number; symbol: string };

export function register(reg: number): RegisterOrMemory {
  return { reg };
}

export function at(base: number, displacement: number): RegisterOrMemory {
  return { base, index: -1, scale: 1, displacement, symbol: "" };
}

/** Place in the code that jumps go to; its offset is known after `finish`. */
export interface Label {
  chunk: number;
  offset: number;
}

interface Chunk {
  bytes: number[];
  /** Jump at the end: condition (or -1 for always) and target. */
  jump: { cc: number; target: Label } | null;
  long: boolean;
  start: number;
}

export class Encoder {
  private chunks: Chunk[] = [{ bytes: [], jump: null, long: false, start: 0 }];
  private current: number[] = this.chunks[0].bytes;
  private readonly pendingRelocations: (CodeRelocation & { chunk: number })[] = [];

  // --- places

  label(): Label {
    return { chunk: -1, offset: 0 };
  }

  bind(label: Label): void {
    label.chunk = this.chunks.length - 1;
    label.offset = this.current.length;
  }

  here(): Label {
    const label = this.label();
    this.bind(label);
    return label;
  }

  /** Offset of a label from the start; valid after finish. */
  offsetOf(label: Label): number {
    return this.chunks[label.chunk].start + label.offset;
  }

  /** Jump to a label: `cc` or -1 for always. */
  jump(cc: Cc | -1, target: Label): void {
    this.chunks[this.chunks.length - 1].jump = { cc, target };
    this.chunks.push({ bytes: [], jump: null, long: false, start: 0 });
    this.current = this.chunks[this.chunks.length - 1].bytes;
  }

  /** Lays the pieces out: all jumps short at first, those that do not reach grow until nothing changes. */
  finish(): { bytes: Uint8Array; relocations: CodeRelocation[] } {
    for (let changed = true; changed;) {
      changed = false;
      let offset = 0;
      for (const chunk of this.chunks) {
        chunk.start = offset;
        offset += chunk.bytes.length + jumpSize(chunk);
      }
      for (const chunk of this.chunks) {
        if (!chunk.jump || chunk.long) continue;
        const end = chunk.start + chunk.bytes.length + 2;
        const distance = this.offsetOf(chunk.jump.target) - end;
        if (distance < -128 || distance > 127) {
          chunk.long = true;
          changed = true;
        }
      }
    }
    const last = this.chunks[this.chunks.length - 1];
    const bytes = new Uint8Array(last.start + last.bytes.length + jumpSize(last));
    for (const chunk of this.chunks) {
      bytes.set(chunk.bytes, chunk.start);
      if (chunk.jump) this.writeJump(bytes, chunk, chunk.jump);
    }
    const relocations = this.pendingRelocations.map(({ chunk, offset, kind, symbol, addend }) => ({
      offset: offset + this.chunks[chunk].start,
      kind,
      symbol,
      addend,
    }));
    return { bytes, relocations };
  }

  private writeJump(bytes: Uint8Array, chunk: Chunk, { cc, target }: NonNullable<Chunk["jump"]>): void {
    let at = chunk.start + chunk.bytes.length;
    const distance = this.offsetOf(target) - (at + jumpSize(chunk));
    if (!chunk.long) {
      bytes[at] = cc < 0 ? 0xeb : 0x70 | cc;
      bytes[at + 1] = distance;
      return;
    }
    if (cc < 0) bytes[at++] = 0xe9;
    else {
      bytes[at++] = 0x0f;
      bytes[at++] = 0x80 | cc;
    }
    for (let i = 0; i < 4; i++) bytes[at + i] = distance >> (8 * i);
  }

  // --- pieces of instructions

  byte(...bytes: number[]): void {
    for (const byte of bytes) this.current.push(byte & 0xff);
  }

  word(value: number): void {
    this.byte(value, value >> 8);
  }

  long(value: number): void {
    this.byte(value, value >> 8, value >> 16, value >> 24);
  }

  /** A 32-bit field: value, plus the address of a symbol if one is named. */
  field(value: number, symbol = ""): void {
    if (symbol) {
      this.pendingRelocations.push({
        chunk: this.chunks.length - 1,
        offset: this.current.length,
        kind: "abs32",
        symbol,
        addend: value,
      });
      this.long(0);
    } else this.long(value);
  }

  private modrm(reg: number, operand: RegisterOrMemory): void {
    if ("reg" in operand) {
      this.byte(0xc0 | (reg << 3) | operand.reg);
      return;
    }
    const { base, index, scale, displacement, symbol } = operand;
    const r = reg << 3;
    if (base < 0 && index < 0) {
      this.byte(0x05 | r);
      this.field(displacement, symbol);
      return;
    }
    if (base < 0) {
      // Index without base: mod 0, base 5, 32-bit displacement.
      if (scale === 1) return this.modrm(reg, { ...operand, base: index, index: -1 });
      this.byte(0x04 | r, (SCALE_BITS[scale] << 6) | (index << 3) | 5);
      this.field(displacement, symbol);
      return;
    }
    const needsSib = index >= 0 || base === Reg.Esp;
    const mode = symbol ? 2 : displacement === 0 && base !== Reg.Ebp ? 0 : isByte(displacement) ? 1 : 2;
    this.byte((mode << 6) | r | (needsSib ? 4 : base));
    if (needsSib) this.byte((SCALE_BITS[scale] << 6) | ((index >= 0 ? index : 4) << 3) | base);
    if (mode === 1) this.byte(displacement);
    else if (mode === 2) this.field(displacement, symbol);
  }

  /** Opcode bytes, then ModR/M with `reg` and the operand. */
  op(opcode: number[], reg: number, operand: RegisterOrMemory): void {
    this.byte(...opcode);
    this.modrm(reg, operand);
  }

  // --- instructions

  move(reg: number, from: RegisterOrMemory): void {
    if ("reg" in from) {
      if (from.reg !== reg) this.op([0x89], from.reg, register(reg));
    } else this.op([0x8b], reg, from);
  }

  store(to: RegisterOrMemory, reg: number, size: number): void {
    if (size === 2) this.byte(0x66);
    this.op([size === 1 ? 0x88 : 0x89], reg, to);
  }

  moveImmediate(reg: number, value: number, symbol: string, keepsFlags: boolean): void {
    if (value === 0 && !symbol && !keepsFlags) this.op([0x31], reg, register(reg));
    else {
      this.byte(0xb8 | reg);
      this.field(value, symbol);
    }
  }

  storeImmediate(to: RegisterOrMemory, value: number, symbol: string, size: number): void {
    if (size === 2) this.byte(0x66);
    this.op([size === 1 ? 0xc6 : 0xc7], 0, to);
    this.immediate(value, symbol, size);
  }

  private immediate(value: number, symbol: string, size: number): void {
    if (size === 1) this.byte(value);
    else if (size === 2) this.word(value);
    else this.field(value, symbol);
  }

  load(reg: number, from: RegisterOrMemory, size: number, signed: boolean): void {
    if (size === 4) this.move(reg, from);
    else this.op([0x0f, (signed ? 0xbe : 0xb6) | (size === 2 ? 1 : 0)], reg, from);
  }

  lea(reg: number, from: RegisterOrMemory): void {
    if ("reg" in from) throw new Error("address of a register");
    if (from.base < 0 && from.index < 0) this.moveImmediate(reg, from.displacement, from.symbol, true);
    else if (from.index < 0 && from.displacement === 0 && !from.symbol) this.move(reg, register(from.base));
    else this.op([0x8d], reg, from);
  }

  /** reg <- reg op operand */
  alu(kind: Alu, reg: number, operand: RegisterOrMemory): void {
    if (kind === Alu.Imul) this.op([0x0f, 0xaf], reg, operand);
    else this.op([(kind << 3) | 3], reg, operand);
  }

  /** operand <- operand op reg (or flags of it, for Cmp) */
  aluTo(kind: Alu, operand: RegisterOrMemory, reg: number, size = 4): void {
    if (size === 2) this.byte(0x66);
    this.op([(kind << 3) | (size === 1 ? 0 : 1)], reg, operand);
  }

  aluImmediate(kind: Alu, operand: RegisterOrMemory, value: number, symbol = "", size = 4): void {
    if (size === 2) this.byte(0x66);
    if (size === 1) {
      this.op([0x80], kind, operand);
      this.byte(value);
    } else if (!symbol && isByte(size === 2 ? (value << 16) >> 16 : value)) {
      this.op([0x83], kind, operand);
      this.byte(value);
    } else if ("reg" in operand && operand.reg === Reg.Eax) {
      this.byte((kind << 3) | 5);
      this.immediate(value, symbol, size);
    } else {
      this.op([0x81], kind, operand);
      this.immediate(value, symbol, size);
    }
  }

  multiplyImmediate(reg: number, operand: RegisterOrMemory, value: number): void {
    if (isByte(value)) {
      this.op([0x6b], reg, operand);
      this.byte(value);
    } else {
      this.op([0x69], reg, operand);
      this.long(value);
    }
  }

  shiftImmediate(kind: Shift, operand: RegisterOrMemory, count: number): void {
    if (count === 1) this.op([0xd1], kind, operand);
    else {
      this.op([0xc1], kind, operand);
      this.byte(count);
    }
  }

  testImmediate(operand: RegisterOrMemory, value: number, size: number): void {
    const low = "reg" in operand && operand.reg < 4 && value >= 0 && value < 0x100;
    if (size === 1 || low) {
      if ("reg" in operand && operand.reg === Reg.Eax) this.byte(0xa8);
      else this.op([0xf6], 0, operand);
      this.byte(value);
    } else {
      if (size === 2) this.byte(0x66);
      if ("reg" in operand && operand.reg === Reg.Eax) this.byte(0xa9);
      else this.op([0xf7], 0, operand);
      this.immediate(value, "", size);
    }
  }

  push(operand: RegisterOrMemory): void {
    if ("reg" in operand) this.byte(0x50 | operand.reg);
    else this.op([0xff], 6, operand);
  }

  pushImmediate(value: number, symbol: string): void {
    if (!symbol && isByte(value)) this.byte(0x6a, value);
    else {
      this.byte(0x68);
      this.field(value, symbol);
    }
  }

  pop(operand: RegisterOrMemory): void {
    if ("reg" in operand) this.byte(0x58 | operand.reg);
    else this.op([0x8f], 0, operand);
  }

  call(symbol: string): void {
    this.byte(0xe8);
    this.pendingRelocations.push({
      chunk: this.chunks.length - 1,
      offset: this.current.length,
      kind: "rel32",
      symbol,
      addend: -4,
    });
    this.long(0);
  }
}

const SCALE_BITS: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3 };

function isByte(value: number): boolean {
  return value >= -128 && value <= 127;
}

function jumpSize(chunk: Chunk): number {
  if (!chunk.jump) return 0;
  if (!chunk.long) return 2;
  return chunk.jump.cc < 0 ? 5 : 6;
}
