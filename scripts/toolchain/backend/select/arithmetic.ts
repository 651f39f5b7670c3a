// Arithmetic, in 32 and in 64 bits.
import { isConst } from "../../ir/fold.ts";
import { Op, type Value } from "../../ir/ir.ts";
import { ALL_MASK, Alu, BYTE_MASK, Instruction, L, Reg, Shift, type VirtualOperand } from "../lir.ts";
import { ComparisonSelector } from "./comparisons.ts";
import { type Address, immediate, isConstantLike } from "./operands.ts";

const ALU_OF = new Map([
  [Op.Add, Alu.Add],
  [Op.Sub, Alu.Sub],
  [Op.And, Alu.And],
  [Op.Or, Alu.Or],
  [Op.Xor, Alu.Xor],
  [Op.Mul, Alu.Imul],
]);

const SHIFT_OF = new Map([
  [Op.Shl, Shift.Shl],
  [Op.ShrU, Shift.Shr],
  [Op.ShrS, Shift.Sar],
  [Op.RotL, Shift.Rol],
  [Op.RotR, Shift.Ror],
]);

/** The two-operand instruction of an operation, if it has one. */
export function aluOf(op: Op): Alu | undefined {
  return ALU_OF.get(op);
}

export class ArithmeticSelector extends ComparisonSelector {
  // --- arithmetic

  protected lowerAdd(value: Value): void {
    const parts: Address = { base: null, index: null, scale: 1, displacement: 0, symbol: "", area: -1 };
    this.requested.delete(value);
    const decomposed = this.addTerm(parts, value);
    this.requested.add(value);
    const terms = (parts.base ? 1 : 0) + (parts.index ? 1 : 0) + (parts.displacement || parts.symbol ? 1 : 0);
    if (decomposed && (parts.scale > 1 || terms > 2 || parts.area >= 0 || (parts.symbol && terms > 1))) {
      const a = this.memoryOperand(parts, false);
      const lea = this.add(L.Lea);
      lea.a = a;
      lea.dst = this.want(value, ALL_MASK);
      return;
    }
    this.lowerAlu(value);
  }

  protected lowerAlu(value: Value): void {
    const alu = ALU_OF.get(value.op) as Alu;
    let [a, b] = value.args;
    const dst = (): VirtualOperand => this.want(value, ALL_MASK);
    if (value.op === Op.And && isConst(b) && (b.imm === 0xff || b.imm === 0xffff)) {
      return this.lowerExtend(value, b.imm === 0xff ? 1 : 2, false, a);
    }
    if ((value.op === Op.Sub && isConst(a) && a.imm === 0) || (value.op === Op.Xor && isConst(b) && b.imm === -1)) {
      const operand = this.use(value.op === Op.Sub ? b : a);
      const unary = this.add(value.op === Op.Sub ? L.Neg : L.Not);
      unary.a = operand;
      unary.dst = dst();
      return;
    }
    if (value.op === Op.Mul && isConst(b) && (b.imm === 3 || b.imm === 5 || b.imm === 9)) {
      const x = this.want(a, ALL_MASK);
      const again = this.want(a, ALL_MASK);
      const lea = this.add(L.Lea);
      const scale = (b.imm - 1) as 2 | 4 | 8;
      lea.a = { kind: "memory", base: x, index: again, scale, displacement: 0, symbol: "", area: -1 };
      lea.dst = dst();
      return;
    }
    const commutative = value.op !== Op.Sub;
    // Let the operand that ends here (or is in memory) be the one that is overwritten (or folded).
    if (commutative && !isConstantLike(b) && !this.foldableLoad(b, 4)) {
      if (this.foldableLoad(a, 4) || (a.uses > 1 && b.uses === 1) || isConstantLike(a)) [a, b] = [b, a];
    }
    if (alu === Alu.Imul && isConst(b)) {
      const source = this.operand(a);
      this.alu(alu, dst(), source, immediate(b.imm));
      return;
    }
    // The address of a folded load is read after the result's register is written.
    const right = this.foldableLoad(b, 4) ? this.fold(b, true) : this.use(b, 0, !commutative);
    const left = this.use(a);
    this.alu(alu, dst(), left, right);
  }

  protected lowerExtend(value: Value, size: 1 | 2, signed: boolean, source: Value): void {
    const a = isConstantLike(source) ? this.inRegister(source) : this.want(source, size === 1 ? BYTE_MASK : ALL_MASK);
    const extend = this.add(L.Extend);
    extend.a = a;
    extend.size = size;
    extend.signed = signed;
    extend.dst = this.want(value, ALL_MASK);
  }

  protected lowerShift(value: Value): void {
    const [a, count] = value.args;
    if (isConst(count)) {
      const source = this.use(a);
      const shift = this.add(L.Shift);
      shift.shift = SHIFT_OF.get(value.op) as Shift;
      shift.a = source;
      shift.b = immediate(count.imm & 31);
      shift.dst = this.want(value, ALL_MASK);
      return;
    }
    this.fixedMove(Reg.Ecx, count);
    const source = this.use(a);
    const shift = this.add(L.Shift);
    shift.shift = SHIFT_OF.get(value.op) as Shift;
    shift.a = source;
    shift.reads = 1 << Reg.Ecx;
    shift.clobbers = 1 << Reg.Ecx;
    shift.dst = this.want(value, ALL_MASK);
  }

  protected lowerDivision(value: Value): void {
    const [a, b] = value.args;
    const signed = value.op === Op.DivS || value.op === Op.RemS;
    const remainder = value.op === Op.RemS || value.op === Op.RemU;
    const divisor = isConstantLike(b) ? this.inRegister(b) : null;
    this.fixedMove(Reg.Eax, a);
    const instruction = new Instruction(L.Machine);
    instruction.location = this.location;
    // -1 as a divisor of % would trap on the smallest number; only a variable can be it unnoticed.
    const guarded = value.op === Op.RemS && !isConst(b);
    instruction.symbol = guarded ? "rem" : signed ? "idiv" : "div";
    instruction.a = divisor ?? this.want(b, guarded ? ALL_MASK : 0);
    instruction.a.late = true;
    instruction.reads = 1 << Reg.Eax;
    instruction.clobbers = (1 << Reg.Eax) | (1 << Reg.Edx);
    this.group.push(instruction);
    this.fromFixed(value, remainder ? Reg.Edx : Reg.Eax);
  }

  protected lowerSelect(value: Value): void {
    const [condition, yes, no] = value.args;
    // Both values before the comparison: loading a constant must not come between it and its use.
    const a = this.use(yes);
    const b = this.use(no, 0, true);
    const cc = this.lowerCondition(condition);
    const select = this.add(L.SelectCc);
    select.cc = cc;
    select.a = a;
    select.b = b;
    select.dst = this.want(value, ALL_MASK);
  }

  // --- 64 bits

  // --- 64 bits

  protected lowerWideSum(value: Value): void {
    const [al, ah, bl, bh] = value.args;
    const subtract = value.op === Op.Sub64;
    const high = this.highOf.get(value);
    const needHigh = high !== undefined && this.requested.has(high);
    // Constants first: nothing may come between the two halves but moves.
    const left = [this.use(al), this.use(ah)];
    const right = [this.use(bl, 0, true), this.use(bh, 0, true)];
    this.alu(subtract ? Alu.Sub : Alu.Add, this.want(value, ALL_MASK), left[0], right[0], true);
    if (needHigh) {
      this.alu(subtract ? Alu.Sbb : Alu.Adc, this.virtual(this.registerOf(high), ALL_MASK), left[1], right[1], true);
    }
  }

  protected lowerWideProduct(value: Value): void {
    const [a, b] = value.args;
    const factor = isConstantLike(b) ? this.inRegister(b) : null;
    this.fixedMove(Reg.Eax, a);
    const product = new Instruction(L.Machine);
    product.location = this.location;
    product.symbol = "mul";
    product.a = factor ?? this.want(b);
    product.reads = 1 << Reg.Eax;
    product.clobbers = (1 << Reg.Eax) | (1 << Reg.Edx);
    this.group.push(product);
    this.fromFixed(value, Reg.Eax);
    const high = this.highOf.get(value);
    if (high) this.fromFixed(high, Reg.Edx);
  }

  protected lowerWideShift(value: Value): void {
    const [low, high, count] = value.args;
    const highResult = this.highOf.get(value);
    const a = this.use(low);
    const b = this.use(high);
    this.fixedMove(Reg.Ecx, count);
    const shift = this.add(L.Shift64);
    shift.shift = value.op === Op.Shl64 ? Shift.Shl : value.op === Op.ShrU64 ? Shift.Shr : Shift.Sar;
    shift.a = a;
    shift.b = b;
    shift.reads = 1 << Reg.Ecx;
    shift.clobbers = 1 << Reg.Ecx;
    shift.dst = this.virtual(this.registerOf(value), ALL_MASK);
    shift.dst2 = this.virtual(highResult ? this.registerOf(highResult) : this.newRegister(), ALL_MASK);
  }
}
