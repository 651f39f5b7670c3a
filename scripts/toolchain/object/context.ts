// What the code generator asks about the module: which globals are constants, what functions and variables are called.
// Constants that only the initialiser functions know are found by looking at those first.
import { CommonFlags } from "../frontend/assemblyscript.ts";
import type { FrontendResult } from "../frontend/frontend.ts";
import { START_EXPORT } from "../frontend/frontend.ts";
import { DATA_MODULE, FUNCTION_MODULE } from "../frontend/compiler.ts";
import { buildFunction } from "../ir/build.ts";
import type { ProgramContext } from "../ir/builder.ts";
import { type IrFunction, Op, type Value } from "../ir/ir.ts";
import { optimize } from "../ir/optimize.ts";
import { ByteReader } from "../wasm/bytes.ts";
import { skipImmediates } from "../wasm/skip.ts";
import type { WasmFunction, WasmModule } from "../wasm/module.ts";
import { ValueType } from "../wasm/module.ts";
import type { SourceMap } from "../wasm/sourcemap.ts";

export type Constant = { kind: "number"; value: bigint } | { kind: "symbol"; symbol: string; addend: number };

/** A 32-bit word of a variable's initial value. */
export type InitialWord = { value: number; symbol: string };

export class ModuleContext implements ProgramContext {
  /** Initial contents of variables that initialiser functions would have set. */
  readonly initial = new Map<number, InitialWord[]>();
  readonly startFunctions: WasmFunction[] = [];

  private readonly constants = new Map<number, Constant>();
  private readonly assignments: Map<number, number>[];
  private readonly emptyStarts = new Set<number>();
  /** Index of a global by its memory symbol. */
  private readonly indexOf: Map<string, number>;

  constructor(
    readonly module: WasmModule,
    readonly sourceMap: SourceMap,
    private readonly frontend: FrontendResult,
  ) {
    module.globals.forEach((global, i) => {
      if (global.from) {
        const { module: from, name } = global.from;
        const prefix = from === DATA_MODULE ? "d" : from === FUNCTION_MODULE ? "f" : "x";
        this.constants.set(i, { kind: "symbol", symbol: `${prefix}:${name}`, addend: 0 });
      } else if (!global.mutable) {
        const source = global.initGlobal === null ? null : this.constants.get(global.initGlobal);
        if (source) this.constants.set(i, source);
        else this.constants.set(i, { kind: "number", value: global.init ?? 0n });
      }
    });
    this.indexOf = new Map(module.globals.map((global, i) => [`g:${global.name}`, i]));
    this.assignments = module.functions.map((fn) => countAssignments(fn));
    const start = module.exports.get(START_EXPORT);
    this.startFunctions = module.functions.filter((fn) => fn.index === start || fn.name.startsWith("start:"));
    this.promote();
  }

  globalConstant(index: number): Constant | null {
    return this.constants.get(index) ?? null;
  }

  globalSymbol(index: number): string {
    return `g:${this.module.globals[index].name}`;
  }

  functionSymbol(index: number): string {
    const { from, name } = this.module.functions[index];
    return from ? `x:${from.name}` : `f:${name}`;
  }

  dropsAssignment(fn: WasmFunction, index: number): boolean {
    if (this.constants.has(index)) return true;
    return this.initial.has(index) && this.isStart(fn);
  }

  dropsCall(index: number): boolean {
    return this.emptyStarts.has(index);
  }

  variableName(fn: WasmFunction, local: number): string | null {
    const name = fn.localNames[local];
    // Temporaries are named by their number.
    if (name === undefined || /^\d/.test(name)) return null;
    // Locals of library code that was expanded in place are nobody's variables.
    if (this.frontend.libraryLocals.get(fn.name)?.has(local)) return null;
    return name.replace(/\|.*$/, "");
  }

  private isStart(fn: WasmFunction): boolean {
    return this.startFunctions.includes(fn);
  }

  /** Assignments of constants in initialiser functions become constants or initial values, until nothing is found. */
  private promote(): void {
    for (let found = true; found;) {
      found = false;
      for (const start of this.startFunctions) {
        if (this.emptyStarts.has(start.index)) continue;
        const ir = buildFunction(this, start);
        optimize(ir);
        if (ir.blocks.length === 1 && ir.blocks[0].values.every((value) => value.op === Op.Param)) {
          this.emptyStarts.add(start.index);
          found = true;
        }
        for (const [index, words] of this.constantStores(ir)) found = this.take(start, index, words) || found;
      }
    }
  }

  private take(start: WasmFunction, index: number, words: InitialWord[]): boolean {
    const total = this.assignments.reduce((sum, counts) => sum + (counts.get(index) ?? 0), 0);
    const here = this.assignments[start.index].get(index) ?? 0;
    if (here !== 1 || this.initial.has(index)) return false;
    // A `let` stays a variable even if nothing assigns it: assembly code or the debugger may.
    const element = this.frontend.program.elementsByName.get(this.module.globals[index].name);
    if (total > 1 || !element || !element.isAny(CommonFlags.Const | CommonFlags.Readonly)) {
      this.initial.set(index, words);
      return true;
    }
    const [low, high] = words;
    if (low.symbol) this.constants.set(index, { kind: "symbol", symbol: low.symbol, addend: low.value });
    else {
      const value = (BigInt(high?.value ?? (low.value < 0 ? -1 : 0)) << 32n) | BigInt(low.value >>> 0);
      this.constants.set(index, { kind: "number", value });
    }
    return true;
  }

  /** Globals the function sets to constants whenever it runs. */
  private constantStores(ir: IrFunction): Map<number, InitialWord[]> {
    const stores = new Map<number, InitialWord[]>();
    for (const value of ir.blocks[0].values) {
      if (value.op !== Op.Store) continue;
      const [address, stored] = value.args;
      if (address.op !== Op.Symbol) continue;
      const index = this.indexOf.get(address.symbol);
      if (index === undefined || !isConstant(stored)) continue;
      const words = stores.get(index) ?? [];
      words[value.imm / 4] = { value: stored.imm, symbol: stored.symbol };
      stores.set(index, words);
    }
    for (const [index, words] of stores) {
      const wide = this.module.globals[index].type === ValueType.I64;
      if (!words[0] || (wide && !words[1])) stores.delete(index);
    }
    return stores;
  }
}

function isConstant(value: Value): boolean {
  return value.op === Op.Const || value.op === Op.Symbol;
}

/** How often a function's code assigns each global. */
function countAssignments(fn: WasmFunction): Map<number, number> {
  const counts = new Map<number, number>();
  if (!fn.code) return counts;
  const code = new ByteReader(fn.code.bytes, fn.code.position, fn.code.end);
  while (!code.done) {
    const op = code.byte();
    if (op === 0x24) {
      const index = code.u32();
      counts.set(index, (counts.get(index) ?? 0) + 1);
    } else if (op === 0x02 || op === 0x03 || op === 0x04) code.byte();
    else if (op === 0x0c || op === 0x0d) code.u32();
    else if (op === 0x0e) for (let n = code.u32(); n >= 0; n--) code.u32();
    else skipImmediates(code, op);
  }
  return counts;
}
