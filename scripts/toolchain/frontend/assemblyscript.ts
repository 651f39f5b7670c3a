// The one place that imports AssemblyScript. Its declarations make most of what a subclass must reach private and its
// enums ambient constants (which isolated modules cannot read), so the parts we use are re-typed here.
import * as library from "assemblyscript";
import type {
  CallExpression,
  Class,
  DeclaredElement,
  Element,
  Expression,
  File,
  Flow,
  Function as FunctionElement,
  FunctionPrototype,
  Global,
  Module,
  Node,
  Options,
  Program,
  Property,
  PropertyPrototype,
  Range,
  Resolver,
  Signature,
  Statement,
  Type,
  ArrayLiteralExpression,
  DiagnosticMessage,
} from "assemblyscript";

export type {
  CallExpression,
  Class,
  DeclaredElement,
  Element,
  Expression,
  File,
  Flow,
  FunctionElement,
  FunctionPrototype,
  Global,
  Module,
  Node,
  Options,
  Program,
  Property,
  PropertyPrototype,
  Range,
  Resolver,
  Signature,
  Statement,
  Type,
  ArrayLiteralExpression,
  DiagnosticMessage,
};

/** A Binaryen expression, by address; 0 is none. */
export type ExpressionRef = number;

type Enum<K extends string> = { readonly [P in K]: number };

interface Runtime {
  CommonFlags: Enum<
    | "Ambient"
    | "Compiled"
    | "Const"
    | "Constructor"
    | "Export"
    | "Generic"
    | "Get"
    | "Instance"
    | "ModuleExport"
    | "Overridden"
    | "Set"
    | "Static"
    | "Inlined"
    | "Readonly"
    | "Resolved"
    | "Errored"
    | "Abstract"
    | "Override"
  >;
  ElementKind: Enum<
    | "Global"
    | "Enum"
    | "EnumValue"
    | "FunctionPrototype"
    | "Function"
    | "ClassPrototype"
    | "Class"
    | "InterfacePrototype"
    | "PropertyPrototype"
    | "Property"
    | "Namespace"
    | "Local"
    | "File"
  >;
  FlowFlags: Enum<"Terminates">;
  NodeKind: Enum<
    | "Source"
    | "For"
    | "While"
    | "Do"
    | "Switch"
    | "True"
    | "NamedType"
    | "TypeName"
    | "Parameter"
    | "Identifier"
    | "Binary"
    | "Call"
    | "ElementAccess"
    | "Function"
    | "InstanceOf"
    | "Constructor"
    | "Literal"
    | "New"
    | "Parenthesized"
    | "PropertyAccess"
    | "UnaryPrefix"
    | "UnaryPostfix"
    | "Assertion"
    | "Block"
    | "Break"
    | "Continue"
    | "ForOf"
    | "Throw"
    | "Try"
    | "ClassDeclaration"
    | "EnumDeclaration"
    | "FieldDeclaration"
    | "FunctionDeclaration"
    | "InterfaceDeclaration"
    | "MethodDeclaration"
    | "NamespaceDeclaration"
    | "VariableDeclaration"
    | "FunctionType"
    | "TupleType"
    | "Class"
    | "Decorator"
    | "Variable"
    | "Expression"
  >;
  LiteralKind: Enum<"Float" | "Integer" | "String" | "Template" | "RegExp" | "Array" | "Object">;
  DecoratorFlags: Enum<"Inline" | "Unmanaged" | "Builtin" | "External">;
  Constraints: Enum<"None" | "ConvImplicit" | "MustWrap" | "PreferStatic" | "WillDrop">;
  TypeRef: Enum<"None" | "I32" | "I64" | "F32" | "F64">;
  BinaryOp: Enum<"AddI32">;
  ExpressionId: Enum<"Const" | "GlobalGet" | "Binary">;
  ExpressionRunnerFlags: Enum<"Default" | "PreserveSideeffects">;
  Token: Enum<
    | "Plus"
    | "Minus"
    | "Asterisk"
    | "Slash"
    | "LessThan_LessThan"
    | "GreaterThan_GreaterThan"
    | "Bar"
    | "Ampersand"
    | "Tilde"
  >;
  SourceKind: Enum<"User" | "UserEntry">;
  TypeKind: Enum<"Bool" | "F32" | "F64" | "V128" | "Void">;
  ReportMode: Enum<"Report" | "Swallow">;
  ParameterKind: Enum<"Default" | "Optional" | "Rest">;
  Range: new (start: number, end: number) => Range;
  Type: { readonly void: Type; readonly i32: Type; readonly auto: Type };
  Node: {
    createCallExpression(callee: Expression, types: null, args: Expression[], range: Range): CallExpression;
    createIdentifierExpression(name: string, range: Range): Expression;
  };
}

const runtime = library as unknown as Runtime;
export const {
  CommonFlags,
  ElementKind,
  FlowFlags,
  NodeKind,
  LiteralKind,
  DecoratorFlags,
  Constraints,
  TypeRef,
  BinaryOp,
  ExpressionId,
  ExpressionRunnerFlags,
  Token,
  TypeKind,
  ReportMode,
  ParameterKind,
  SourceKind,
} = runtime;
export const RangeClass = runtime.Range;
export const TypeConstants = runtime.Type;
export const NodeFactory = runtime.Node;

export const {
  newOptions,
  newProgram,
  setTarget,
  setRuntime,
  setNoAssert,
  setImportMemory,
  setExportMemory,
  setDebugInfo,
  setSourceMap,
  setExportStart,
  setUncheckedBehavior,
  setFeature,
  setMemoryBase,
  addGlobalAlias,
  parse,
  nextFile,
  getDependee,
  initializeProgram,
  nextDiagnostic,
  isError,
  getDiagnosticCode,
  getExpressionId,
  getExpressionType,
  getConstValueI32,
  getConstValueI64Low,
  getConstValueI64High,
  getGlobalGetName,
  getBinaryLeft,
  getBinaryRight,
  getBinaryOp,
} = library;
export const features = library as unknown as Record<string, number>;

/** A 64-bit integer of AssemblyScript's (a `long`); only its halves matter to us. */
export interface Int64 {
  low: number;
  high: number;
}

/** What a subclass of the compiler may call and override. */
export interface CompilerInternals {
  readonly program: Program;
  readonly module: Module;
  readonly resolver: Resolver;
  currentFlow: Flow;
  currentType: Type;
  functionTable: FunctionElement[];
  compile(): Module;
  error(code: number, range: Range | null, arg0?: string | null, arg1?: string | null): void;
  compileFile(file: File): void;
  compileModuleExport(name: string, element: DeclaredElement, prefix?: string): void;
  compileFunction(instance: FunctionElement, forceStdAlternative?: boolean): boolean;
  compileGlobal(global: Global): boolean;
  compileGlobalLazy(global: Global, reportNode: Node): boolean;
  compileStatement(statement: Statement, isLast?: boolean): ExpressionRef;
  compileExpression(expression: Expression, type: Type, constraints?: number): ExpressionRef;
  compileCallExpressionBuiltin(prototype: FunctionPrototype, expression: CallExpression, type: Type): ExpressionRef;
  compileCallDirect(
    instance: FunctionElement,
    args: Expression[],
    reportNode: Node,
    thisArg?: ExpressionRef,
    constraints?: number,
  ): ExpressionRef;
  compileArrayLiteral(expression: ArrayLiteralExpression, type: Type, constraints: number): ExpressionRef;
  compileStaticArrayLiteral(expression: ArrayLiteralExpression, type: Type, constraints: number): ExpressionRef;
  makeCallDirect(
    instance: FunctionElement,
    operands: ExpressionRef[] | null,
    reportNode: Node,
    immediatelyDropped?: boolean,
  ): ExpressionRef;
  makeCallIndirect(
    signature: Signature,
    functionArg: ExpressionRef,
    reportNode: Node,
    operands?: ExpressionRef[] | null,
    immediatelyDropped?: boolean,
  ): ExpressionRef;
  makeZero(type: Type): ExpressionRef;
  adjustArgumentsForRestParams(args: Expression[], signature: Signature, reportNode: Node): Expression[];
  ensureStaticString(value: string): ExpressionRef;
  ensureRuntimeFunction(instance: FunctionElement): Int64;
  ensureVarargsStub(original: FunctionElement): FunctionElement;
  initDefaultMemory(offset: Int64): void;
  addDebugLocation(expression: ExpressionRef, range: Range): void;
}

export const CompilerBase = library.Compiler as unknown as new (program: Program) => CompilerInternals;
