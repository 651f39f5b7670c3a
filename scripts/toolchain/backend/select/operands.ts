// Operands of the instructions being selected: virtual registers, immediates, memory operands, and what may be computed
// where it is used instead of where it stands in the program.
import { isConst } from "../../ir/fold.ts";
import { type Block, type IrFunction, isPure, Op, type Value } from "../../ir/ir.ts";
import {
  ALL_MASK,
  type Alu,
  type ImmediateOperand,
  Instruction,
  L,
  type MemoryOperand,
  NOWHERE,
  type Operand,
  type Reg,
  type VirtualOperand,
} from "../lir.ts";

export function immediate(value: number, symbol = ""): ImmediateOperand {
  return { kind: "immediate", value: value | 0, symbol };
}

export function isConstantLike(value: Value): boolean {
  return value.op === Op.Const || value.op === Op.Symbol || value.op === Op.FrameAddress;
}

export function frameArea(area: number): MemoryOperand {
  return { kind: "memory", base: null, index: null, scale: 1, displacement: 0, symbol: "", area };
}

export interface Address {
  base: Value | null;
  index: Value | null;
  scale: 1 | 2 | 4 | 8;
  displacement: number;
  symbol: string;
  area: number;
}

/** State of selection that all kinds of values share. */
export class OperandSelector {
  protected readonly registers = new Map<Value, number>();
  protected readonly parameterOf: number[] = [];
  protected readonly requested = new Set<Value>();
  protected readonly highOf = new Map<Value, Value>();
  /** Position of a value in its block, and the number of effects before each position. */
  protected readonly positions = new Map<Value, number>();
  protected effects: number[] = [];
  protected block!: Block;
  protected at = 0;
  protected group: Instruction[] = [];
  protected location = -1;

  constructor(protected readonly fn: IrFunction) {}

  // --- virtual registers and operands

  // --- virtual registers and operands

  protected newRegister(parameter = -1): number {
    this.parameterOf.push(parameter);
    return this.parameterOf.length - 1;
  }

  protected registerOf(value: Value): number {
    let id = this.registers.get(value);
    if (id === undefined) {
      id = this.newRegister(value.op === Op.Param ? value.imm : -1);
      this.registers.set(value, id);
    }
    return id;
  }

  protected virtual(id: number, mask = 0, late = false): VirtualOperand {
    return { kind: "virtual", id, mask, late, location: NOWHERE };
  }

  /** The register a value is wanted in; selecting the value is somebody's later business. */
  protected want(value: Value, mask = 0, late = false): VirtualOperand {
    if (this.folded.has(value)) throw new Error(`operand taken in twice in ${this.fn.name}`);
    this.requested.add(value);
    return this.virtual(this.registerOf(value), mask, late);
  }

  /** A register or, for a constant, an immediate. */
  protected use(value: Value, mask = 0, late = false): VirtualOperand | ImmediateOperand {
    if (value.op === Op.Const) return immediate(value.imm);
    if (value.op === Op.Symbol) return immediate(value.imm, value.symbol);
    return value.op === Op.FrameAddress ? this.inRegister(value, mask || ALL_MASK, late) : this.want(value, mask, late);
  }

  /** A register, loaded just before if the value is a constant. */
  protected inRegister(value: Value, mask = ALL_MASK, late = false): VirtualOperand {
    if (value.op !== Op.Const && value.op !== Op.Symbol && value.op !== Op.FrameAddress) {
      return this.want(value, mask, late);
    }
    const id = this.newRegister();
    const load = this.add(value.op === Op.FrameAddress ? L.Lea : L.Move);
    load.dst = this.virtual(id, ALL_MASK);
    load.a = value.op === Op.FrameAddress ? frameArea(value.imm) : immediate(value.imm, value.symbol);
    return this.virtual(id, mask, late);
  }

  /** Register, immediate, or a memory operand if the value is a load that may happen here instead. */
  protected operand(value: Value, late = false): Operand {
    return this.foldableLoad(value, 4) ? this.fold(value, late) : this.use(value, 0, late);
  }

  /** Makes a load part of the current instruction. */
  protected fold(load: Value, late = false): MemoryOperand {
    this.folded.add(load);
    return this.memory(load.args[0], load.imm, late);
  }

  protected foldableLoad(value: Value, size: number): boolean {
    return value.op === Op.Load && value.size === size && value.uses === 1 && this.mayMoveHere(value);
  }

  /** True if the (unrequested) value can be computed at the current place instead of its own. */
  protected mayMoveHere(value: Value): boolean {
    if (value.block !== this.block || this.requested.has(value)) return false;
    if (isPure(value.op)) return true;
    const from = this.positions.get(value) as number;
    return this.effects[this.at] === this.effects[from + 1];
  }

  protected isHere(value: Value): boolean {
    return value.block === this.block && !this.requested.has(value);
  }

  /** Where the debugger finds a value; a place only if something asked for it. */
  protected describe(value: Value | undefined): VirtualOperand | ImmediateOperand | MemoryOperand | undefined {
    if (!value || value.implicit) return undefined;
    if (value.op === Op.Const) return immediate(value.imm);
    if (value.op === Op.Symbol) return immediate(value.imm, value.symbol);
    if (value.op === Op.FrameAddress) return frameArea(value.imm);
    const id = this.registers.get(value);
    return id === undefined ? undefined : this.virtual(id);
  }

  // --- addresses

  // --- addresses

  protected memory(address: Value, offset: number, late = false): MemoryOperand {
    return this.memoryOperand(this.decompose(address, offset), late);
  }

  protected memoryOperand(parts: Address, late: boolean): MemoryOperand {
    return {
      kind: "memory",
      base: parts.base && this.want(parts.base, ALL_MASK, late),
      index: parts.index && this.want(parts.index, ALL_MASK, late),
      scale: parts.scale,
      displacement: parts.displacement | 0,
      symbol: parts.symbol,
      area: parts.area,
    };
  }

  protected decompose(address: Value, offset: number): Address {
    const parts: Address = { base: null, index: null, scale: 1, displacement: offset, symbol: "", area: -1 };
    if (!this.addTerm(parts, address)) throw new Error("address without a form");
    return parts;
  }

  /** Adds a term to an address; false (and no change) if there is no room for it. */
  protected addTerm(parts: Address, value: Value): boolean {
    switch (value.op) {
      case Op.Const:
        parts.displacement = (parts.displacement + value.imm) | 0;
        return true;
      case Op.Symbol:
        if (parts.symbol || parts.area >= 0) break;
        parts.symbol = value.symbol;
        parts.displacement = (parts.displacement + value.imm) | 0;
        return true;
      case Op.FrameAddress:
        if (parts.symbol || parts.area >= 0 || parts.base) break;
        parts.area = value.imm;
        return true;
      case Op.Add:
        if (this.isHere(value) && this.addBoth(parts, value)) return true;
        break;
      case Op.Shl: {
        const count = value.args[1];
        if (!this.isHere(value) || !isConst(count) || count.imm > 3 || parts.index || isConstantLike(value.args[0]))
          break;
        parts.index = value.args[0];
        parts.scale = (1 << count.imm) as 2 | 4 | 8;
        return true;
      }
    }
    if (isConstantLike(value)) return false;
    if (!parts.base && parts.area < 0) parts.base = value;
    else if (!parts.index) parts.index = value;
    else return false;
    return true;
  }

  protected addBoth(parts: Address, sum: Value): boolean {
    const saved = { ...parts };
    // The scaled half first: it can only be the index.
    const [a, b] = sum.args[1].op === Op.Shl ? [sum.args[1], sum.args[0]] : sum.args;
    if (this.addTerm(parts, a) && this.addTerm(parts, b)) return true;
    Object.assign(parts, saved);
    return false;
  }

  // --- instructions

  // --- instructions

  protected add(op: L): Instruction {
    const instruction = new Instruction(op);
    instruction.location = this.location;
    this.group.push(instruction);
    return instruction;
  }

  protected toFixed(reg: Reg, value: Value): void {
    const operand = this.operand(value);
    const move = this.add(L.ToFixed);
    move.reg = reg;
    move.a = operand;
  }

  protected fixedMove(reg: Reg, value: Value): void {
    const operand = this.use(value);
    const move = this.add(L.ToFixed);
    move.reg = reg;
    move.a = operand;
  }

  protected fromFixed(value: Value, reg: Reg): void {
    if (!this.requested.has(value)) return;
    const move = this.add(L.FromFixed);
    move.dst = this.virtual(this.registerOf(value));
    move.reg = reg;
  }

  protected alu(alu: Alu, dst: VirtualOperand, a: Operand, b: Operand, keepsFlags = false): Instruction {
    const instruction = this.add(L.Alu);
    instruction.alu = alu;
    instruction.dst = dst;
    instruction.a = a;
    instruction.b = b;
    instruction.keepsFlags = keepsFlags;
    return instruction;
  }

  /** Loads that became part of another instruction. */
  protected readonly folded = new Set<Value>();
}
