// What the dialect leaves out, found in the syntax tree before anything is compiled: much of it AssemblyScript would
// accept and compile to something that needs its runtime, and some of it would crash it.
import type { Range } from "./assemblyscript.ts";
import { LiteralKind, NodeKind, ParameterKind } from "./assemblyscript.ts";
import type { Diagnostics } from "./diagnostics.ts";

interface SyntaxNode {
  kind: number;
  range: Range;
  literalKind?: number;
  parameterKind?: number;
  name?: { kind?: number; text?: string; identifier?: { text: string } };
  decorators?: SyntaxNode[] | null;
  label?: unknown;
  initializer?: unknown;
  members?: SyntaxNode[];
}

const DECORATORS = new Set(["unmanaged", "final", "embed", "array", "inline", "operator", "external"]);

const TYPES = new Map([
  ["f32", "floating point is not in the dialect: use scaled integers"],
  ["f64", "floating point is not in the dialect: use scaled integers"],
  ["number", "'number' is floating point: write i32, u32 or usize"],
  ["any", "'any' is not in the dialect: name the type, or pass a usize and changetype it"],
  ["object", "'object' is not in the dialect: name the struct, or use usize"],
  ["bigint", "'bigint' is not in the dialect: write u64 or i64"],
  ["symbol", "'symbol' is not in the dialect"],
  ["Array", "there are no growing arrays: use Arr<T>, StructArr<T> or StaticArray<T>"],
]);

/** Reports everything in `root` (a source) that is outside the dialect. */
export function checkDialect(root: unknown, diagnostics: Diagnostics): void {
  visit(root as SyntaxNode, diagnostics, new Set());
}

/** `seen`: some nodes point back at an outer one. */
function visit(node: SyntaxNode, diagnostics: Diagnostics, seen: Set<SyntaxNode>): void {
  if (seen.has(node)) return;
  seen.add(node);
  const complaint = examine(node);
  if (complaint) {
    diagnostics.add(node.range, complaint);
    return;
  }
  for (const [key, child] of Object.entries(node)) {
    if (key === "range") continue;
    // The type of a rest parameter is va[], which exists nowhere else.
    if (key === "type" && node.parameterKind === ParameterKind.Rest) continue;
    if (Array.isArray(child)) {
      for (const element of child) if (isNode(element)) visit(element, diagnostics, seen);
    } else if (isNode(child)) visit(child, diagnostics, seen);
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "kind" in value && "range" in value;
}

function examine(node: SyntaxNode): string | null {
  switch (node.kind) {
    case NodeKind.Throw:
      return "'throw' is not in the dialect: return an error code, or call panic";
    case NodeKind.Try:
      return "'try' is not in the dialect: test the returned error code";
    case NodeKind.ForOf:
      return "'for-of' is not in the dialect: write a counting loop";
    case NodeKind.New:
      return "'new' is not in the dialect, nothing is allocated implicitly: changetype<T>(memory.data(offsetof<T>())), alloca, or your allocator";
    case NodeKind.InstanceOf:
      return "'instanceof' is not in the dialect: structs carry no type, keep a tag field";
    case NodeKind.Class:
      return "class expressions are not in the dialect: declare the class at the top level";
    case NodeKind.TupleType:
      return "tuples are not in the dialect: declare a struct";
    case NodeKind.InterfaceDeclaration:
      return "interfaces are not in the dialect: declare an @unmanaged class, or a struct of function pointers";
    case NodeKind.Break:
    case NodeKind.Continue:
      return node.label ? "labels are not in the dialect: use a flag or move the loops into a function" : null;
    case NodeKind.Literal:
      return literal(node);
    case NodeKind.NamedType:
      return TYPES.get(node.name?.identifier?.text ?? "") ?? null;
    case NodeKind.ClassDeclaration:
      return hasDecorator(node, "unmanaged")
        ? null
        : `class ${node.name?.text} needs @unmanaged: every class is a C struct here`;
    case NodeKind.MethodDeclaration:
      return node.name?.kind === NodeKind.Constructor || node.name?.text === "constructor"
        ? "constructors are not in the dialect: write an init method"
        : null;
    case NodeKind.Parameter:
      return node.parameterKind === ParameterKind.Optional && !node.initializer
        ? "an optional parameter needs a constant default value: name: type = value"
        : null;
    case NodeKind.Decorator: {
      const name = node.name?.text ?? "";
      return DECORATORS.has(name) ? null : `@${name} is not in the dialect (there are @${[...DECORATORS].join(" @")})`;
    }
    default:
      return null;
  }
}

function literal(node: SyntaxNode): string | null {
  switch (node.literalKind) {
    case LiteralKind.Float:
      return "floating point is not in the dialect: use scaled integers";
    case LiteralKind.Template:
      return "template literals are not in the dialect: write a string literal and printf-like arguments";
    case LiteralKind.RegExp:
      return "regular expressions are not in the dialect";
    case LiteralKind.Object:
      return "object literals are not in the dialect: fill in the fields of a struct";
    default:
      return null;
  }
}

function hasDecorator(node: SyntaxNode, name: string): boolean {
  return node.decorators?.some((d) => d.name?.text === name) ?? false;
}
