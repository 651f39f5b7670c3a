import { State } from "./layout.ts";

/** EFLAGS bits (SDM 1, 3.4.3). */
export const enum Flag {
  CF = 0x1,
  /** Bit 1 is always set. */
  ONE = 0x2,
  PF = 0x4,
  AF = 0x10,
  ZF = 0x40,
  SF = 0x80,
  TF = 0x100,
  IF = 0x200,
  DF = 0x400,
  OF = 0x800,
  IOPL = 0x3000,
  NT = 0x4000,
  RF = 0x10000,
  VM = 0x20000,
  AC = 0x40000,
  VIF = 0x80000,
  VIP = 0x100000,
  ID = 0x200000,
  /** The arithmetic flags, worked out lazily. */
  STATUS = 0x8d5,
  /** CF, AF and OF: those that FlagKind.RESULT keeps in EFLAGS. */
  CARRIES = 0x811,
}

/**
 * Lazy flags: an instruction leaves FLAG_KIND, FLAG_A and FLAG_B, and whoever reads a flag works it out. Operands and
 * results narrower than 32 bits are kept sign-extended (which preserves both signed and unsigned order), so most
 * conditions need not know the size. Where there are three kinds in a row they are for 32, 16 and 8 bits.
 */
export const enum FlagKind {
  /** All flags are in EFLAGS. */
  EXPLICIT = 0,
  /** B = result, gives ZF SF PF; CF AF OF are in EFLAGS. */
  RESULT = 1,
  /** B = result; CF = AF = OF = 0. */
  LOGIC = 2,
  /** A = first operand, B = result. */
  ADD = 4,
  ADD16 = 5,
  ADD8 = 6,
  /** A, B = operands of A - B. SUB, CMP, NEG, CMPS, SCAS. */
  SUB = 8,
  SUB16 = 9,
  SUB8 = 10,
  /** ADD with a carry in that was set. */
  ADC = 12,
  ADC16 = 13,
  ADC8 = 14,
  /** A - B - 1. */
  SBB = 16,
  SBB16 = 17,
  SBB8 = 18,
  /** B = result; CF is in EFLAGS. */
  INC = 20,
  INC16 = 21,
  INC8 = 22,
  DEC = 24,
  DEC16 = 25,
  DEC8 = 26,
}

/** Family of a kind: the kind without its size. */
const FAMILY = ~3;

/** Even parity of the low byte: bit n of the table for nibble n. */
function parity(value: number): boolean {
  const nibble = (value ^ (value >>> 4)) & 15;
  return ((0x9669 >>> nibble) & 1) !== 0;
}

/** Bits a value of this kind's size is short of 32. */
function shiftOf(kind: number): number {
  const size = kind & 3;
  return size === 0 ? 0 : size === 1 ? 16 : 24;
}

/** The result that ZF, SF and PF describe, sign-extended. Not for EXPLICIT. */
function result(m: Int32Array): number {
  const kind = m[State.FLAG_KIND];
  const family = kind & FAMILY;
  if (family === FlagKind.SUB || family === FlagKind.SBB) {
    const shift = shiftOf(kind);
    const difference = m[State.FLAG_A] - m[State.FLAG_B] - (family === FlagKind.SBB ? 1 : 0);
    return (difference << shift) >> shift;
  }
  return m[State.FLAG_B];
}

/** CF as 0 or 1. */
export function carry(m: Int32Array): number {
  switch (m[State.FLAG_KIND] & FAMILY) {
    case 0: // EXPLICIT, RESULT, LOGIC
      return m[State.FLAG_KIND] === FlagKind.LOGIC ? 0 : m[State.EFLAGS] & Flag.CF;
    case FlagKind.ADD:
      return m[State.FLAG_B] >>> 0 < m[State.FLAG_A] >>> 0 ? 1 : 0;
    case FlagKind.SUB:
      return m[State.FLAG_A] >>> 0 < m[State.FLAG_B] >>> 0 ? 1 : 0;
    case FlagKind.ADC:
      return m[State.FLAG_B] >>> 0 <= m[State.FLAG_A] >>> 0 ? 1 : 0;
    case FlagKind.SBB:
      return m[State.FLAG_A] >>> 0 <= m[State.FLAG_B] >>> 0 ? 1 : 0;
    default: // INC, DEC
      return m[State.EFLAGS] & Flag.CF;
  }
}

export function zero(m: Int32Array): boolean {
  return m[State.FLAG_KIND] === FlagKind.EXPLICIT ? (m[State.EFLAGS] & Flag.ZF) !== 0 : result(m) === 0;
}

export function sign(m: Int32Array): boolean {
  return m[State.FLAG_KIND] === FlagKind.EXPLICIT ? (m[State.EFLAGS] & Flag.SF) !== 0 : result(m) < 0;
}

function parityFlag(m: Int32Array): boolean {
  return m[State.FLAG_KIND] === FlagKind.EXPLICIT ? (m[State.EFLAGS] & Flag.PF) !== 0 : parity(result(m));
}

function overflow(m: Int32Array): boolean {
  const kind = m[State.FLAG_KIND];
  const a = m[State.FLAG_A];
  const b = m[State.FLAG_B];
  switch (kind & FAMILY) {
    case 0:
      return kind !== FlagKind.LOGIC && (m[State.EFLAGS] & Flag.OF) !== 0;
    case FlagKind.ADD:
      return ((a ^ b) & (((b - a) << shiftOf(kind)) ^ b)) < 0;
    case FlagKind.ADC:
      return ((a ^ b) & (((b - a - 1) << shiftOf(kind)) ^ b)) < 0;
    case FlagKind.SUB:
    case FlagKind.SBB:
      return ((a ^ b) & (a ^ result(m))) < 0;
    case FlagKind.INC:
      return b === -0x80000000 >> shiftOf(kind);
    default: // DEC
      return b === 0x7fffffff >> shiftOf(kind);
  }
}

function adjust(m: Int32Array): boolean {
  const kind = m[State.FLAG_KIND];
  const a = m[State.FLAG_A];
  const b = m[State.FLAG_B];
  switch (kind & FAMILY) {
    case 0:
      return kind !== FlagKind.LOGIC && (m[State.EFLAGS] & Flag.AF) !== 0;
    case FlagKind.ADD:
      return (b & 15) < (a & 15);
    case FlagKind.ADC:
      return (b & 15) <= (a & 15);
    case FlagKind.SUB:
      return (a & 15) < (b & 15);
    case FlagKind.SBB:
      return (a & 15) <= (b & 15);
    case FlagKind.INC:
      return (b & 15) === 0;
    default: // DEC
      return (b & 15) === 15;
  }
}

/** EFLAGS with every flag worked out; state is left as it is. */
export function eflags(m: Int32Array): number {
  if (m[State.FLAG_KIND] === FlagKind.EXPLICIT) return m[State.EFLAGS];
  const value = result(m);
  return (
    (m[State.EFLAGS] & ~Flag.STATUS) |
    carry(m) |
    (parity(value) ? Flag.PF : 0) |
    (adjust(m) ? Flag.AF : 0) |
    (value === 0 ? Flag.ZF : 0) |
    (value < 0 ? Flag.SF : 0) |
    (overflow(m) ? Flag.OF : 0)
  );
}

/** Works all flags out into EFLAGS. */
export function settleFlags(m: Int32Array): void {
  m[State.EFLAGS] = eflags(m);
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
}

/** Sets the arithmetic flags given in `mask` to `values`, keeps the others. */
export function setFlags(m: Int32Array, mask: number, values: number): void {
  m[State.EFLAGS] = (eflags(m) & ~mask) | (values & mask);
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
}

/** ZF, SF, PF from `value` (sign-extended), CF AF OF as given: the form shifts and multiplications leave. */
export function setResult(m: Int32Array, value: number, carries: number): void {
  m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CARRIES) | carries;
  m[State.FLAG_KIND] = FlagKind.RESULT;
  m[State.FLAG_B] = value;
}

/** Condition codes as encoded in Jcc, SETcc and CMOVcc (SDM 1, appendix B): even numbers; odd ones negate. */
export function condition(m: Int32Array, code: number): boolean {
  let holds: boolean;
  switch (code >> 1) {
    case 0:
      holds = overflow(m);
      break;
    case 1:
      holds = carry(m) !== 0;
      break;
    case 2:
      holds = zero(m);
      break;
    case 3:
      holds = carry(m) !== 0 || zero(m);
      break;
    case 4:
      holds = sign(m);
      break;
    case 5:
      holds = parityFlag(m);
      break;
    case 6:
      holds = sign(m) !== overflow(m);
      break;
    default:
      holds = zero(m) || sign(m) !== overflow(m);
      break;
  }
  return holds === ((code & 1) === 0);
}
