// The second half of the pipeline: the front end's module to fragments of machine code and data.
import { compileFunction, type CompiledFunction } from "../backend/compile.ts";
import type { DebugProgram, DebugType, FunctionDebug, GlobalDebug } from "../debuginfo/model.ts";
import { TypeTable } from "../debuginfo/types.ts";
import type { Element, FunctionElement, Global, Program, Type } from "../frontend/assemblyscript.ts";
import { CommonFlags, ElementKind } from "../frontend/assemblyscript.ts";
import type { DataObject } from "../frontend/compiler.ts";
import { position } from "../frontend/diagnostics.ts";
import { type FrontendResult, START_EXPORT } from "../frontend/frontend.ts";
import { buildFunction } from "../ir/build.ts";
import { optimize } from "../ir/optimize.ts";
import type { IrFunction } from "../ir/ir.ts";
import { readModule, ValueType, type WasmFunction, type WasmGlobal } from "../wasm/module.ts";
import { parseSourceMap, type SourceMap } from "../wasm/sourcemap.ts";
import { ModuleContext } from "./context.ts";
import type { Fragment, FragmentRelocation } from "./object.ts";

export interface CompiledProgram {
  fragments: Fragment[];
  debug: DebugProgram;
}

/** A failure to make code, as a complete line for the user. */
export class CodeError extends Error {}

export function compileProgram(frontend: FrontendResult): CompiledProgram {
  return new ProgramCompiler(frontend).run();
}

class ProgramCompiler {
  private readonly context: ModuleContext;
  private readonly sourceMap: SourceMap;
  private readonly types: TypeTable;
  private readonly program: Program;
  private readonly globals: GlobalDebug[] = [];
  /** Names of static data objects, from the constants that point at them. */
  private readonly dataNames = new Map<string, { name: string; file: string; exported: boolean }>();

  constructor(private readonly frontend: FrontendResult) {
    this.program = frontend.program;
    this.sourceMap = parseSourceMap(frontend.sourceMap);
    this.context = new ModuleContext(readModule(frontend.wasm), this.sourceMap, frontend);
    this.types = new TypeTable(frontend.program, frontend.layouts);
  }

  run(): CompiledProgram {
    const { module } = this.context;
    const fragments: Fragment[] = [];
    module.globals.forEach((global, i) => {
      const fragment = this.global(global, i);
      if (fragment) fragments.push(fragment);
    });
    for (const fn of module.functions) if (!fn.from) fragments.push(this.declare(fn));
    for (const object of this.frontend.data) fragments.push(this.data(object));
    return {
      fragments,
      debug: { structs: this.types.structs, enums: this.types.enums, globals: this.globals },
    };
  }

  // --- functions

  private declare(fn: WasmFunction): Fragment {
    const instance = this.program.instancesByName.get(fn.name) as FunctionElement | undefined;
    const isStart = this.context.module.exports.get(START_EXPORT) === fn.index;
    const file = instance?.declaration.range.source.normalizedPath ?? "";
    const fragment: Fragment = {
      ...anonymous(`f:${fn.name}`, file),
      name: isStart ? START_EXPORT : shortName(fn.name, instance),
      exported: isStart || (instance?.is(CommonFlags.Export) ?? false),
      section: ".text",
      kind: "function",
      align: 16,
    };
    fragment.pending = () => {
      try {
        return this.compile(fn, fragment, instance);
      } catch (failure) {
        const range = instance?.declaration.name.range;
        const place = range ? position(range) : fn.name;
        const message = failure instanceof Error ? failure.message : String(failure);
        throw new CodeError(
          `${place}: error: the compiler fails on this function (${message}): a mistake of the compiler`,
        );
      }
    };
    return fragment;
  }

  private compile(fn: WasmFunction, fragment: Fragment, instance: FunctionElement | undefined): Fragment[] {
    const { file } = fragment;
    const ir = buildFunction(this.context, fn);
    optimize(ir);
    const compiled = compileFunction(ir);
    fragment.bytes = compiled.bytes;
    fragment.size = compiled.bytes.length;
    fragment.relocations = compiled.relocations;
    fragment.debug = this.describe(fragment.name ?? fn.name, file, ir, compiled, instance);
    return compiled.tables.map(({ symbol, targets }): Fragment => {
      const relocations = targets.map((target, i): FragmentRelocation => ({
        offset: 4 * i,
        kind: "abs32",
        symbol: fragment.symbol,
        addend: target,
      }));
      const size = 4 * targets.length;
      return { ...anonymous(symbol, file), section: ".rodata", bytes: new Uint8Array(size), size, relocations };
    });
  }

  private describe(
    name: string,
    file: string,
    ir: IrFunction,
    compiled: CompiledFunction,
    instance: FunctionElement | undefined,
  ): FunctionDebug {
    const { frame } = compiled;
    const declaration = instance?.declaration;
    const lines = compiled.lines.map(({ offset, location }) => ({
      offset,
      file: this.sourceMap.files[location.file],
      line: location.line,
      column: location.column,
    }));
    const range = declaration?.name.range;
    return {
      name,
      file: file || lines[0]?.file || "",
      line: range && !range.source.isNative ? range.source.lineAt(range.start) : (lines[0]?.line ?? 1),
      result: instance ? this.types.of(instance.signature.returnType) : { kind: "void" },
      lines,
      variables: compiled.variables.map(({ variable, ranges }) => ({
        name: variable.name,
        parameter: variable.parameter,
        wide: variable.wide,
        type: this.localType(instance, variable.local, variable.wide),
        line: 0,
        ranges,
      })),
      frame: {
        afterPush: frame.afterPush,
        afterMove: frame.afterMove,
        saved: frame.saved.map((reg, i) => ({ reg, after: frame.afterSave[i] })),
        prologueEnd: frame.prologueEnd,
        epilogues: frame.epilogues,
      },
    };
  }

  private localType(instance: FunctionElement | undefined, local: number, wide: boolean): DebugType {
    const element = instance?.localsByIndex[local];
    if (element) {
      const node = (element.declaration as unknown as { type?: unknown }).type;
      return this.types.of(element.type, node, (instance as FunctionElement).prototype.parent);
    }
    return { kind: "base", name: wide ? "u64" : "u32", size: wide ? 8 : 4, encoding: "unsigned" };
  }

  // --- data

  private data(object: DataObject): Fragment {
    const known = this.dataNames.get(`d:${object.symbol}`);
    return {
      ...anonymous(`d:${object.symbol}`, known?.file ?? ""),
      name: known?.name ?? null,
      exported: known?.exported ?? false,
      section: object.section,
      bytes: object.bytes,
      size: object.size,
      align: object.align,
      symbolOffset: object.symbolOffset,
      relocations: object.references.map(({ offset, symbol, module, addend }) => ({
        offset,
        kind: "abs32",
        symbol: `${module[0]}:${symbol}`,
        addend,
      })),
    };
  }

  /** The variable's memory, or nothing for a constant (which only the debugger hears of). */
  private global(global: WasmGlobal, index: number): Fragment | null {
    if (global.from) return null;
    const element = this.program.elementsByName.get(global.name);
    if (!element || (element.kind !== ElementKind.Global && element.kind !== ElementKind.EnumValue)) {
      // The compiler's own: only the guard of the start function.
      return this.context.globalConstant(index) ? null : this.variable(global, index, null);
    }
    const constant = this.context.globalConstant(index);
    if (!constant) return this.variable(global, index, element as Global);
    if (element.kind === ElementKind.Global) this.describeConstant(element as Global, constant);
    return null;
  }

  private describeConstant(element: Global, constant: NonNullable<ReturnType<ModuleContext["globalConstant"]>>): void {
    const { file, line, exported } = this.declared(element);
    if (constant.kind === "number") {
      const type = this.typeOf(element);
      const unsigned = type.kind === "base" && type.encoding === "unsigned";
      const wide = type.kind === "base" && type.size === 8;
      const value = (unsigned ? BigInt.asUintN : BigInt.asIntN)(wide ? 64 : 32, constant.value);
      this.globals.push({ name: element.name, file, line, type, symbol: null, addend: 0, value });
      return;
    }
    const { symbol, addend } = constant;
    const object = this.frontend.data.find((d) => `d:${d.symbol}` === symbol);
    if (!object || addend !== 0) return;
    if (!this.dataNames.has(symbol)) this.dataNames.set(symbol, { name: element.name, file, exported });
    const type = this.types.pointee(element.type, object.size - object.symbolOffset) ?? {
      kind: "array",
      of: { kind: "base", name: "u8", size: 1, encoding: "unsigned" },
      count: object.size,
    };
    this.globals.push({ name: element.name, file, line, type, symbol, addend, value: 0n });
  }

  private variable(global: WasmGlobal, index: number, element: Global | null): Fragment {
    const size = global.type === ValueType.I64 ? 8 : 4;
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    const relocations: FragmentRelocation[] = [];
    const words = this.context.initial.get(index) ?? [
      { value: Number(BigInt.asIntN(32, global.init ?? 0n)), symbol: "" },
      { value: Number(BigInt.asIntN(32, (global.init ?? 0n) >> 32n)), symbol: "" },
    ];
    for (let i = 0; i < size / 4; i++) {
      const { value, symbol } = words[i];
      if (symbol) relocations.push({ offset: 4 * i, kind: "abs32", symbol, addend: value });
      else view.setInt32(4 * i, value, true);
    }
    const zero = relocations.length === 0 && bytes.every((byte) => byte === 0);
    const symbol = this.context.globalSymbol(index);
    const declared = element ? this.declared(element) : null;
    if (element && declared) {
      const { file, line } = declared;
      this.globals.push({ name: element.name, file, line, type: this.typeOf(element), symbol, addend: 0, value: 0n });
    }
    return {
      ...anonymous(symbol, declared?.file ?? ""),
      name: element ? qualifiedName(element) : null,
      exported: declared?.exported ?? false,
      section: zero ? ".bss" : ".data",
      bytes: zero ? new Uint8Array(0) : bytes,
      size,
      align: 4,
      relocations,
    };
  }

  private typeOf(element: Global): DebugType {
    return this.types.of(element.type as Type, element.typeNode, element.parent);
  }

  private declared(element: Global): { file: string; line: number; exported: boolean } {
    const range = element.identifierNode.range;
    return {
      file: range.source.normalizedPath,
      line: range.source.lineAt(range.start),
      exported: element.is(CommonFlags.Export),
    };
  }
}

function anonymous(symbol: string, file: string): Fragment {
  return {
    symbol,
    name: null,
    file,
    exported: false,
    section: ".data",
    kind: "object",
    bytes: new Uint8Array(0),
    size: 0,
    align: 4,
    symbolOffset: 0,
    relocations: [],
    debug: null,
    pending: null,
  };
}

/** "kernel/lib/list/ListHead#add" -> "ListHead#add". */
function shortName(internalName: string, instance: FunctionElement | undefined): string {
  const path = instance?.declaration.range.source.internalPath;
  const name = path && internalName.startsWith(`${path}/`) ? internalName.slice(path.length + 1) : internalName;
  // Type arguments name classes by their path.
  return name.replace(/[\w.~-]+\//g, "");
}

function qualifiedName(element: Element): string {
  const path = element.file.internalName;
  return element.internalName.startsWith(`${path}/`) ? element.internalName.slice(path.length + 1) : element.name;
}
