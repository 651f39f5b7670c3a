// Comparisons: into flags for a branch or a select, or into 0 and 1.
import { isConst } from "../../ir/fold.ts";
import { isComparison, Op, type Value } from "../../ir/ir.ts";
import { ALL_MASK, Alu, BYTE_MASK, Cc, L, type Operand, type VirtualOperand } from "../lir.ts";
import { immediate, isConstantLike, OperandSelector } from "./operands.ts";

const CC_OF = new Map([
  [Op.Eq, Cc.Equal],
  [Op.Ne, Cc.NotEqual],
  [Op.LtS, Cc.Less],
  [Op.LtU, Cc.Below],
  [Op.GtS, Cc.Greater],
  [Op.GtU, Cc.Above],
  [Op.LeS, Cc.LessEqual],
  [Op.LeU, Cc.BelowEqual],
  [Op.GeS, Cc.GreaterEqual],
  [Op.GeU, Cc.AboveEqual],
]);

/** a cc b is b MIRROR(cc) a. */
const MIRROR = new Map([
  [Cc.Equal, Cc.Equal],
  [Cc.NotEqual, Cc.NotEqual],
  [Cc.Less, Cc.Greater],
  [Cc.Greater, Cc.Less],
  [Cc.LessEqual, Cc.GreaterEqual],
  [Cc.GreaterEqual, Cc.LessEqual],
  [Cc.Below, Cc.Above],
  [Cc.Above, Cc.Below],
  [Cc.BelowEqual, Cc.AboveEqual],
  [Cc.AboveEqual, Cc.BelowEqual],
]);

export class ComparisonSelector extends OperandSelector {
  // --- comparisons

  protected lowerBoolean(value: Value): void {
    const cc = isComparison(value.op) ? this.lowerComparison(value) : this.lowerWideComparison(value);
    const set = this.add(L.SetCc);
    set.cc = cc;
    set.dst = this.want(value, BYTE_MASK);
  }

  /** Sets the flags for `value` != 0 and returns the condition that is true then. */
  protected lowerCondition(value: Value): Cc {
    if (isComparison(value.op) && this.comparesHere(value)) return this.lowerComparison(value);
    if (value.op >= Op.Eq64 && value.op <= Op.GeU64 && this.comparesHere(value)) return this.lowerWideComparison(value);
    return this.lowerTest(value, Cc.NotEqual);
  }

  /** A comparison may be repeated by everyone in its block who wants its flags. */
  protected comparesHere(value: Value): boolean {
    if (value.block !== this.block) return false;
    // Repeating it must not repeat a load.
    const once = value.uses === 1 && !this.requested.has(value);
    return once || value.args.every((arg) => arg.op !== Op.Load && arg.op !== Op.And);
  }

  protected lowerComparison(value: Value): Cc {
    let [a, b] = value.args;
    let cc = CC_OF.get(value.op) as Cc;
    if (isConstantLike(a) && !isConstantLike(b)) {
      [a, b] = [b, a];
      cc = MIRROR.get(cc) as Cc;
    }
    if (isConst(b) && b.imm === 0) {
      if (cc === Cc.Equal || cc === Cc.NotEqual) return this.lowerTest(a, cc);
      if (cc === Cc.Less || cc === Cc.GreaterEqual) {
        const register = this.inRegister(a);
        const test = this.add(L.Test);
        test.a = register;
        test.b = null;
        return cc;
      }
    }
    // An unsigned byte or word in memory against a constant of its size.
    if (isConst(b) && a.op === Op.Load && !a.signed && a.size < 4 && this.foldableLoad(a, a.size)) {
      const unsigned = cc !== Cc.Less && cc !== Cc.Greater && cc !== Cc.LessEqual && cc !== Cc.GreaterEqual;
      if (unsigned && b.imm >= 0 && b.imm < 1 << (8 * a.size)) {
        const memory = this.fold(a);
        const compare = this.add(L.Compare);
        compare.a = memory;
        compare.b = immediate(b.imm);
        compare.size = a.size;
        return cc;
      }
    }
    let left: Operand;
    let right: Operand;
    if (this.foldableLoad(b, 4)) {
      right = this.fold(b);
      left = this.inRegister(a);
    } else if (this.foldableLoad(a, 4)) {
      right = isConstantLike(b) ? this.use(b) : this.inRegister(b);
      left = this.fold(a);
    } else if (isConstantLike(b)) {
      right = this.use(b);
      left = isConstantLike(a) ? this.inRegister(a) : this.use(a);
    } else {
      right = this.use(b);
      left = this.inRegister(a);
    }
    const compare = this.add(L.Compare);
    compare.a = left;
    compare.b = right;
    return cc;
  }

  /** Flags of value == 0 (cc Equal) or != 0. */
  protected lowerTest(value: Value, cc: Cc): Cc {
    if (isConstantLike(value)) {
      const register = this.inRegister(value);
      const test = this.add(L.Test);
      test.a = register;
      return cc;
    }
    if (value.op === Op.And && value.uses === 1 && this.isHere(value)) {
      const [a, b] = value.args;
      if (isConst(b)) {
        if (a.op === Op.Load && this.foldableLoad(a, a.size) && fitsTest(a, b.imm)) {
          const memory = this.fold(a);
          const test = this.add(L.Test);
          test.a = memory;
          test.b = immediate(b.imm);
          test.size = a.size;
          return cc;
        }
        const register = this.inRegister(a);
        const test = this.add(L.Test);
        test.a = register;
        test.b = immediate(b.imm);
        return cc;
      }
      if (!isConstantLike(b)) {
        const right = this.inRegister(b);
        const left = this.operandIn(a);
        const test = this.add(L.Test);
        test.a = left;
        test.b = right;
        return cc;
      }
    }
    if (value.op === Op.Load && this.foldableLoad(value, value.size)) {
      const memory = this.fold(value);
      const compare = this.add(L.Compare);
      compare.a = memory;
      compare.b = immediate(0);
      compare.size = value.size;
      return cc;
    }
    const register = this.inRegister(value);
    const test = this.add(L.Test);
    test.a = register;
    return cc;
  }

  protected operandIn(value: Value): VirtualOperand {
    return isConstantLike(value) ? this.inRegister(value) : this.want(value, 0);
  }

  protected lowerWideComparison(value: Value): Cc {
    const [al, ah, bl, bh] = value.args;
    const left = this.inRegister(al);
    const low = this.use(bl);
    const high = this.use(ah);
    const right = this.use(bh, 0, true);
    const compare = this.add(L.Compare);
    compare.a = left;
    compare.b = low;
    this.alu(Alu.Sbb, this.virtual(this.newRegister(), ALL_MASK), high, right, true);
    switch (value.op) {
      case Op.LtS64:
        return Cc.Less;
      case Op.GeS64:
        return Cc.GreaterEqual;
      case Op.LtU64:
        return Cc.Below;
      default:
        return Cc.AboveEqual;
    }
  }
}

/** May `test` with this mask look at the load's bytes alone? */
function fitsTest(load: Value, mask: number): boolean {
  if (load.size === 4) return true;
  const limit = load.size === 1 ? 0xff : 0xffff;
  return !load.signed && (mask & ~limit) === 0;
}
