// 64-bit operations as pairs of 32-bit values.
import { foldBinary, type Maker, isConst } from "./fold.ts";
import { Op, type Value } from "./ir.ts";

/** Counts the bits of a word (std/rt.ts): the 386 has no instruction for it. */
export const POPCOUNT = "~lib/rt/__popcnt32";

/** A 64-bit value: low and high word. */
export interface Pair {
  low: Value;
  high: Value;
}

/** Names of the library's division routines (std/rt.ts). */
export const DIVISION = {
  divS: "~lib/rt/__sdiv64",
  divU: "~lib/rt/__udiv64",
  remS: "~lib/rt/__srem64",
  remU: "~lib/rt/__urem64",
};

export class WideMaker {
  constructor(private readonly make: Maker) {}

  private op(op: Op, a: Value, b: Value): Value {
    return foldBinary(this.make, op, a, b) ?? this.make.emit(op, [a, b]);
  }

  private pair(op: Op, args: Value[]): Pair {
    const low = this.make.emit(op, args);
    return { low, high: this.make.emit(Op.High, [low]) };
  }

  private constant(value: bigint): Pair {
    return {
      low: this.make.constant(Number(BigInt.asIntN(32, value))),
      high: this.make.constant(Number(BigInt.asIntN(32, value >> 32n))),
    };
  }

  literal(value: bigint): Pair {
    return this.constant(value);
  }

  extendUnsigned(low: Value): Pair {
    return { low, high: this.make.constant(0) };
  }

  extendSigned(low: Value): Pair {
    return { low, high: this.op(Op.ShrS, low, this.make.constant(31)) };
  }

  bitwise(op: Op.And | Op.Or | Op.Xor, a: Pair, b: Pair): Pair {
    return { low: this.op(op, a.low, b.low), high: this.op(op, a.high, b.high) };
  }

  add(a: Pair, b: Pair): Pair {
    if (known(a) !== null && known(b) !== null) return this.constant((known(a) as bigint) + (known(b) as bigint));
    if (known(b) === 0n) return a;
    if (known(a) === 0n) return b;
    return this.pair(Op.Add64, [a.low, a.high, b.low, b.high]);
  }

  subtract(a: Pair, b: Pair): Pair {
    if (known(a) !== null && known(b) !== null) return this.constant((known(a) as bigint) - (known(b) as bigint));
    if (known(b) === 0n) return a;
    return this.pair(Op.Sub64, [a.low, a.high, b.low, b.high]);
  }

  multiply(a: Pair, b: Pair): Pair {
    const ka = known(a);
    const kb = known(b);
    if (ka !== null && kb !== null) return this.constant(ka * kb);
    if (kb !== null && kb > 0n && (kb & (kb - 1n)) === 0n) {
      return this.shift(Op.Shl64, a, this.make.constant(kb.toString(2).length - 1));
    }
    const product = this.pair(Op.MulWide, [a.low, b.low]);
    const cross = this.op(Op.Add, this.op(Op.Mul, a.low, b.high), this.op(Op.Mul, a.high, b.low));
    return { low: product.low, high: this.op(Op.Add, product.high, cross) };
  }

  /** `count` is the low word of the count. */
  shift(op: Op.Shl64 | Op.ShrU64 | Op.ShrS64, a: Pair, count: Value): Pair {
    if (!isConst(count)) return this.pair(op, [a.low, a.high, count]);
    const n = count.imm & 63;
    if (n === 0) return a;
    const c = (value: number): Value => this.make.constant(value);
    if (op === Op.Shl64) {
      if (n >= 32) return { low: c(0), high: this.op(Op.Shl, a.low, c(n - 32)) };
      const carried = this.op(Op.ShrU, a.low, c(32 - n));
      return { low: this.op(Op.Shl, a.low, c(n)), high: this.op(Op.Or, this.op(Op.Shl, a.high, c(n)), carried) };
    }
    const narrow = op === Op.ShrU64 ? Op.ShrU : Op.ShrS;
    const fill = op === Op.ShrU64 ? c(0) : this.op(Op.ShrS, a.high, c(31));
    if (n >= 32) return { low: this.op(narrow, a.high, c(n - 32)), high: fill };
    const carried = this.op(Op.Shl, a.high, c(32 - n));
    return { low: this.op(Op.Or, this.op(Op.ShrU, a.low, c(n)), carried), high: this.op(narrow, a.high, c(n)) };
  }

  /** Rotation left (or right) as two shifts. */
  rotate(left: boolean, a: Pair, count: Value): Pair {
    const back = this.op(Op.Sub, this.make.constant(0), count);
    const one = this.shift(left ? Op.Shl64 : Op.ShrU64, a, count);
    const other = this.shift(left ? Op.ShrU64 : Op.Shl64, a, isConst(back) ? this.make.constant(back.imm & 63) : back);
    // A count of 0 gives a | a.
    return this.bitwise(Op.Or, one, other);
  }

  isZero(a: Pair): Value {
    return this.op(Op.Eq, this.op(Op.Or, a.low, a.high), this.make.constant(0));
  }

  /** `op` is the 32-bit comparison. */
  compare(op: Op, a: Pair, b: Pair): Value {
    const ka = known(a);
    const kb = known(b);
    if (ka !== null && kb !== null) return this.make.constant(compareConstants(op, ka, kb) ? 1 : 0);
    switch (op) {
      case Op.Eq:
      case Op.Ne: {
        const low = this.op(Op.Xor, a.low, b.low);
        const high = this.op(Op.Xor, a.high, b.high);
        return this.op(op, this.op(Op.Or, low, high), this.make.constant(0));
      }
      case Op.LtS:
        if (kb === 0n) return this.op(Op.LtS, a.high, this.make.constant(0));
        return this.ordered(Op.LtS64, a, b);
      case Op.GeS:
        if (kb === 0n) return this.op(Op.GeS, a.high, this.make.constant(0));
        return this.ordered(Op.GeS64, a, b);
      case Op.LtU:
        return this.ordered(Op.LtU64, a, b);
      case Op.GeU:
        return this.ordered(Op.GeU64, a, b);
      case Op.GtS:
        return this.ordered(Op.LtS64, b, a);
      case Op.LeS:
        return this.ordered(Op.GeS64, b, a);
      case Op.GtU:
        return this.ordered(Op.LtU64, b, a);
      default:
        return this.ordered(Op.GeU64, b, a);
    }
  }

  private ordered(op: Op, a: Pair, b: Pair): Value {
    return this.make.emit(op, [a.low, a.high, b.low, b.high]);
  }

  /** Count of leading zeros, as a 64-bit value. */
  clz(a: Pair): Pair {
    const zero = this.make.constant(0);
    const low = this.op(Op.Add, this.make.emit(Op.Clz, [a.low]), this.make.constant(32));
    const count = this.make.emit(Op.Select, [a.high, this.make.emit(Op.Clz, [a.high]), low]);
    return { low: count, high: zero };
  }

  /** Count of trailing zeros, as a 64-bit value. */
  ctz(a: Pair): Pair {
    const zero = this.make.constant(0);
    const high = this.op(Op.Add, this.make.emit(Op.Ctz, [a.high]), this.make.constant(32));
    const count = this.make.emit(Op.Select, [a.low, this.make.emit(Op.Ctz, [a.low]), high]);
    return { low: count, high: zero };
  }
}

/** The value of a constant pair (signed), else null. */
function known(a: Pair): bigint | null {
  if (!isConst(a.low) || !isConst(a.high)) return null;
  return (BigInt(a.high.imm) << 32n) | BigInt(a.low.imm >>> 0);
}

function compareConstants(op: Op, a: bigint, b: bigint): boolean {
  const ua = BigInt.asUintN(64, a);
  const ub = BigInt.asUintN(64, b);
  switch (op) {
    case Op.Eq:
      return a === b;
    case Op.Ne:
      return a !== b;
    case Op.LtS:
      return a < b;
    case Op.LtU:
      return ua < ub;
    case Op.GtS:
      return a > b;
    case Op.GtU:
      return ua > ub;
    case Op.LeS:
      return a <= b;
    case Op.LeU:
      return ua <= ub;
    case Op.GeS:
      return a >= b;
    default:
      return ua >= ub;
  }
}
