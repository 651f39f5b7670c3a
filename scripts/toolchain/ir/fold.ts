// Constant folding and algebraic simplification of single operations.
import { isComparison, Op, type Value } from "./ir.ts";

/** How the folder makes values: where new ones go is the caller's business. */
export interface Maker {
  constant(value: number): Value;
  symbol(name: string, addend: number): Value;
  emit(op: Op, args: Value[]): Value;
}

export function isConst(value: Value): boolean {
  return value.op === Op.Const;
}

const COMMUTATIVE = new Set([Op.Add, Op.Mul, Op.And, Op.Or, Op.Xor, Op.Eq, Op.Ne]);

/** `a op b` simplified as far as one step shows, or null when it has to be computed. */
export function foldBinary(make: Maker, op: Op, a: Value, b: Value): Value | null {
  if (isConst(a) && isConst(b)) {
    const result = evaluate(op, a.imm, b.imm);
    return result === null ? null : make.constant(result);
  }
  if (isConst(a) && COMMUTATIVE.has(op)) return foldBinary(make, op, b, a) ?? make.emit(op, [b, a]);
  if (isConst(b)) {
    const result = foldRightConstant(make, op, a, b.imm);
    if (result) return result;
  }
  if (a === b) return foldSame(make, op, a);
  if (op === Op.Add && a.op === Op.Symbol && b.op !== Op.Symbol) return make.emit(op, [b, a]);
  if (op === Op.Sub && a.op === Op.Symbol && b.op === Op.Symbol && a.symbol === b.symbol) {
    return make.constant((a.imm - b.imm) | 0);
  }
  // (x + c) + y -> (x + y) + c: lets constants meet and end up in addressing modes.
  if (op === Op.Add && a.op === Op.Add && isConst(a.args[1]) && b.op !== Op.Symbol) {
    return plus(make, emitFolded(make, Op.Add, a.args[0], b), a.args[1].imm);
  }
  if (op === Op.Add && b.op === Op.Add && isConst(b.args[1])) {
    return plus(make, emitFolded(make, Op.Add, a, b.args[0]), b.args[1].imm);
  }
  return null;
}

function emitFolded(make: Maker, op: Op, a: Value, b: Value): Value {
  return foldBinary(make, op, a, b) ?? make.emit(op, [a, b]);
}

function plus(make: Maker, a: Value, addend: number): Value {
  return emitFolded(make, Op.Add, a, make.constant(addend));
}

function foldSame(make: Maker, op: Op, a: Value): Value | null {
  switch (op) {
    case Op.Sub:
    case Op.Xor:
    case Op.Ne:
    case Op.LtS:
    case Op.LtU:
    case Op.GtS:
    case Op.GtU:
      return make.constant(0);
    case Op.Eq:
    case Op.LeS:
    case Op.LeU:
    case Op.GeS:
    case Op.GeU:
      return make.constant(1);
    case Op.And:
    case Op.Or:
      return a;
    default:
      return null;
  }
}

function foldRightConstant(make: Maker, op: Op, a: Value, b: number): Value | null {
  switch (op) {
    case Op.Add:
      if (b === 0) return a;
      if (a.op === Op.Symbol) return make.symbol(a.symbol, (a.imm + b) | 0);
      if (a.op === Op.Add && isConst(a.args[1])) return plus(make, a.args[0], (a.args[1].imm + b) | 0);
      return null;
    case Op.Sub:
      return plus(make, a, -b | 0);
    case Op.Mul:
      return foldMultiply(make, a, b);
    case Op.DivU:
      if (b === 1) return a;
      return isPowerOfTwo(b) ? emitFolded(make, Op.ShrU, a, make.constant(log2(b))) : null;
    case Op.RemU:
      if (b === 1) return make.constant(0);
      return isPowerOfTwo(b) ? emitFolded(make, Op.And, a, make.constant(b - 1)) : null;
    case Op.DivS:
      return foldSignedDivide(make, a, b);
    case Op.RemS:
      return foldSignedRemainder(make, a, b);
    case Op.And:
      return foldMask(make, a, b);
    case Op.Or:
      if (b === 0) return a;
      if (b === -1) return make.constant(-1);
      if (a.op === Op.Or && isConst(a.args[1]))
        return emitFolded(make, Op.Or, a.args[0], make.constant(a.args[1].imm | b));
      return null;
    case Op.Xor:
      if (b === 0) return a;
      if (b === 1 && isBoolean(a)) return negate(make, a);
      return null;
    case Op.Shl:
    case Op.ShrU:
    case Op.ShrS:
    case Op.RotL:
    case Op.RotR:
      return foldShift(make, op, a, b & 31);
    case Op.Eq:
    case Op.Ne:
      return foldEquality(make, op, a, b);
    case Op.LtU:
      if (b === 0) return make.constant(0);
      return b === 1 ? emitFolded(make, Op.Eq, a, make.constant(0)) : null;
    case Op.GeU:
      if (b === 0) return make.constant(1);
      return b === 1 ? emitFolded(make, Op.Ne, a, make.constant(0)) : null;
    case Op.GtU:
      if (b === -1) return make.constant(0);
      return b === 0 ? emitFolded(make, Op.Ne, a, make.constant(0)) : null;
    case Op.LeU:
      if (b === -1) return make.constant(1);
      return b === 0 ? emitFolded(make, Op.Eq, a, make.constant(0)) : null;
    default:
      return null;
  }
}

function foldMultiply(make: Maker, a: Value, b: number): Value | null {
  if (b === 0) return make.constant(0);
  if (b === 1) return a;
  if (isPowerOfTwo(b)) return emitFolded(make, Op.Shl, a, make.constant(log2(b)));
  // (x + c) * b -> x * b + c * b: array indexing with an offset.
  if (a.op === Op.Add && isConst(a.args[1])) {
    return plus(make, emitFolded(make, Op.Mul, a.args[0], make.constant(b)), Math.imul(a.args[1].imm, b));
  }
  return null;
}

/** Division by 2^k rounds towards zero: add 2^k - 1 to a negative dividend first. */
function foldSignedDivide(make: Maker, a: Value, b: number): Value | null {
  if (b === 1) return a;
  if (b <= 0 || !isPowerOfTwo(b)) return null;
  return emitFolded(make, Op.ShrS, biased(make, a, b), make.constant(log2(b)));
}

function foldSignedRemainder(make: Maker, a: Value, b: number): Value | null {
  if (b === 1 || b === -1) return make.constant(0);
  if (b <= 0 || !isPowerOfTwo(b)) return null;
  const rounded = emitFolded(make, Op.And, biased(make, a, b), make.constant(-b));
  return emitFolded(make, Op.Sub, a, rounded);
}

function biased(make: Maker, a: Value, b: number): Value {
  const sign = emitFolded(make, Op.ShrS, a, make.constant(31));
  return emitFolded(make, Op.Add, a, emitFolded(make, Op.And, sign, make.constant(b - 1)));
}

function foldMask(make: Maker, a: Value, b: number): Value | null {
  if (b === 0) return make.constant(0);
  if (b === -1) return a;
  if ((knownZero(a) & ~b) === ~b) return a;
  if (a.op === Op.And && isConst(a.args[1]))
    return emitFolded(make, Op.And, a.args[0], make.constant(a.args[1].imm & b));
  return null;
}

function foldShift(make: Maker, op: Op, a: Value, count: number): Value | null {
  if (count === 0) return a;
  if (a.op === op && isConst(a.args[1]) && op !== Op.RotL && op !== Op.RotR) {
    const total = (a.args[1].imm & 31) + count;
    if (total < 32) return emitFolded(make, op, a.args[0], make.constant(total));
    return op === Op.ShrS ? emitFolded(make, op, a.args[0], make.constant(31)) : make.constant(0);
  }
  // (x << 24) >> 24 and (x << 16) >> 16 are sign extensions; unsigned, they are masks.
  if (a.op === Op.Shl && isConst(a.args[1]) && (a.args[1].imm & 31) === count) {
    if (op === Op.ShrU) return emitFolded(make, Op.And, a.args[0], make.constant(-1 >>> count));
    if (op === Op.ShrS && count === 24) return extend(make, Op.Extend8, a.args[0]);
    if (op === Op.ShrS && count === 16) return extend(make, Op.Extend16, a.args[0]);
  }
  // (x + c) << k -> (x << k) + (c << k)
  if (op === Op.Shl && a.op === Op.Add && isConst(a.args[1])) {
    return plus(make, emitFolded(make, Op.Shl, a.args[0], make.constant(count)), a.args[1].imm << count);
  }
  return null;
}

export function extend(make: Maker, op: Op.Extend8 | Op.Extend16, a: Value): Value {
  if (isConst(a)) return make.constant(op === Op.Extend8 ? (a.imm << 24) >> 24 : (a.imm << 16) >> 16);
  if (a.op === Op.Load && a.signed && (op === Op.Extend8 ? a.size === 1 : a.size <= 2)) return a;
  const zeroTop = op === Op.Extend8 ? ~0x7f : ~0x7fff;
  if ((knownZero(a) & zeroTop) === zeroTop) return a;
  return make.emit(op, [a]);
}

function foldEquality(make: Maker, op: Op, a: Value, b: number): Value | null {
  if (b === 0 && isBoolean(a)) return op === Op.Ne ? a : negate(make, a);
  if (b === 1 && isBoolean(a)) return op === Op.Eq ? a : negate(make, a);
  if (a.op === Op.Add && isConst(a.args[1]) && !isConst(a.args[0])) {
    return emitFolded(make, op, a.args[0], make.constant((b - a.args[1].imm) | 0));
  }
  // A pointer to one of our own objects is never null.
  if (b === 0 && (a.op === Op.FrameAddress || (a.op === Op.Symbol && a.symbol[0] !== "x"))) {
    return make.constant(op === Op.Ne ? 1 : 0);
  }
  return null;
}

const INVERSE = new Map([
  [Op.Eq, Op.Ne],
  [Op.Ne, Op.Eq],
  [Op.LtS, Op.GeS],
  [Op.GeS, Op.LtS],
  [Op.LtU, Op.GeU],
  [Op.GeU, Op.LtU],
  [Op.GtS, Op.LeS],
  [Op.LeS, Op.GtS],
  [Op.GtU, Op.LeU],
  [Op.LeU, Op.GtU],
  [Op.Eq64, Op.Ne64],
  [Op.Ne64, Op.Eq64],
  [Op.LtS64, Op.GeS64],
  [Op.GeS64, Op.LtS64],
  [Op.LtU64, Op.GeU64],
  [Op.GeU64, Op.LtU64],
]);

/** The logical opposite of a value that is 0 or 1; null when it has none simpler. */
function negate(make: Maker, a: Value): Value | null {
  const inverse = INVERSE.get(a.op);
  return inverse === undefined ? null : make.emit(inverse, a.args);
}

/** True when the value is 0 or 1. */
export function isBoolean(value: Value): boolean {
  return isComparison(value.op) || (value.op >= Op.Eq64 && value.op <= Op.GeU64) || (knownZero(value) | 1) === -1;
}

/** Mask of the bits that are certainly zero (one level deep). */
export function knownZero(value: Value): number {
  switch (value.op) {
    case Op.Const:
      return ~value.imm;
    case Op.And:
      return isConst(value.args[1]) ? ~value.args[1].imm | shallowZero(value.args[0]) : 0;
    case Op.ShrU:
      return isConst(value.args[1]) ? ~(-1 >>> (value.args[1].imm & 31)) : 0;
    case Op.Select:
      return shallowZero(value.args[1]) & shallowZero(value.args[2]);
    default:
      return shallowZero(value);
  }
}

function shallowZero(value: Value): number {
  if (value.op === Op.Const) return ~value.imm;
  if (value.op === Op.Load && !value.signed && value.size < 4) return value.size === 1 ? ~0xff : ~0xffff;
  if (isComparison(value.op) || (value.op >= Op.Eq64 && value.op <= Op.GeU64)) return ~1;
  if (value.op === Op.Clz || value.op === Op.Ctz || value.op === Op.Popcnt) return ~63;
  if (value.op === Op.And && isConst(value.args[1])) return ~value.args[1].imm;
  return 0;
}

function isPowerOfTwo(value: number): boolean {
  return value !== 0 && (value & (value - 1)) === 0;
}

function log2(value: number): number {
  return 31 - Math.clz32(value);
}

/** The result on constants; null for a division that traps. */
export function evaluate(op: Op, a: number, b: number): number | null {
  const ua = a >>> 0;
  const ub = b >>> 0;
  switch (op) {
    case Op.Add:
      return (a + b) | 0;
    case Op.Sub:
      return (a - b) | 0;
    case Op.Mul:
      return Math.imul(a, b);
    case Op.And:
      return a & b;
    case Op.Or:
      return a | b;
    case Op.Xor:
      return a ^ b;
    case Op.Shl:
      return a << b;
    case Op.ShrU:
      return (a >>> b) | 0;
    case Op.ShrS:
      return a >> b;
    case Op.RotL:
      return (a << (b & 31)) | (b & 31 ? a >>> (32 - (b & 31)) : 0);
    case Op.RotR:
      return (b & 31 ? a << (32 - (b & 31)) : 0) | (a >>> (b & 31));
    case Op.DivS:
      return b === 0 || (a === -0x80000000 && b === -1) ? null : (a / b) | 0;
    case Op.DivU:
      return b === 0 ? null : Math.floor(ua / ub) | 0;
    case Op.RemS:
      return b === 0 ? null : b === -1 ? 0 : (a % b) | 0;
    case Op.RemU:
      return b === 0 ? null : (ua % ub) | 0;
    case Op.Eq:
      return a === b ? 1 : 0;
    case Op.Ne:
      return a !== b ? 1 : 0;
    case Op.LtS:
      return a < b ? 1 : 0;
    case Op.LtU:
      return ua < ub ? 1 : 0;
    case Op.GtS:
      return a > b ? 1 : 0;
    case Op.GtU:
      return ua > ub ? 1 : 0;
    case Op.LeS:
      return a <= b ? 1 : 0;
    case Op.LeU:
      return ua <= ub ? 1 : 0;
    case Op.GeS:
      return a >= b ? 1 : 0;
    case Op.GeU:
      return ua >= ub ? 1 : 0;
    default:
      return null;
  }
}
