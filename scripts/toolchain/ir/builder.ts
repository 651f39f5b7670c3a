// What building a function keeps in hand: the current block, the values of locals and operand stack, and the making of
// values. The instructions and the control flow are in the classes built on this.
import { ByteReader } from "../wasm/bytes.ts";
import { ValueType, type WasmFunction, type WasmModule } from "../wasm/module.ts";
import type { SourceMap } from "../wasm/sourcemap.ts";
import { foldBinary, type Maker } from "./fold.ts";
import { Block, type IrFunction, type Location, Op, Value, type Variable } from "./ir.ts";
import { type Pair, WideMaker } from "./wide.ts";

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

/** An operand: a word, or two. */
export interface Entry {
  low: Value;
  high: Value | null;
}

export function words(type: ValueType): number {
  return type === ValueType.I64 ? 2 : type === ValueType.I32 ? 1 : 0;
}

export class BuilderState implements Maker {
  protected readonly fn: IrFunction;
  protected readonly code: ByteReader;
  protected readonly wide: WideMaker;
  protected readonly slotOf: number[] = [];
  protected slots: Value[] = [];
  protected stack: Entry[] = [];
  protected block: Block;
  protected location = -1;
  protected readonly constants = new Map<number, Value>();
  protected readonly entry: Block;
  protected readonly visible: (Variable | undefined)[] = [];
  /** Slots of source variables, in the order of Block.slotsIn. */
  protected readonly visibleSlots: number[] = [];
  protected readonly locationIndex = new Map<string, number>();
  protected loopDepth = 0;
  constructor(
    protected readonly context: ProgramContext,
    protected readonly source: WasmFunction,
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
    this.entry = this.newBlock();
    this.block = this.entry;
  }

  // --- locals

  protected locate(location: Location): number {
    const key = `${location.file}:${location.line}:${location.column}`;
    let index = this.locationIndex.get(key);
    if (index === undefined) {
      index = this.fn.locations.length;
      this.fn.locations.push(location);
      this.locationIndex.set(key, index);
    }
    return index;
  }

  protected makeSlots(): void {
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

  protected parameter(word: number): Value {
    const value = new Value(Op.Param, this.entry, []);
    value.imm = word;
    this.entry.values.push(value);
    return value;
  }

  protected visibleValues(): Value[] {
    return this.visibleSlots.map((slot) => this.slots[slot]);
  }

  // --- values

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

  protected binary(op: Op, a: Value, b: Value): Value {
    return foldBinary(this, op, a, b) ?? this.emit(op, [a, b]);
  }

  // --- blocks

  // --- blocks

  protected newBlock(): Block {
    const block = new Block();
    block.loopDepth = this.loopDepth;
    this.fn.blocks.push(block);
    return block;
  }

  protected startBlock(block: Block): void {
    this.block = block;
    block.slotsIn = this.visibleValues();
  }

  protected link(from: Block, to: Block): void {
    from.successors.push(to);
    to.predecessors.push(from);
  }

  protected jump(from: Block, to: Block): void {
    from.terminator = { kind: "jump" };
    this.link(from, to);
  }

  // --- operand stack

  // --- operand stack

  protected push(low: Value, high: Value | null = null): void {
    this.stack.push({ low, high });
  }

  protected pushPair(pair: Pair): void {
    this.stack.push(pair);
  }

  protected popEntry(): Entry {
    return this.stack.pop() as Entry;
  }

  protected pop(): Value {
    return this.popEntry().low;
  }

  protected popPair(): Pair {
    const { low, high } = this.popEntry();
    return { low, high: high as Value };
  }
}
