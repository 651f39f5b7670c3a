// WebAssembly code of one function to blocks in SSA form. The operand stack holds values, so nothing is ever read late;
// locals are numbered slots (two for an i64) whose current values are merged by phis where control flow joins.
import { ByteReader } from "../wasm/bytes.ts";
import { ValueType, type FunctionType, type WasmFunction, type WasmModule } from "../wasm/module.ts";
import { skipImmediates } from "../wasm/skip.ts";
import type { SourceMap } from "../wasm/sourcemap.ts";
import { foldBinary, isConst, type Maker } from "./fold.ts";
import { Block, type IrFunction, type Location, Op, Value, type Variable } from "./ir.ts";
import { scanLoops } from "./scan.ts";
import { DIVISION, type Pair, POPCOUNT, WideMaker } from "./wide.ts";

/** What the builder has to know about the rest of the program. */
export interface ProgramContext {
  module: WasmModule;
  sourceMap: SourceMap;
  /** Constant value of a global, or null when it lives in memory. */
  globalConstant(
    index: number,
  ): { kind: "number"; value: bigint } | { kind: "symbol"; symbol: string; addend: number } | null;
  /** True when this function's assignments to the global have become its initial value. */
  dropsAssignment(fn: WasmFunction, index: number): boolean;
  /** True for an initialiser function that turned out to do nothing. */
  dropsCall(index: number): boolean;
  /** Memory symbol of a global. */
  globalSymbol(index: number): string;
  /** Symbol of a function that can be called; null for instructions of the processor. */
  functionSymbol(index: number): string;
  /** Name of a local in the source, or null for the compiler's own. */
  variableName(fn: WasmFunction, local: number): string | null;
}

interface Entry {
  low: Value;
  high: Value | null;
}

interface Edge {
  from: Block;
  slots: Value[];
  result: Entry | null;
}

interface Control {
  kind: "block" | "loop" | "if" | "function";
  type: ValueType;
  /** Edges to the end of the construct. */
  edges: Edge[];
  /** Operand stack height outside. */
  height: number;
  /** The construct begins in code no path reaches. */
  dead: boolean;
  header: Block | null;
  headerPhis: Map<number, Value> | null;
  /** Where an `if` goes when its condition is 0: until `else` is seen. */
  otherwise: Edge | null;
}

export function buildFunction(context: ProgramContext, source: WasmFunction): IrFunction {
  return new Builder(context, source).build();
}

class Builder implements Maker {
  private readonly fn: IrFunction;
  private readonly code: ByteReader;
  private readonly wide: WideMaker;
  private readonly slotOf: number[] = [];
  private slots: Value[] = [];
  private stack: Entry[] = [];
  private control: Control[] = [];
  private block: Block;
  private dead = false;
  private location = -1;
  private readonly constants = new Map<number, Value>();
  private readonly entry: Block;
  private readonly loopSets: Map<number, Set<number>>;
  private readonly visible: (Variable | undefined)[] = [];
  /** Slots of source variables, in the order of Block.slotsIn. */
  private readonly visibleSlots: number[] = [];
  private readonly locationIndex = new Map<string, number>();
  private loopDepth = 0;

  constructor(
    private readonly context: ProgramContext,
    private readonly source: WasmFunction,
  ) {
    if (!source.code) throw new Error(`${source.name} has no code`);
    this.code = new ByteReader(source.code.bytes, source.code.position, source.code.end);
    this.fn = {
      name: source.name,
      blocks: [],
      parameterWords: 0,
      resultWords: words(source.type.result),
      areas: [],
      variables: [],
      locations: [],
    };
    this.wide = new WideMaker(this);
    this.loopSets = scanLoops(source.code);
    this.entry = this.newBlock();
    this.block = this.entry;
  }

  build(): IrFunction {
    this.makeSlots();
    this.control.push(this.frame("function", this.source.type.result));
    const { code } = this;
    const { locations } = this.context.sourceMap;
    while (this.control.length > 0) {
      const at = locations.get(code.position);
      if (at !== undefined) this.location = this.locate(at);
      this.instruction(code.byte());
    }
    return this.fn;
  }

  private locate(location: Location): number {
    const key = `${location.file}:${location.line}:${location.column}`;
    let index = this.locationIndex.get(key);
    if (index === undefined) {
      index = this.fn.locations.length;
      this.fn.locations.push(location);
      this.locationIndex.set(key, index);
    }
    return index;
  }

  private makeSlots(): void {
    const { type, locals } = this.source;
    const unset = new Value(Op.Const, this.entry, []);
    unset.implicit = true;
    let slot = 0;
    locals.forEach((localType, i) => {
      this.slotOf[i] = slot;
      const name = this.context.variableName(this.source, i);
      const parameter = i < type.params.length;
      if (name !== null) {
        const variable = { name, local: i, slot, wide: localType === ValueType.I64, parameter };
        this.fn.variables.push(variable);
        this.visibleSlots.push(slot);
        if (variable.wide) this.visibleSlots.push(slot + 1);
        this.visible[i] = variable;
      }
      const count = words(localType);
      for (let k = 0; k < count; k++) {
        this.slots[slot + k] = parameter ? this.parameter(slot + k) : unset;
      }
      slot += count;
      if (parameter) this.fn.parameterWords = slot;
    });
    this.entry.slotsIn = this.visibleValues();
  }

  private parameter(word: number): Value {
    const value = new Value(Op.Param, this.entry, []);
    value.imm = word;
    this.entry.values.push(value);
    return value;
  }

  // --- Maker

  constant(value: number): Value {
    value |= 0;
    let made = this.constants.get(value);
    if (!made) {
      made = new Value(Op.Const, this.entry, []);
      made.imm = value;
      this.constants.set(value, made);
    }
    return made;
  }

  symbol(name: string, addend: number): Value {
    const value = new Value(Op.Symbol, this.entry, []);
    value.symbol = name;
    value.imm = addend;
    return value;
  }

  emit(op: Op, args: Value[]): Value {
    const value = new Value(op, this.block, args);
    value.location = this.location;
    this.block.values.push(value);
    return value;
  }

  private binary(op: Op, a: Value, b: Value): Value {
    return foldBinary(this, op, a, b) ?? this.emit(op, [a, b]);
  }

  // --- blocks

  private newBlock(): Block {
    const block = new Block();
    block.loopDepth = this.loopDepth;
    this.fn.blocks.push(block);
    return block;
  }

  private startBlock(block: Block): void {
    this.block = block;
    this.dead = false;
    block.slotsIn = this.visibleValues();
  }

  private visibleValues(): Value[] {
    return this.visibleSlots.map((slot) => this.slots[slot]);
  }

  private link(from: Block, to: Block): void {
    from.successors.push(to);
    to.predecessors.push(from);
  }

  private jump(from: Block, to: Block): void {
    from.terminator = { kind: "jump" };
    this.link(from, to);
  }

  private frame(kind: Control["kind"], type: ValueType): Control {
    return {
      kind,
      type,
      edges: [],
      height: this.stack.length,
      dead: this.dead,
      header: null,
      headerPhis: null,
      otherwise: null,
    };
  }

  // --- operand stack

  private push(low: Value, high: Value | null = null): void {
    this.stack.push({ low, high });
  }

  private pushPair(pair: Pair): void {
    this.stack.push(pair);
  }

  private popEntry(): Entry {
    return this.stack.pop() as Entry;
  }

  private pop(): Value {
    return this.popEntry().low;
  }

  private popPair(): Pair {
    const { low, high } = this.popEntry();
    return { low, high: high as Value };
  }

  // --- control flow

  private blockType(): ValueType {
    const type = this.code.byte();
    if (type !== ValueType.None && type !== ValueType.I32 && type !== ValueType.I64) {
      throw new Error(`block type 0x${type.toString(16)}`);
    }
    return type;
  }

  private edgeTo(target: Control, from: Block): void {
    const result = target.type === ValueType.None || target.kind === "loop" ? null : this.stack[this.stack.length - 1];
    target.edges.push({ from, slots: [...this.slots], result });
  }

  private label(depth: number): Control {
    return this.control[this.control.length - 1 - depth];
  }

  /** Sends the block's control to a label; returns nothing for a loop (whose edge exists at once). */
  private branchTo(target: Control, from: Block): void {
    if (target.kind === "loop") this.closeLoop(target, from);
    else this.edgeTo(target, from);
  }

  private closeLoop(loop: Control, from: Block): void {
    const header = loop.header as Block;
    this.jump(from, header);
    for (const [slot, phi] of loop.headerPhis as Map<number, Value>) phi.args.push(this.slots[slot]);
  }

  private beginLoop(): void {
    const position = this.code.position - 1;
    const control = this.frame("loop", this.blockType());
    this.control.push(control);
    if (this.dead) return;
    this.loopDepth++;
    const header = this.newBlock();
    header.isLoopHeader = true;
    this.jump(this.block, header);
    control.header = header;
    control.headerPhis = new Map();
    for (const local of this.loopSets.get(position) ?? []) {
      const first = this.slotOf[local];
      for (let slot = first; slot < first + words(this.source.locals[local]); slot++) {
        const phi = new Value(Op.Phi, header, [this.slots[slot]]);
        phi.location = this.location;
        header.phis.push(phi);
        control.headerPhis.set(slot, phi);
        this.slots[slot] = phi;
      }
    }
    this.startBlock(header);
  }

  private beginIf(): void {
    const type = this.blockType();
    if (this.dead) {
      this.control.push(this.frame("if", type));
      return;
    }
    const condition = this.pop();
    const control = this.frame("if", type);
    this.control.push(control);
    const from = this.block;
    from.terminator = { kind: "branch", condition, location: this.location };
    const then = this.newBlock();
    this.link(from, then);
    control.otherwise = { from, slots: [...this.slots], result: null };
    this.startBlock(then);
  }

  /** The block an `if` falls into when its condition is 0. */
  private enterElse(control: Control): void {
    const { from, slots } = control.otherwise as Edge;
    control.otherwise = null;
    this.slots = [...slots];
    this.stack.length = control.height;
    const block = this.newBlock();
    this.link(from, block);
    this.startBlock(block);
  }

  private atElse(): void {
    const control = this.control[this.control.length - 1];
    if (control.dead) return;
    if (!this.dead) this.edgeTo(control, this.block);
    this.enterElse(control);
  }

  private atEnd(): void {
    const control = this.control.pop() as Control;
    if (control.dead) {
      this.stack.length = control.height;
      return;
    }
    if (control.kind === "loop") {
      this.loopDepth--;
      if (this.dead) return;
      // Falling out of a loop: what follows is not part of it.
      const next = this.newBlock();
      this.jump(this.block, next);
      this.startBlock(next);
      return;
    }
    if (!this.dead) this.edgeTo(control, this.block);
    if (control.otherwise) {
      this.enterElse(control);
      this.edgeTo(control, this.block);
    }
    this.stack.length = control.height;
    if (control.edges.length === 0) this.dead = true;
    else if (control.kind === "function") this.finish(control);
    else this.join(control);
  }

  private join(control: Control): void {
    const { edges } = control;
    const block = this.newBlock();
    this.slots = this.mergeSlots(block, edges);
    for (const edge of edges) this.jump(edge.from, block);
    const result = this.mergeResults(block, control);
    this.startBlock(block);
    if (result) this.stack.push(result);
  }

  private mergeSlots(block: Block, edges: Edge[]): Value[] {
    const merged = [...edges[0].slots];
    for (let slot = 0; slot < merged.length; slot++) {
      const first = merged[slot];
      for (let i = 1; i < edges.length; i++) {
        if (edges[i].slots[slot] === first) continue;
        merged[slot] = this.merge(block, edges, (edge) => edge.slots[slot]);
        break;
      }
    }
    return merged;
  }

  private mergeResults(block: Block, control: Control): Entry | null {
    if (control.type === ValueType.None) return null;
    const low = this.merge(block, control.edges, (edge) => (edge.result as Entry).low);
    const high =
      control.type === ValueType.I64
        ? this.merge(block, control.edges, (edge) => (edge.result as Entry).high as Value)
        : null;
    return { low, high };
  }

  private merge(block: Block, edges: Edge[], pick: (edge: Edge) => Value): Value {
    const first = pick(edges[0]);
    if (edges.every((edge) => pick(edge) === first)) return first;
    const phi = new Value(Op.Phi, block, edges.map(pick));
    phi.location = this.location;
    block.phis.push(phi);
    return phi;
  }

  private finish(control: Control): void {
    const block = this.newBlock();
    for (const edge of control.edges) this.jump(edge.from, block);
    const result = this.mergeResults(block, control);
    const values: Value[] = [];
    if (result) values.push(result.low);
    if (result?.high) values.push(result.high);
    block.terminator = { kind: "return", values, location: this.location };
    block.slotsIn = null;
  }

  private branchIf(depth: number): void {
    if (this.dead) return;
    const condition = this.pop();
    const from = this.block;
    from.terminator = { kind: "branch", condition, location: this.location };
    const taken = this.newBlock();
    const next = this.newBlock();
    this.link(from, taken);
    this.link(from, next);
    taken.slotsIn = this.visibleValues();
    this.branchTo(this.label(depth), taken);
    this.startBlock(next);
  }

  private branchTable(): void {
    const targets: number[] = [];
    for (let n = this.code.u32(); n >= 0; n--) targets.push(this.code.u32());
    if (this.dead) return;
    const index = this.pop();
    const from = this.block;
    from.terminator = { kind: "switch", index, location: this.location };
    const stubs = new Map<number, Block>();
    for (const depth of targets) {
      let stub = stubs.get(depth);
      if (!stub) {
        stub = this.newBlock();
        stubs.set(depth, stub);
        stub.slotsIn = this.visibleValues();
        stub.predecessors.push(from);
        this.branchTo(this.label(depth), stub);
      } else stub.predecessors.push(from);
      from.successors.push(stub);
    }
    this.dead = true;
  }

  // --- instructions

  private instruction(op: number): void {
    const { code } = this;
    switch (op) {
      case 0x00:
        if (!this.dead) this.block.terminator = { kind: "trap", location: this.location };
        this.dead = true;
        return;
      case 0x01:
        return;
      case 0x02:
        this.control.push(this.frame("block", this.blockType()));
        return;
      case 0x03:
        return this.beginLoop();
      case 0x04:
        return this.beginIf();
      case 0x05:
        return this.atElse();
      case 0x0b:
        return this.atEnd();
      case 0x0c: {
        const target = this.label(code.u32());
        if (!this.dead) this.branchTo(target, this.block);
        this.dead = true;
        return;
      }
      case 0x0d:
        return this.branchIf(code.u32());
      case 0x0e:
        return this.branchTable();
      case 0x0f:
        if (!this.dead) this.edgeTo(this.control[0], this.block);
        this.dead = true;
        return;
    }
    if (this.dead) skipImmediates(code, op);
    else this.straight(op);
  }

  private straight(op: number): void {
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

  private isWide(local: number): boolean {
    return this.source.locals[local] === ValueType.I64;
  }

  private setLocal(local: number, entry: Entry): void {
    const slot = this.slotOf[local];
    this.slots[slot] = entry.low;
    if (entry.high) this.slots[slot + 1] = entry.high;
    if (!this.visible[local]) return;
    const marker = this.emit(Op.DebugSet, entry.high ? [entry.low, entry.high] : [entry.low]);
    marker.imm = slot;
  }

  private getGlobal(index: number): void {
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

  private setGlobal(index: number): void {
    const { low, high } = this.popEntry();
    if (this.context.dropsAssignment(this.source, index)) return;
    const address = this.symbol(this.context.globalSymbol(index), 0);
    this.store(address, 0, low);
    if (high) this.store(address, 4, high);
  }

  private load(address: Value, offset: number, size: 1 | 2 | 4 = 4, signed = false): Value {
    const value = this.emit(Op.Load, [address]);
    value.imm = offset;
    value.size = size;
    value.signed = signed;
    return value;
  }

  private store(address: Value, offset: number, stored: Value, size: 1 | 2 | 4 = 4): void {
    const value = this.emit(Op.Store, [address, stored]);
    value.imm = offset;
    value.size = size;
  }

  private access(op: number): void {
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

  private compare(op: number): void {
    const b = op === 0x45 ? this.constant(0) : this.pop();
    const a = this.pop();
    this.push(this.binary(COMPARISONS[op === 0x45 ? 0 : op - 0x46], a, b));
  }

  private compareWide(op: number): void {
    if (op === 0x50) return this.push(this.wide.isZero(this.popPair()));
    const b = this.popPair();
    const a = this.popPair();
    this.push(this.wide.compare(COMPARISONS[op - 0x51], a, b));
  }

  private arithmetic(op: number): void {
    if (op <= 0x69) {
      const a = this.pop();
      return this.push(this.unary(op === 0x67 ? Op.Clz : op === 0x68 ? Op.Ctz : Op.Popcnt, a));
    }
    const b = this.pop();
    const a = this.pop();
    this.push(this.binary(ARITHMETIC[op - 0x6a], a, b));
  }

  private unary(op: Op, a: Value): Value {
    if (!isConst(a)) return op === Op.Popcnt ? this.routine(POPCOUNT, [a]) : this.emit(op, [a]);
    if (op === Op.Clz) return this.constant(Math.clz32(a.imm));
    if (op === Op.Ctz) return this.constant(a.imm === 0 ? 32 : 31 - Math.clz32(a.imm & -a.imm));
    let count = 0;
    for (let bits = a.imm; bits !== 0; bits &= bits - 1) count++;
    return this.constant(count);
  }

  private routine(name: string, args: Value[]): Value {
    const call = this.emit(Op.Call, args);
    call.symbol = `f:${name}`;
    return call;
  }

  private arithmeticWide(op: number): void {
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

  private divideWide(routine: string, a: Pair, b: Pair): void {
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

  private select(): void {
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

  private callArguments(type: FunctionType): Value[] {
    const args: Value[] = [];
    for (let i = type.params.length - 1; i >= 0; i--) {
      const { low, high } = this.popEntry();
      if (high) args.unshift(low, high);
      else args.unshift(low);
    }
    return args;
  }

  private callResult(type: FunctionType, call: Value): void {
    if (type.result === ValueType.I32) this.push(call);
    else if (type.result === ValueType.I64) this.push(call, this.emit(Op.High, [call]));
  }

  private call(index: number): void {
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

  private area(size: Value): Value {
    if (!isConst(size)) throw new Error(`frame area of unknown size in ${this.source.name}`);
    const value = new Value(Op.FrameAddress, this.entry, []);
    value.imm = this.fn.areas.length;
    this.fn.areas.push({ size: (size.imm + 3) & ~3 });
    return value;
  }
}

export function words(type: ValueType): number {
  return type === ValueType.I64 ? 2 : type === ValueType.I32 ? 1 : 0;
}

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
