// AssemblyScript's compiler with the C-like parts of the dialect put in: addresses stay symbolic (imported constants that
// the linker resolves), function values are code addresses, strings are UTF-8, struct fields are plain loads and stores.
import type {
  ArrayLiteralExpression,
  CallExpression,
  Class,
  DeclaredElement,
  Element,
  Expression,
  ExpressionRef,
  File,
  FunctionElement,
  FunctionPrototype,
  Global,
  Int64,
  Node,
  Program,
  Property,
  PropertyPrototype,
  Range,
  Signature,
  Statement,
  Type,
} from "./assemblyscript.ts";
import {
  BinaryOp,
  CommonFlags,
  CompilerBase,
  Constraints,
  DecoratorFlags,
  ElementKind,
  ExpressionId,
  ExpressionRunnerFlags,
  FlowFlags,
  getBinaryLeft,
  getBinaryOp,
  getBinaryRight,
  getConstValueI32,
  getConstValueI64High,
  getConstValueI64Low,
  getExpressionId,
  getExpressionType,
  getGlobalGetName,
  NodeFactory,
  NodeKind,
  ParameterKind,
  RangeClass,
  SourceKind,
  TypeConstants,
  TypeKind,
  TypeRef,
} from "./assemblyscript.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { Layouts } from "./layout.ts";
import { neverEnds } from "./loops.ts";

/** Import modules that carry symbolic addresses; the import's name is the symbol. */
export const DATA_MODULE = "data";
export const FUNCTION_MODULE = "function";

/** A piece of static memory the program refers to by symbol. */
export interface DataObject {
  symbol: string;
  section: ".rodata" | ".data" | ".bss";
  /** Contents; for .bss only the length matters. */
  bytes: Uint8Array;
  size: number;
  align: number;
  /** Where the symbol points, from the first byte (4 behind a length prefix). */
  symbolOffset: number;
  /** 32-bit fields that hold the address of a symbol plus what `bytes` has there. */
  references: { offset: number; symbol: string; module: string; addend: number }[];
}

/** Longest list of variable arguments `std/va.ts` has a helper for. */
const MAX_VARIABLE_ARGUMENTS = 12;

/** An address as AssemblyScript's 64-bit integer: callers take `low` and hand it to `module.i32`. */
class SymbolicAddress implements Int64 {
  readonly high = 0;
  constructor(readonly symbol: string) {}
  get low(): number {
    return this as unknown as number;
  }
}

interface ModuleInternals {
  i32(value: number): ExpressionRef;
}

export class GuestCompiler extends CompilerBase {
  readonly data: DataObject[] = [];
  /** Locals that belong to library code expanded in place, by function. */
  readonly libraryLocals = new Map<string, Set<number>>();
  /** What was being compiled last: where to point when AssemblyScript itself fails. */
  lastRange: Range | null = null;

  private readonly strings = new Map<string, string>();
  private readonly imported = new Set<string>();
  private readonly inlineSites: Range[] = [];

  constructor(
    program: Program,
    private readonly layouts: Layouts,
    private readonly complaints: Diagnostics,
    /** Names assembly code calls. */
    private readonly wanted: ReadonlySet<string>,
  ) {
    super(program);
    const module = program.module as unknown as ModuleInternals;
    const i32 = module.i32;
    module.i32 = (value) => {
      const address: unknown = value;
      return address instanceof SymbolicAddress
        ? this.symbolAddress(FUNCTION_MODULE, address.symbol)
        : i32.call(module, value);
    };
  }

  // --- symbolic addresses

  /** An expression with the address of a symbol: reading an imported constant, which no folding can take apart. */
  private symbolAddress(module: string, symbol: string): ExpressionRef {
    const name = `${module}:${symbol}`;
    if (!this.imported.has(name)) {
      this.imported.add(name);
      this.module.addGlobalImport(name, module, symbol, TypeRef.I32, false);
    }
    return this.module.global_get(name, TypeRef.I32);
  }

  private addData(object: Omit<DataObject, "symbol">): string {
    const symbol = `${object.section.slice(1)}.${this.data.length}`;
    this.data.push({ ...object, symbol });
    return symbol;
  }

  override ensureStaticString(value: string): ExpressionRef {
    let symbol = this.strings.get(value);
    if (symbol === undefined) {
      const text = new TextEncoder().encode(value);
      const bytes = new Uint8Array(4 + text.length + 1);
      new DataView(bytes.buffer).setUint32(0, text.length, true);
      bytes.set(text, 4);
      symbol = this.addData({
        section: ".rodata",
        bytes,
        size: bytes.length,
        align: 4,
        symbolOffset: 4,
        references: [],
      });
      this.strings.set(value, symbol);
    }
    this.currentType = this.program.stringInstance.type;
    return this.symbolAddress(DATA_MODULE, symbol);
  }

  override ensureRuntimeFunction(instance: FunctionElement): Int64 {
    this.module.ensureFunctionTable("0");
    if (!this.functionTable.includes(instance)) this.functionTable.push(instance);
    return new SymbolicAddress(instance.internalName);
  }

  override makeCallIndirect(
    signature: Signature,
    functionArg: ExpressionRef,
    _reportNode: Node,
    operands: ExpressionRef[] | null = null,
  ): ExpressionRef {
    this.module.ensureFunctionTable("0");
    const all = operands ?? [];
    const first = signature.thisType ? 1 : 0;
    for (let i = all.length - first; i < signature.parameterTypes.length; i++) {
      all.push(this.makeZero(signature.parameterTypes[i]));
    }
    this.currentType = signature.returnType;
    return this.module.call_indirect(null, functionArg, all, signature.paramRefs, signature.resultRefs);
  }

  // --- built-ins

  override compileCallExpressionBuiltin(
    prototype: FunctionPrototype,
    expression: CallExpression,
    type: Type,
  ): ExpressionRef {
    if (prototype.internalName === "~lib/memory/memory.data") return this.compileStaticMemory(expression);
    if (/\/(sizeof|alignof)$/.test(prototype.internalName) && !this.inLibrary(expression.range)) {
      const name = prototype.name;
      const flow = this.currentFlow;
      const argument = expression.typeArguments?.[0];
      const resolved = argument && this.resolver.resolveType(argument, flow, flow.sourceFunction.parent);
      if (resolved && resolved.classReference) {
        this.complaints.add(
          expression.range,
          `${name}<${resolved.classReference.name}>() is ambiguous: offsetof<${resolved.classReference.name}>() is the size of the struct, ${name}<usize>() that of the pointer`,
        );
      }
    }
    return super.compileCallExpressionBuiltin(prototype, expression, type);
  }

  private compileStaticMemory(expression: CallExpression): ExpressionRef {
    const usize = this.program.options.usizeType;
    const size = expression.args.length > 0 ? this.constantArgument(expression.args[0]) : null;
    const align = expression.args.length > 1 ? this.constantArgument(expression.args[1]) : 16;
    this.currentType = usize;
    if (size === null || size <= 0 || expression.args.length > 2) {
      this.complaints.add(expression.range, "memory.data(size, align) needs a constant, positive size");
      return this.module.unreachable();
    }
    if (align === null || align <= 0 || (align & (align - 1)) !== 0) {
      this.complaints.add(expression.range, "the alignment of memory.data must be a constant power of two");
      return this.module.unreachable();
    }
    const symbol = this.addData({
      section: ".bss",
      bytes: new Uint8Array(0),
      size,
      align,
      symbolOffset: 0,
      references: [],
    });
    return this.symbolAddress(DATA_MODULE, symbol);
  }

  private constantArgument(expression: Expression): number | null {
    const compiled = this.compileExpression(expression, TypeConstants.i32, Constraints.ConvImplicit);
    const value = this.module.runExpression(compiled, ExpressionRunnerFlags.Default);
    return value && getExpressionType(value) === TypeRef.I32 ? getConstValueI32(value) : null;
  }

  // --- constant tables

  override compileArrayLiteral(expression: ArrayLiteralExpression, type: Type): ExpressionRef {
    const cls = type.getClass();
    if (cls && cls.extendsPrototype(this.program.staticArrayPrototype)) {
      return this.compileStaticArrayLiteral(expression, type);
    }
    this.complaints.add(
      expression.range,
      "an array literal is a constant table: const name: StaticArray<T> = [...]; for changing contents use memory.data or alloca",
    );
    this.currentType = type;
    return this.module.unreachable();
  }

  override compileStaticArrayLiteral(expression: ArrayLiteralExpression, type: Type): ExpressionRef {
    const cls = type.getClass() as Class;
    const elementType = (cls.getTypeArgumentsTo(this.program.staticArrayPrototype) as Type[])[0];
    const elements = expression.elementExpressions;
    const bytes = new Uint8Array(4 + elements.length * elementType.byteSize);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, elements.length, true);
    const references: DataObject["references"] = [];
    elements.forEach((element, i) => {
      const offset = 4 + i * elementType.byteSize;
      if (element.kind === NodeKind.Literal && "elementExpressions" in element) {
        this.complaints.add(element.range, "tables of tables: give the inner table a name of its own");
        return;
      }
      const value = this.compileExpression(element, elementType, Constraints.ConvImplicit | Constraints.MustWrap);
      if (!this.writeConstant(value, elementType, view, offset, references)) {
        this.complaints.add(element.range, `element ${i} of the table is not a constant`);
      }
    });
    const symbol = this.addData({
      section: ".data",
      bytes,
      size: bytes.length,
      align: 4,
      symbolOffset: 4,
      references,
    });
    this.currentType = type;
    return this.symbolAddress(DATA_MODULE, symbol);
  }

  private writeConstant(
    value: ExpressionRef,
    type: Type,
    view: DataView,
    offset: number,
    references: DataObject["references"],
  ): boolean {
    const folded = this.module.runExpression(value, ExpressionRunnerFlags.PreserveSideeffects);
    if (folded) {
      if (type.byteSize === 8) {
        view.setInt32(offset, getConstValueI64Low(folded), true);
        view.setInt32(offset + 4, getConstValueI64High(folded), true);
      } else if (type.byteSize === 4) view.setInt32(offset, getConstValueI32(folded), true);
      else if (type.byteSize === 2) view.setInt16(offset, getConstValueI32(folded), true);
      else view.setInt8(offset, getConstValueI32(folded));
      return true;
    }
    if (type.byteSize !== 4) return false;
    let addend = 0;
    let address = value;
    if (getExpressionId(address) === ExpressionId.Binary && getBinaryOp(address) === BinaryOp.AddI32) {
      const right = this.module.runExpression(getBinaryRight(address), ExpressionRunnerFlags.PreserveSideeffects);
      if (!right) return false;
      addend = getConstValueI32(right);
      address = getBinaryLeft(address);
    }
    if (getExpressionId(address) !== ExpressionId.GlobalGet) return false;
    const name = getGlobalGetName(address) ?? "";
    if (!this.imported.has(name)) return false;
    const colon = name.indexOf(":");
    references.push({ offset, module: name.slice(0, colon), symbol: name.slice(colon + 1), addend });
    return true;
  }

  // --- globals and fields

  /** Variables are symbols of the linker; as exports of the module they would have to be constants. */
  override compileModuleExport(name: string, element: DeclaredElement, prefix = ""): void {
    if (element.kind === ElementKind.Global) this.compileGlobal(element as Global);
    else super.compileModuleExport(name, element, prefix);
  }

  /** File scope as in C: a global may be used above its declaration. */
  override compileGlobalLazy(global: Global): boolean {
    if (global.is(CommonFlags.Compiled)) return !global.is(CommonFlags.Errored);
    return this.compileGlobal(global);
  }

  /** Field accesses in place instead of through accessor functions, so that they keep their source positions. */
  override makeCallDirect(
    instance: FunctionElement,
    operands: ExpressionRef[] | null,
    reportNode: Node,
    immediatelyDropped = false,
  ): ExpressionRef {
    const field = operands ? fieldOf(instance) : null;
    if (field && operands) return this.accessField(field, instance, operands, reportNode);
    if (instance.is(CommonFlags.Overridden) && !reportNode.isAccessOnSuper) {
      this.complaints.add(
        reportNode.range,
        `${instance.name} is overridden in a subclass, but structs have no dispatch: use a function pointer field`,
      );
    }
    if (instance.internalName === "~lib/va/alloca" && operands) this.foldAreaSize(operands, reportNode);
    const complete = this.withDefaults(instance, operands, reportNode);
    return this.attributed(instance, reportNode, () =>
      super.makeCallDirect(instance, complete, reportNode, immediatelyDropped),
    );
  }

  /** The size of a frame area must be known, or there would be no frame to lay out. */
  private foldAreaSize(operands: ExpressionRef[], reportNode: Node): void {
    const size = this.module.runExpression(operands[0], ExpressionRunnerFlags.PreserveSideeffects);
    if (size) operands[0] = size;
    else this.complaints.add(reportNode.range, "alloca needs a constant size");
  }

  private accessField(
    field: Property,
    accessor: FunctionElement,
    operands: ExpressionRef[],
    reportNode: Node,
  ): ExpressionRef {
    const module = this.module;
    const type = field.type;
    const inPlace = this.layouts.inPlaceField(field);
    if (accessor.is(CommonFlags.Get)) {
      this.currentType = type;
      if (inPlace) return module.binary(BinaryOp.AddI32, operands[0], module.i32(inPlace.offset));
      return module.load(type.byteSize, type.isSignedIntegerValue, operands[0], type.toRef(), field.memoryOffset);
    }
    this.currentType = TypeConstants.void;
    if (inPlace) {
      this.complaints.add(reportNode.range, `${field.name} is in place: set its parts or memory.copy into it`);
      return module.unreachable();
    }
    return module.store(type.byteSize, operands[0], operands[1], type.toRef(), field.memoryOffset);
  }

  // --- calls

  override compileCallDirect(
    instance: FunctionElement,
    args: Expression[],
    reportNode: Node,
    thisArg: ExpressionRef = 0,
    constraints: number = Constraints.None,
  ): ExpressionRef {
    return this.attributed(instance, reportNode, () =>
      super.compileCallDirect(instance, args, reportNode, thisArg, constraints),
    );
  }

  override adjustArgumentsForRestParams(args: Expression[], signature: Signature, reportNode: Node): Expression[] {
    if (!signature.hasRest) return args;
    const fixed = signature.parameterTypes.length - 1;
    if (args.length < fixed) return args;
    const rest = args.slice(fixed);
    if (rest.length > MAX_VARIABLE_ARGUMENTS) {
      this.complaints.add(reportNode.range, `more than ${MAX_VARIABLE_ARGUMENTS} variable arguments`);
      rest.length = 0;
    }
    const range = new RangeClass(reportNode.range.start, reportNode.range.end);
    range.source = reportNode.range.source;
    const callee = NodeFactory.createIdentifierExpression(`__va${rest.length}`, range);
    return [...args.slice(0, fixed), NodeFactory.createCallExpression(callee, null, rest, range)];
  }

  /** Fills in default arguments, which must be constants: there is no argument count at run time. */
  private withDefaults(
    instance: FunctionElement,
    operands: ExpressionRef[] | null,
    reportNode: Node,
  ): ExpressionRef[] | null {
    const types = instance.signature.parameterTypes;
    const first = instance.is(CommonFlags.Instance) ? 1 : 0;
    const given = (operands?.length ?? 0) - first;
    if (given >= types.length || instance.hasDecorator(DecoratorFlags.Inline)) return operands;
    const all = operands ?? [];
    const parameters = instance.prototype.functionTypeNode.parameters;
    const flow = this.currentFlow;
    for (let i = given; i < types.length; i++) {
      const initializer = parameters[i].initializer;
      let value: ExpressionRef = 0;
      if (initializer) {
        this.currentFlow = instance.flow;
        const compiled = this.compileExpression(initializer, types[i], Constraints.ConvImplicit);
        this.currentFlow = flow;
        value =
          getExpressionId(compiled) === ExpressionId.GlobalGet && this.imported.has(getGlobalGetName(compiled) ?? "")
            ? compiled
            : this.module.runExpression(compiled, ExpressionRunnerFlags.PreserveSideeffects);
        if (!value) this.complaints.add(initializer.range, "a default argument must be a constant");
      } else if (parameters[i].parameterKind === ParameterKind.Rest) {
        // A rest parameter is always passed (possibly empty) by adjustArgumentsForRestParams.
        this.complaints.add(reportNode.range, "missing arguments");
      }
      all.push(value || this.makeZero(types[i]));
    }
    return all;
  }

  /** Only reached for function values; they are called with all their arguments (see makeCallIndirect). */
  override ensureVarargsStub(original: FunctionElement): FunctionElement {
    return original;
  }

  // --- source positions

  /** Code of the library that is expanded in place belongs to the line of the call. */
  private attributed(instance: FunctionElement, reportNode: Node, compile: () => ExpressionRef): ExpressionRef {
    const expanded = instance.hasDecorator(DecoratorFlags.Inline) && this.inLibrary(instance.declaration.range);
    if (!expanded) return compile();
    const target = this.currentFlow.targetFunction;
    const first = target.localsByIndex.length;
    this.inlineSites.push(reportNode.range);
    const result = compile();
    this.inlineSites.pop();
    let locals = this.libraryLocals.get(target.internalName);
    if (!locals) this.libraryLocals.set(target.internalName, (locals = new Set()));
    for (let i = first; i < target.localsByIndex.length; i++) locals.add(i);
    return result;
  }

  override addDebugLocation(expression: ExpressionRef, range: Range): void {
    let where: Range = range;
    if (this.inlineSites.length > 0 && this.inLibrary(range)) {
      where = this.inlineSites.find((site) => !this.inLibrary(site)) ?? range;
    }
    if (!where.source.isNative) super.addDebugLocation(expression, where);
  }

  private inLibrary(range: Range): boolean {
    return range.source.isLibrary;
  }

  override compileStatement(statement: Statement, isLast = false): ExpressionRef {
    this.lastRange = statement.range;
    const compiled = super.compileStatement(statement, isLast);
    if (!neverEnds(statement)) return compiled;
    // AssemblyScript believes that control can leave `for (;;)` by its condition.
    this.currentFlow.set(FlowFlags.Terminates);
    return this.module.block(null, [compiled, this.module.unreachable()]);
  }

  override compileExpression(
    expression: Expression,
    type: Type,
    constraints: number = Constraints.None,
  ): ExpressionRef {
    const outer = this.lastRange;
    this.lastRange = expression.range;
    const result = super.compileExpression(expression, type, constraints);
    const kind = this.currentType?.kind;
    if (kind === TypeKind.F32 || kind === TypeKind.F64 || kind === TypeKind.V128) {
      this.complaints.add(expression.range, "floating point is not in the dialect: use scaled integers");
    }
    this.lastRange = outer;
    return result;
  }

  // --- code nobody calls is checked too

  /** Called by compile() when everything reachable is compiled and nothing is laid out yet. */
  override initDefaultMemory(offset: Int64): void {
    const files = [...this.program.filesByName.values()];
    for (const file of files) this.compileWanted(file);
    for (const file of files) if (!isChecked(file)) this.compileRest(file);
    super.initDefaultMemory(offset);
  }

  /** Functions that are called, but not by anything AssemblyScript sees. */
  private compileWanted(file: File): void {
    const runtime = file.source.normalizedPath === "~lib/rt.ts";
    for (const member of file.members?.values() ?? []) {
      if (member.kind !== ElementKind.FunctionPrototype || member.parent !== file) continue;
      if (runtime || this.wanted.has(member.name)) this.compilePrototype(member as FunctionPrototype);
    }
  }

  private compileRest(file: File): void {
    const kind = file.source.sourceKind;
    if (kind !== SourceKind.User && kind !== SourceKind.UserEntry) return;
    this.compileFile(file);
    for (const member of file.members?.values() ?? []) this.compileElement(member, file);
  }

  /** To be called when there were no errors: other programs of this process need not look at these texts again. */
  rememberChecked(): void {
    for (const { source } of this.program.filesByName.values()) checkedTexts.set(source.normalizedPath, source.text);
  }

  private compileElement(element: Element, file: File): void {
    if (element.kind === ElementKind.FunctionPrototype) this.compilePrototype(element as FunctionPrototype);
    else if (element.kind === ElementKind.Namespace || element.kind === ElementKind.Enum) {
      for (const member of element.members?.values() ?? []) this.compileElement(member, file);
    } else if (element.kind === ElementKind.ClassPrototype) {
      if (element.is(CommonFlags.Generic) || element.parent !== file) return;
      const cls = this.resolver.resolveClass(element as Class["prototype"], null);
      for (const member of element.members?.values() ?? []) this.compileElement(member, file);
      for (const member of cls?.members?.values() ?? []) this.compileMember(member, cls as Class);
    }
  }

  private compileMember(member: Element, cls: Class): void {
    const base = cls.base && !cls.prototype.implicitlyExtendsObject ? cls.base.getMember(member.name) : null;
    if (member.parent === cls && base && base !== member) {
      this.complaints.add(
        (member as FunctionPrototype).identifierNode.range,
        `${member.name} is already declared in ${cls.base?.name}: structs have no dispatch, use another name or a function pointer field`,
      );
    }
    if (member.parent !== cls) return;
    if (member.is(CommonFlags.Abstract)) {
      this.complaints.add(
        (member as FunctionPrototype).identifierNode.range,
        `${member.name} is abstract, but structs have no dispatch: use a function pointer field`,
      );
    }
    if (member.kind === ElementKind.FunctionPrototype) this.compilePrototype(member as FunctionPrototype);
    else if (member.kind === ElementKind.PropertyPrototype) {
      const property = member as PropertyPrototype;
      if (property.isField) return;
      if (property.getterPrototype) this.compilePrototype(property.getterPrototype);
      if (property.setterPrototype) this.compilePrototype(property.setterPrototype);
    }
  }

  private compilePrototype(prototype: FunctionPrototype): void {
    if (prototype.is(CommonFlags.Generic) || prototype.hasDecorator(DecoratorFlags.Builtin)) return;
    if (prototype.is(CommonFlags.Ambient)) return;
    const instance = this.resolver.resolveFunction(prototype, null);
    if (instance) this.compileFunction(instance);
  }
}

/** Texts all of whose functions have been compiled once without an error, by path. */
const checkedTexts = new Map<string, string>();

/** True if an earlier program of this process has had every function of this file compiled. */
export function isChecked(file: File): boolean {
  return checkedTexts.get(file.source.normalizedPath) === file.source.text;
}

/** The field whose built-in getter or setter this function is, if any. */
function fieldOf(instance: FunctionElement): Property | null {
  if (!instance.isAny(CommonFlags.Get | CommonFlags.Set)) return null;
  const member = instance.parent.getMember(instance.declaration.name.text);
  if (!member || member.kind !== ElementKind.PropertyPrototype) return null;
  const property = (member as PropertyPrototype).instance;
  return property && property.isField && property.memoryOffset >= 0 ? property : null;
}
