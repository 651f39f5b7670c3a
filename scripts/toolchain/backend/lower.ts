// Instruction selection: values to i386 instructions over virtual registers. Each block is walked backwards, so that an
// instruction sees what its operands compute before they are selected and can take them in: addresses into addressing
// modes, loads into operands, comparisons into branches. What nobody asked for is not selected at all.
import {
  type Block,
  type IrFunction,
  isComparison,
  isPure,
  Op,
  resolve,
  terminatorUses,
  type Value,
  variableSlots,
} from "../ir/ir.ts";
import {
  ALL_MASK,
  type ImmediateOperand,
  Instruction,
  L,
  MachineBlock,
  type MachineFunction,
  Reg,
  type VirtualOperand,
} from "./lir.ts";
import { EffectSelector } from "./select/effects.ts";
import { frameArea, isConstantLike } from "./select/operands.ts";

export function lower(fn: IrFunction): MachineFunction {
  return new Lowering(fn).run();
}

class Lowering extends EffectSelector {
  private readonly slots: number[];

  private readonly machineBlocks = new Map<Block, MachineBlock>();

  constructor(fn: IrFunction) {
    super(fn);
    this.slots = variableSlots(fn);
  }

  run(): MachineFunction {
    const { blocks } = this.fn;
    for (const block of blocks) this.prepare(block);
    for (const block of blocks) {
      this.machine(block).predecessors = block.predecessors.map((b) => this.machine(b));
      this.machine(block).successors = block.successors.map((b) => this.machine(b));
    }
    for (let i = blocks.length - 1; i >= 0; i--) this.lowerBlock(blocks[i]);
    for (const block of blocks) this.lowerPhis(block);
    const machineBlocks = blocks.map((block) => this.machine(block));
    for (const block of blocks) this.lowerSlots(block);
    return {
      name: this.fn.name,
      blocks: machineBlocks,
      registers: this.parameterOf.length,
      parameterOf: this.parameterOf,
    };
  }

  private machine(block: Block): MachineBlock {
    return this.machineBlocks.get(block) as MachineBlock;
  }

  private prepare(block: Block): void {
    const machine = new MachineBlock();
    machine.index = block.index;
    machine.loopDepth = block.loopDepth;
    machine.isLoopHeader = block.isLoopHeader;
    this.machineBlocks.set(block, machine);
    for (const phi of block.phis) phi.args.forEach((arg) => this.requested.add(arg));
    for (const value of block.values) {
      if (value.op === Op.High) this.highOf.set(value.args[0], value);
      // A variable the user sees has its value in a register or slot while it is needed.
      if (value.op === Op.DebugSet) value.args.forEach((arg) => arg.uses > 0 && this.requested.add(arg));
      else for (const arg of value.args) if (arg.block !== block) this.requested.add(arg);
    }
    terminatorUses(block.terminator, (value) => {
      if (value.block !== block) this.requested.add(value);
    });
  }

  // --- blocks

  // --- blocks

  private lowerBlock(block: Block): void {
    this.block = block;
    const { values } = block;
    this.effects = [0];
    values.forEach((value, i) => {
      this.positions.set(value, i);
      this.effects.push(
        this.effects[i] + (isPure(value.op) || value.op === Op.DebugSet || value.op === Op.Param ? 0 : 1),
      );
    });
    const groups: Instruction[][] = [];
    this.at = values.length;
    this.group = [];
    this.lowerTerminator(block);
    groups.push(this.group);
    for (let i = values.length - 1; i >= 0; i--) {
      const value = values[i];
      if ((isPure(value.op) || value.op === Op.Param) && !this.isNeeded(value)) continue;
      if (value.op === Op.Load && this.folded.has(value)) continue;
      this.at = i;
      this.group = [];
      this.location = value.location;
      this.lowerValue(value);
      groups.push(this.group);
    }
    this.machine(block).instructions = groups.reverse().flat();
  }

  private isNeeded(value: Value): boolean {
    if (this.requested.has(value)) return true;
    const high = this.highOf.get(value);
    return high !== undefined && this.requested.has(high);
  }

  private lowerValue(value: Value): void {
    switch (value.op) {
      case Op.Param: {
        const load = this.add(L.Param);
        load.dst = this.want(value, ALL_MASK);
        load.imm = value.imm;
        return;
      }
      case Op.DebugSet:
        return this.lowerDebug(value);
      case Op.Load:
        return this.lowerLoad(value);
      case Op.Store:
        return this.lowerStore(value);
      case Op.Call:
      case Op.CallIndirect:
        return this.lowerCall(value);
      case Op.Intrinsic:
        return this.lowerIntrinsic(value);
      case Op.Add:
        return this.lowerAdd(value);
      case Op.Sub:
      case Op.And:
      case Op.Or:
      case Op.Xor:
      case Op.Mul:
        return this.lowerAlu(value);
      case Op.Shl:
      case Op.ShrU:
      case Op.ShrS:
      case Op.RotL:
      case Op.RotR:
        return this.lowerShift(value);
      case Op.DivS:
      case Op.DivU:
      case Op.RemS:
      case Op.RemU:
        return this.lowerDivision(value);
      case Op.Clz:
      case Op.Ctz: {
        const [source] = value.args;
        const a = isConstantLike(source) ? this.inRegister(source) : this.operand(source);
        const scan = this.add(value.op === Op.Clz ? L.Clz : L.Ctz);
        scan.a = a;
        scan.dst = this.want(value, ALL_MASK);
        return;
      }
      case Op.Extend8:
      case Op.Extend16:
        return this.lowerExtend(value, value.op === Op.Extend8 ? 1 : 2, true, value.args[0]);
      case Op.Select:
        return this.lowerSelect(value);
      case Op.High:
        return;
      case Op.Add64:
      case Op.Sub64:
        return this.lowerWideSum(value);
      case Op.MulWide:
        return this.lowerWideProduct(value);
      case Op.Shl64:
      case Op.ShrU64:
      case Op.ShrS64:
        return this.lowerWideShift(value);
      default:
        if (isComparison(value.op) || (value.op >= Op.Eq64 && value.op <= Op.GeU64)) return this.lowerBoolean(value);
        throw new Error(`selection of operation ${value.op}`);
    }
  }

  private lowerDebug(value: Value): void {
    const marker = this.add(L.DebugSet);
    marker.imm = value.imm;
    marker.a = this.describe(value.args[0]) ?? null;
    marker.b = value.args.length > 1 ? (this.describe(value.args[1]) ?? null) : null;
  }

  // --- ends of blocks

  // --- ends of blocks

  private lowerTerminator(block: Block): void {
    const t = block.terminator;
    if (!t) throw new Error(`block without an end in ${this.fn.name}`);
    if (t.kind !== "jump") this.location = t.location;
    switch (t.kind) {
      case "jump":
        this.add(L.Jump);
        return;
      case "branch": {
        const cc = this.lowerCondition(t.condition);
        this.add(L.JumpIf).cc = cc;
        return;
      }
      case "switch": {
        const a = this.inRegister(t.index);
        this.add(L.JumpTable).a = a;
        return;
      }
      case "return": {
        let reads = 0;
        t.values.forEach((value, i) => {
          const reg = i === 0 ? Reg.Eax : Reg.Edx;
          this.toFixed(reg, value);
          reads |= 1 << reg;
        });
        this.add(L.Return).reads = reads;
        return;
      }
      case "trap":
        this.add(L.Trap);
    }
  }

  private lowerPhis(block: Block): void {
    const machine = this.machine(block);
    for (const phi of block.phis) {
      if (!this.requested.has(phi) && phi.uses === 0) continue;
      const args = machine.predecessors.map((predecessor, i) => this.phiArgument(phi.args[i], predecessor));
      machine.phis.push({ dst: this.registerOf(phi), args });
    }
  }

  private phiArgument(value: Value, predecessor: MachineBlock): VirtualOperand | ImmediateOperand {
    if (value.op !== Op.FrameAddress) return this.use(value) as VirtualOperand | ImmediateOperand;
    const lea = new Instruction(L.Lea);
    const id = this.newRegister();
    lea.a = frameArea(value.imm);
    lea.dst = this.virtual(id, ALL_MASK);
    predecessor.instructions.splice(predecessor.instructions.length - 1, 0, lea);
    return this.virtual(id);
  }

  private lowerSlots(block: Block): void {
    const { slotsIn } = block;
    if (!slotsIn) return;
    const slots: NonNullable<MachineBlock["slotsIn"]> = [];
    this.slots.forEach((slot, i) => {
      const value = slotsIn[i];
      slots[slot] = value && this.describe(resolve(value));
    });
    this.machine(block).slotsIn = slots;
  }
}
