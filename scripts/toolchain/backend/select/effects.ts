// Memory accesses, calls and instructions of the processor.
import { isConst } from "../../ir/fold.ts";
import { Op, type Value } from "../../ir/ir.ts";
import { ALL_MASK, Alu, BYTE_MASK, CALLER_SAVED_MASK, L, Reg } from "../lir.ts";
import { MACHINE, PUSH } from "../machine.ts";
import { aluOf, ArithmeticSelector } from "./arithmetic.ts";
import { immediate } from "./operands.ts";

export class EffectSelector extends ArithmeticSelector {
  protected lowerLoad(value: Value): void {
    const a = this.memory(value.args[0], value.imm);
    const load = this.add(L.Load);
    load.a = a;
    load.size = value.size;
    load.signed = value.signed;
    load.dst = this.virtual(this.registerOf(value), ALL_MASK);
  }

  protected lowerStore(value: Value): void {
    const [address] = value.args;
    const stored = stripExtension(value.args[1], value.size);
    if (this.lowerReadModifyWrite(value, stored)) return;
    const b =
      stored.op === Op.Const || (stored.op === Op.Symbol && value.size === 4)
        ? immediate(stored.imm, stored.symbol)
        : this.inRegister(stored, value.size === 1 ? BYTE_MASK : ALL_MASK);
    const a = this.memory(address, value.imm);
    const store = this.add(L.Store);
    store.a = a;
    store.b = b;
    store.size = value.size;
  }

  /** [p] = [p] op x in one instruction. */
  protected lowerReadModifyWrite(store: Value, stored: Value): boolean {
    const alu = aluOf(stored.op);
    if (alu === undefined || alu === Alu.Imul || stored.uses !== 1 || !this.isHere(stored)) return false;
    const [load, other] = stored.args[0].op === Op.Load ? stored.args : [stored.args[1], stored.args[0]];
    if (stored.op === Op.Sub && load !== stored.args[0]) return false;
    if (!this.foldableLoad(load, store.size) || load.imm !== store.imm || !sameAddress(load.args[0], store.args[0])) {
      return false;
    }
    if (other === load) return false;
    const b =
      other.op === Op.Const || (other.op === Op.Symbol && store.size === 4)
        ? immediate(other.imm, other.symbol)
        : this.inRegister(other, store.size === 1 ? BYTE_MASK : ALL_MASK);
    this.folded.add(load);
    const a = this.memory(store.args[0], store.imm);
    const instruction = this.add(L.AluMemory);
    instruction.alu = alu;
    instruction.a = a;
    instruction.b = b;
    instruction.size = store.size;
    return true;
  }

  // --- calls

  // --- calls

  protected lowerCall(value: Value): void {
    const indirect = value.op === Op.CallIndirect;
    const args = indirect ? value.args.slice(1) : value.args;
    // The target before the pushes: a memory operand could be a load that must come first.
    const target = indirect ? this.inRegister(value.args[0]) : null;
    for (let i = args.length - 1; i >= 0; i--) this.push(args[i]);
    const call = this.add(indirect ? L.CallIndirect : L.Call);
    call.symbol = value.symbol;
    call.a = target;
    call.clobbers = CALLER_SAVED_MASK;
    call.imm = args.length * 4;
    const high = this.highOf.get(value);
    this.fromFixed(value, Reg.Eax);
    if (high) this.fromFixed(high, Reg.Edx);
    if (args.length > 0) {
      const pop = this.add(L.Pop);
      pop.imm = args.length * 4;
    }
  }

  protected push(value: Value): void {
    const a = this.operand(value);
    const push = this.add(L.Push);
    push.a = a;
  }

  protected lowerIntrinsic(value: Value): void {
    const machine = MACHINE[value.symbol];
    if (!machine) throw new Error(`unknown processor instruction ${value.symbol}`);
    let reads = 0;
    machine.args.forEach((reg, i) => {
      if (reg === PUSH) this.push(value.args[i]);
    });
    machine.args.forEach((reg, i) => {
      if (reg === PUSH) return;
      this.fixedMove(reg, value.args[i]);
      reads |= 1 << reg;
    });
    const instruction = this.add(L.Machine);
    instruction.symbol = value.symbol;
    instruction.reads = reads;
    for (const reg of machine.clobbers ?? []) instruction.clobbers |= 1 << reg;
    if (machine.result !== undefined) {
      instruction.clobbers |= 1 << machine.result;
      this.fromFixed(value, machine.result);
    }
    const high = this.highOf.get(value);
    if (machine.high !== undefined) {
      instruction.clobbers |= 1 << machine.high;
      if (high) this.fromFixed(high, machine.high);
    }
  }
}

function sameAddress(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.op !== b.op || a.imm !== b.imm || a.symbol !== b.symbol) return false;
  return a.op === Op.Const || a.op === Op.Symbol || a.op === Op.FrameAddress;
}

/** What matters of a value of which only `size` bytes are stored. */
function stripExtension(value: Value, size: number): Value {
  let result = value;
  for (;;) {
    const [a, b] = result.args;
    const keeps = size === 1 ? 0xff : 0xffff;
    if (size === 4 || result.uses !== 1) return result;
    if (result.op === Op.And && isConst(b) && (b.imm & keeps) === keeps) result = a;
    else if (result.op === Op.Extend16 || (result.op === Op.Extend8 && size === 1)) result = a;
    else return result;
  }
}
