// WebAssembly code of one function to blocks in SSA form. The operand stack holds values, so nothing is ever read late;
// locals are numbered slots (two for an i64) whose current values are merged by phis where control flow joins.
import { skipImmediates } from "../wasm/skip.ts";
import { ValueType, type WasmFunction } from "../wasm/module.ts";
import { type Entry, type ProgramContext, words } from "./builder.ts";
import { type Block, type IrFunction, Op, Value } from "./ir.ts";
import { scanLoops } from "./scan.ts";
import { StraightBuilder } from "./straight.ts";

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

class Builder extends StraightBuilder {
  private control: Control[] = [];
  private dead = false;
  private readonly loopSets: Map<number, Set<number>>;

  constructor(context: ProgramContext, source: WasmFunction) {
    super(context, source);
    this.loopSets = scanLoops(this.code);
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

  protected override startBlock(block: Block): void {
    this.dead = false;
    super.startBlock(block);
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
}
