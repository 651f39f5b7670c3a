// Instruction selection: values to i386 instructions over virtual registers. Each block is walked backwards, so that an
// instruction sees what its operands compute before they are selected and can take them in: addresses into addressing
// modes, loads into operands, comparisons into branches. What nobody asked for is not selected at all.
import { isConst } from "../ir/fold.ts";
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
  Alu,
  BYTE_MASK,
  CALLER_SAVED_MASK,
  Cc,
  ALL_MASK,
  type ImmediateOperand,
  Instruction,
  L,
  MachineBlock,
  type MachineFunction,
  type MemoryOperand,
  NOWHERE,
  type Operand,
  Reg,
  Shift,
  type VirtualOperand,
} from "./lir.ts";
import { MACHINE, PUSH } from "./machine.ts";

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

export function immediate(value: number, symbol = ""): ImmediateOperand {
  return { kind: "immediate", value: value | 0, symbol };
}

export function lower(fn: IrFunction): MachineFunction {
  return new Lowering(fn).run();
}

interface Address {
  base: Value | null;
  index: Value | null;
  scale: 1 | 2 | 4 | 8;
  displacement: number;
  symbol: string;
  area: number;
}

class Lowering {
  private readonly registers = new Map<Value, number>();
  private readonly parameterOf: number[] = [];
  private readonly machineBlocks = new Map<Block, MachineBlock>();
  private readonly requested = new Set<Value>();
  private readonly highOf = new Map<Value, Value>();
  /** Position of a value in its block, and the number of effects before each position. */
  private readonly positions = new Map<Value, number>();
  private effects: number[] = [];
  private block!: Block;
  private at = 0;
  private group: Instruction[] = [];
  private location = -1;

  private readonly slots: number[];

  constructor(private readonly fn: IrFunction) {
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

  // --- virtual registers and operands

  private newRegister(parameter = -1): number {
    this.parameterOf.push(parameter);
    return this.parameterOf.length - 1;
  }

  private registerOf(value: Value): number {
    let id = this.registers.get(value);
    if (id === undefined) {
      id = this.newRegister(value.op === Op.Param ? value.imm : -1);
      this.registers.set(value, id);
    }
    return id;
  }

  private virtual(id: number, mask = 0, late = false): VirtualOperand {
    return { kind: "virtual", id, mask, late, location: NOWHERE };
  }

  /** The register a value is wanted in; selecting the value is somebody's later business. */
  private want(value: Value, mask = 0, late = false): VirtualOperand {
    if (this.folded.has(value)) throw new Error(`operand taken in twice in ${this.fn.name}`);
    this.requested.add(value);
    return this.virtual(this.registerOf(value), mask, late);
  }

  /** A register or, for a constant, an immediate. */
  private use(value: Value, mask = 0, late = false): VirtualOperand | ImmediateOperand {
    if (value.op === Op.Const) return immediate(value.imm);
    if (value.op === Op.Symbol) return immediate(value.imm, value.symbol);
    return value.op === Op.FrameAddress ? this.inRegister(value, mask || ALL_MASK, late) : this.want(value, mask, late);
  }

  /** A register, loaded just before if the value is a constant. */
  private inRegister(value: Value, mask = ALL_MASK, late = false): VirtualOperand {
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
  private operand(value: Value, late = false): Operand {
    return this.foldableLoad(value, 4) ? this.fold(value, late) : this.use(value, 0, late);
  }

  /** Makes a load part of the current instruction. */
  private fold(load: Value, late = false): MemoryOperand {
    this.folded.add(load);
    return this.memory(load.args[0], load.imm, late);
  }

  private foldableLoad(value: Value, size: number): boolean {
    return value.op === Op.Load && value.size === size && value.uses === 1 && this.mayMoveHere(value);
  }

  /** True if the (unrequested) value can be computed at the current place instead of its own. */
  private mayMoveHere(value: Value): boolean {
    if (value.block !== this.block || this.requested.has(value)) return false;
    if (isPure(value.op)) return true;
    const from = this.positions.get(value) as number;
    return this.effects[this.at] === this.effects[from + 1];
  }

  private isHere(value: Value): boolean {
    return value.block === this.block && !this.requested.has(value);
  }

  // --- addresses

  private memory(address: Value, offset: number, late = false): MemoryOperand {
    return this.memoryOperand(this.decompose(address, offset), late);
  }

  private memoryOperand(parts: Address, late: boolean): MemoryOperand {
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

  private decompose(address: Value, offset: number): Address {
    const parts: Address = { base: null, index: null, scale: 1, displacement: offset, symbol: "", area: -1 };
    if (!this.addTerm(parts, address)) throw new Error("address without a form");
    return parts;
  }

  /** Adds a term to an address; false (and no change) if there is no room for it. */
  private addTerm(parts: Address, value: Value): boolean {
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

  private addBoth(parts: Address, sum: Value): boolean {
    const saved = { ...parts };
    // The scaled half first: it can only be the index.
    const [a, b] = sum.args[1].op === Op.Shl ? [sum.args[1], sum.args[0]] : sum.args;
    if (this.addTerm(parts, a) && this.addTerm(parts, b)) return true;
    Object.assign(parts, saved);
    return false;
  }

  // --- instructions

  private add(op: L): Instruction {
    const instruction = new Instruction(op);
    instruction.location = this.location;
    this.group.push(instruction);
    return instruction;
  }

  private toFixed(reg: Reg, value: Value): void {
    const operand = this.operand(value);
    const move = this.add(L.ToFixed);
    move.reg = reg;
    move.a = operand;
  }

  private fromFixed(value: Value, reg: Reg): void {
    if (!this.requested.has(value)) return;
    const move = this.add(L.FromFixed);
    move.dst = this.virtual(this.registerOf(value));
    move.reg = reg;
  }

  private alu(alu: Alu, dst: VirtualOperand, a: Operand, b: Operand, keepsFlags = false): Instruction {
    const instruction = this.add(L.Alu);
    instruction.alu = alu;
    instruction.dst = dst;
    instruction.a = a;
    instruction.b = b;
    instruction.keepsFlags = keepsFlags;
    return instruction;
  }

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

  /** Loads that became part of another instruction. */
  private readonly folded = new Set<Value>();

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

  /** Where the debugger finds a value; a place only if something asked for it. */
  private describe(value: Value | undefined): VirtualOperand | ImmediateOperand | MemoryOperand | undefined {
    if (!value || value.implicit) return undefined;
    if (value.op === Op.Const) return immediate(value.imm);
    if (value.op === Op.Symbol) return immediate(value.imm, value.symbol);
    if (value.op === Op.FrameAddress) return frameArea(value.imm);
    const id = this.registers.get(value);
    return id === undefined ? undefined : this.virtual(id);
  }

  private lowerLoad(value: Value): void {
    const a = this.memory(value.args[0], value.imm);
    const load = this.add(L.Load);
    load.a = a;
    load.size = value.size;
    load.signed = value.signed;
    load.dst = this.virtual(this.registerOf(value), ALL_MASK);
  }

  private lowerStore(value: Value): void {
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
  private lowerReadModifyWrite(store: Value, stored: Value): boolean {
    const alu = ALU_OF.get(stored.op);
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

  private lowerCall(value: Value): void {
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

  private push(value: Value): void {
    const a = this.operand(value);
    const push = this.add(L.Push);
    push.a = a;
  }

  private lowerIntrinsic(value: Value): void {
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

  // --- arithmetic

  private lowerAdd(value: Value): void {
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

  private lowerAlu(value: Value): void {
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

  private lowerExtend(value: Value, size: 1 | 2, signed: boolean, source: Value): void {
    const a = isConstantLike(source) ? this.inRegister(source) : this.want(source, size === 1 ? BYTE_MASK : ALL_MASK);
    const extend = this.add(L.Extend);
    extend.a = a;
    extend.size = size;
    extend.signed = signed;
    extend.dst = this.want(value, ALL_MASK);
  }

  private lowerShift(value: Value): void {
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

  private fixedMove(reg: Reg, value: Value): void {
    const operand = this.use(value);
    const move = this.add(L.ToFixed);
    move.reg = reg;
    move.a = operand;
  }

  private lowerDivision(value: Value): void {
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

  // --- comparisons

  private lowerBoolean(value: Value): void {
    const cc = isComparison(value.op) ? this.lowerComparison(value) : this.lowerWideComparison(value);
    const set = this.add(L.SetCc);
    set.cc = cc;
    set.dst = this.want(value, BYTE_MASK);
  }

  /** Sets the flags for `value` != 0 and returns the condition that is true then. */
  private lowerCondition(value: Value): Cc {
    if (isComparison(value.op) && this.comparesHere(value)) return this.lowerComparison(value);
    if (value.op >= Op.Eq64 && value.op <= Op.GeU64 && this.comparesHere(value)) return this.lowerWideComparison(value);
    return this.lowerTest(value, Cc.NotEqual);
  }

  /** A comparison may be repeated by everyone in its block who wants its flags. */
  private comparesHere(value: Value): boolean {
    if (value.block !== this.block) return false;
    // Repeating it must not repeat a load.
    const once = value.uses === 1 && !this.requested.has(value);
    return once || value.args.every((arg) => arg.op !== Op.Load && arg.op !== Op.And);
  }

  private lowerComparison(value: Value): Cc {
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
  private lowerTest(value: Value, cc: Cc): Cc {
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

  private operandIn(value: Value): VirtualOperand {
    return isConstantLike(value) ? this.inRegister(value) : this.want(value, 0);
  }

  private lowerSelect(value: Value): void {
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

  private lowerWideSum(value: Value): void {
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

  private lowerWideProduct(value: Value): void {
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

  private lowerWideShift(value: Value): void {
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

  private lowerWideComparison(value: Value): Cc {
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

function isConstantLike(value: Value): boolean {
  return value.op === Op.Const || value.op === Op.Symbol || value.op === Op.FrameAddress;
}

function frameArea(area: number): MemoryOperand {
  return { kind: "memory", base: null, index: null, scale: 1, displacement: 0, symbol: "", area };
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

/** May `test` with this mask look at the load's bytes alone? */
function fitsTest(load: Value, mask: number): boolean {
  if (load.size === 4) return true;
  const limit = load.size === 1 ? 0xff : 0xffff;
  return !load.signed && (mask & ~limit) === 0;
}
