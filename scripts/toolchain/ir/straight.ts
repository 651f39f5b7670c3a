// WebAssembly instructions that are not control flow.
import type { FunctionType } from "../wasm/module.ts";
import { ValueType } from "../wasm/module.ts";
import { BuilderState, type Entry } from "./builder.ts";
import { isConst } from "./fold.ts";
import { Op, Value } from "./ir.ts";
import { DIVISION, type Pair, POPCOUNT } from "./wide.ts";

const COMPARISONS = [Op.Eq, Op.Ne, Op.LtS, Op.LtU, Op.GtS, Op.GtU, Op.LeS, Op.LeU, Op.GeS, Op.GeU];
const ARITHMETIC = [
  Op.Add,
  Op.Sub,
  Op.Mul,
  Op.DivS,
  Op.DivU,
  Op.RemS,
  Op.RemU,
  Op.And,
  Op.Or,
  Op.Xor,
  Op.Shl,
  Op.ShrS,
  Op.ShrU,
  Op.RotL,
  Op.RotR,
];

export class StraightBuilder extends BuilderState {
  protected straight(op: number): void {
    const { code } = this;
    switch (op) {
      case 0x10:
        return this.call(code.u32());
      case 0x11: {
        const type = this.context.module.types[code.u32()];
        code.u32();
        const target = this.pop();
        const args = this.callArguments(type);
        return this.callResult(type, this.emit(Op.CallIndirect, [target, ...args]));
      }
      case 0x1a:
        this.popEntry();
        return;
      case 0x1b:
        return this.select();
      case 0x20: {
        const local = code.u32();
        const slot = this.slotOf[local];
        return this.push(this.slots[slot], this.isWide(local) ? this.slots[slot + 1] : null);
      }
      case 0x21:
        return this.setLocal(code.u32(), this.popEntry());
      case 0x22:
        return this.setLocal(code.u32(), this.stack[this.stack.length - 1]);
      case 0x23:
        return this.getGlobal(code.u32());
      case 0x24:
        return this.setGlobal(code.u32());
      case 0x41:
        return this.push(this.constant(code.i32()));
      case 0x42:
        return this.pushPair(this.wide.literal(code.i64()));
      case 0xa7:
        return this.push(this.popPair().low);
      case 0xac:
        return this.pushPair(this.wide.extendSigned(this.pop()));
      case 0xad:
        return this.pushPair(this.wide.extendUnsigned(this.pop()));
    }
    if (op >= 0x28 && op <= 0x3e) return this.access(op);
    if (op >= 0x45 && op <= 0x4f) return this.compare(op);
    if (op >= 0x50 && op <= 0x5a) return this.compareWide(op);
    if (op >= 0x67 && op <= 0x78) return this.arithmetic(op);
    if (op >= 0x79 && op <= 0x8a) return this.arithmeticWide(op);
    throw new Error(`instruction 0x${op.toString(16)} in ${this.source.name}`);
  }

  protected isWide(local: number): boolean {
    return this.source.locals[local] === ValueType.I64;
  }

  // --- variables and memory

  protected setLocal(local: number, entry: Entry): void {
    const slot = this.slotOf[local];
    this.slots[slot] = entry.low;
    if (entry.high) this.slots[slot + 1] = entry.high;
    if (!this.visible[local]) return;
    const marker = this.emit(Op.DebugSet, entry.high ? [entry.low, entry.high] : [entry.low]);
    marker.imm = slot;
  }

  protected getGlobal(index: number): void {
    const global = this.context.module.globals[index];
    const constant = this.context.globalConstant(index);
    if (constant?.kind === "symbol") return this.push(this.symbol(constant.symbol, constant.addend));
    if (constant) {
      if (global.type === ValueType.I64) return this.pushPair(this.wide.literal(constant.value));
      return this.push(this.constant(Number(BigInt.asIntN(32, constant.value))));
    }
    const address = this.symbol(this.context.globalSymbol(index), 0);
    if (global.type === ValueType.I64)
      return this.pushPair({ low: this.load(address, 0), high: this.load(address, 4) });
    this.push(this.load(address, 0));
  }

  protected setGlobal(index: number): void {
    const { low, high } = this.popEntry();
    if (this.context.dropsAssignment(this.source, index)) return;
    const address = this.symbol(this.context.globalSymbol(index), 0);
    this.store(address, 0, low);
    if (high) this.store(address, 4, high);
  }

  protected load(address: Value, offset: number, size: 1 | 2 | 4 = 4, signed = false): Value {
    const value = this.emit(Op.Load, [address]);
    value.imm = offset;
    value.size = size;
    value.signed = signed;
    return value;
  }

  protected store(address: Value, offset: number, stored: Value, size: 1 | 2 | 4 = 4): void {
    const value = this.emit(Op.Store, [address, stored]);
    value.imm = offset;
    value.size = size;
  }

  protected access(op: number): void {
    this.code.u32();
    const offset = this.code.u32() | 0;
    if (op >= 0x36) {
      const { low, high } = this.popEntry();
      const address = this.pop();
      if (op === 0x37) {
        this.store(address, offset, low);
        this.store(address, offset + 4, high as Value);
      } else if (op === 0x36 || op === 0x3e) this.store(address, offset, low);
      else if (op === 0x3a || op === 0x3c) this.store(address, offset, low, 1);
      else if (op === 0x3b || op === 0x3d) this.store(address, offset, low, 2);
      else throw new Error("floating point store");
      return;
    }
    const address = this.pop();
    switch (op) {
      case 0x28:
        return this.push(this.load(address, offset));
      case 0x29:
        return this.pushPair({ low: this.load(address, offset), high: this.load(address, offset + 4) });
      case 0x2c:
        return this.push(this.load(address, offset, 1, true));
      case 0x2d:
        return this.push(this.load(address, offset, 1));
      case 0x2e:
        return this.push(this.load(address, offset, 2, true));
      case 0x2f:
        return this.push(this.load(address, offset, 2));
      case 0x30:
        return this.pushPair(this.wide.extendSigned(this.load(address, offset, 1, true)));
      case 0x31:
        return this.pushPair(this.wide.extendUnsigned(this.load(address, offset, 1)));
      case 0x32:
        return this.pushPair(this.wide.extendSigned(this.load(address, offset, 2, true)));
      case 0x33:
        return this.pushPair(this.wide.extendUnsigned(this.load(address, offset, 2)));
      case 0x34:
        return this.pushPair(this.wide.extendSigned(this.load(address, offset)));
      case 0x35:
        return this.pushPair(this.wide.extendUnsigned(this.load(address, offset)));
      default:
        throw new Error("floating point load");
    }
  }

  // --- arithmetic

  protected compare(op: number): void {
    const b = op === 0x45 ? this.constant(0) : this.pop();
    const a = this.pop();
    this.push(this.binary(COMPARISONS[op === 0x45 ? 0 : op - 0x46], a, b));
  }

  protected compareWide(op: number): void {
    if (op === 0x50) return this.push(this.wide.isZero(this.popPair()));
    const b = this.popPair();
    const a = this.popPair();
    this.push(this.wide.compare(COMPARISONS[op - 0x51], a, b));
  }

  protected arithmetic(op: number): void {
    if (op <= 0x69) {
      const a = this.pop();
      return this.push(this.unary(op === 0x67 ? Op.Clz : op === 0x68 ? Op.Ctz : Op.Popcnt, a));
    }
    const b = this.pop();
    const a = this.pop();
    this.push(this.binary(ARITHMETIC[op - 0x6a], a, b));
  }

  protected unary(op: Op, a: Value): Value {
    if (!isConst(a)) return op === Op.Popcnt ? this.routine(POPCOUNT, [a]) : this.emit(op, [a]);
    if (op === Op.Clz) return this.constant(Math.clz32(a.imm));
    if (op === Op.Ctz) return this.constant(a.imm === 0 ? 32 : 31 - Math.clz32(a.imm & -a.imm));
    let count = 0;
    for (let bits = a.imm; bits !== 0; bits &= bits - 1) count++;
    return this.constant(count);
  }

  protected arithmeticWide(op: number): void {
    const { wide } = this;
    if (op <= 0x7b) {
      const a = this.popPair();
      if (op === 0x79) return this.pushPair(wide.clz(a));
      if (op === 0x7a) return this.pushPair(wide.ctz(a));
      const count = this.binary(Op.Add, this.unary(Op.Popcnt, a.low), this.unary(Op.Popcnt, a.high));
      return this.push(count, this.constant(0));
    }
    const b = this.popPair();
    const a = this.popPair();
    switch (op) {
      case 0x7c:
        return this.pushPair(wide.add(a, b));
      case 0x7d:
        return this.pushPair(wide.subtract(a, b));
      case 0x7e:
        return this.pushPair(wide.multiply(a, b));
      case 0x7f:
        return this.divideWide(DIVISION.divS, a, b);
      case 0x80:
        return this.divideWide(DIVISION.divU, a, b);
      case 0x81:
        return this.divideWide(DIVISION.remS, a, b);
      case 0x82:
        return this.divideWide(DIVISION.remU, a, b);
      case 0x83:
        return this.pushPair(wide.bitwise(Op.And, a, b));
      case 0x84:
        return this.pushPair(wide.bitwise(Op.Or, a, b));
      case 0x85:
        return this.pushPair(wide.bitwise(Op.Xor, a, b));
      case 0x86:
        return this.pushPair(wide.shift(Op.Shl64, a, b.low));
      case 0x87:
        return this.pushPair(wide.shift(Op.ShrS64, a, b.low));
      case 0x88:
        return this.pushPair(wide.shift(Op.ShrU64, a, b.low));
      default:
        return this.pushPair(wide.rotate(op === 0x89, a, b.low));
    }
  }

  protected divideWide(routine: string, a: Pair, b: Pair): void {
    // Unsigned division by a power of two is a shift or a mask.
    if ((routine === DIVISION.divU || routine === DIVISION.remU) && isConst(b.low) && isConst(b.high)) {
      const divisor = (BigInt(b.high.imm >>> 0) << 32n) | BigInt(b.low.imm >>> 0);
      if (divisor !== 0n && (divisor & (divisor - 1n)) === 0n) {
        if (routine === DIVISION.remU) {
          return this.pushPair(this.wide.bitwise(Op.And, a, this.wide.literal(divisor - 1n)));
        }
        const shift = this.constant(divisor.toString(2).length - 1);
        return this.pushPair(this.wide.shift(Op.ShrU64, a, shift));
      }
    }
    const call = this.routine(routine, [a.low, a.high, b.low, b.high]);
    this.push(call, this.emit(Op.High, [call]));
  }

  protected select(): void {
    const condition = this.pop();
    const b = this.popEntry();
    const a = this.popEntry();
    const choose = (x: Value, y: Value): Value => {
      if (isConst(condition)) return condition.imm ? x : y;
      return x === y ? x : this.emit(Op.Select, [condition, x, y]);
    };
    this.push(choose(a.low, b.low), a.high && b.high ? choose(a.high, b.high) : null);
  }

  // --- calls

  protected routine(name: string, args: Value[]): Value {
    const call = this.emit(Op.Call, args);
    call.symbol = `f:${name}`;
    return call;
  }

  // --- calls

  protected callArguments(type: FunctionType): Value[] {
    const args: Value[] = [];
    for (let i = type.params.length - 1; i >= 0; i--) {
      const { low, high } = this.popEntry();
      if (high) args.unshift(low, high);
      else args.unshift(low);
    }
    return args;
  }

  protected callResult(type: FunctionType, call: Value): void {
    if (type.result === ValueType.I32) this.push(call);
    else if (type.result === ValueType.I64) this.push(call, this.emit(Op.High, [call]));
  }

  protected call(index: number): void {
    if (this.context.dropsCall(index)) return;
    const callee = this.context.module.functions[index];
    const args = this.callArguments(callee.type);
    const { from } = callee;
    if (from?.module === "label") return this.push(this.symbol(`x:${from.name}`, 0));
    if (from?.module === "cpu") {
      if (from.name === "alloca") return this.push(this.area(args[0]));
      if (from.name === "barrier") return;
      const value = this.emit(Op.Intrinsic, args);
      value.symbol = from.name;
      return this.callResult(callee.type, value);
    }
    const value = this.emit(Op.Call, args);
    value.symbol = this.context.functionSymbol(index);
    this.callResult(callee.type, value);
  }

  protected area(size: Value): Value {
    if (!isConst(size)) throw new Error(`frame area of unknown size in ${this.source.name}`);
    const value = new Value(Op.FrameAddress, this.entry, []);
    value.imm = this.fn.areas.length;
    this.fn.areas.push({ size: (size.imm + 3) & ~3 });
    return value;
  }
}
