// Loops that only `return` leaves.
import type { Statement } from "./assemblyscript.ts";
import { LiteralKind, NodeKind } from "./assemblyscript.ts";

interface SyntaxNode {
  kind: number;
  condition?: SyntaxNode | null;
  body?: SyntaxNode;
  literalKind?: number;
  value?: { low: number };
}

/** True for a loop whose condition is always true and that has no `break` of its own. */
export function neverEnds(statement: Statement): boolean {
  const node = statement as unknown as SyntaxNode;
  if (!isLoop(node) || !isAlways(node.condition ?? null)) return false;
  return node.body !== undefined && !breaks(node.body);
}

function isLoop(node: SyntaxNode): boolean {
  return node.kind === NodeKind.For || node.kind === NodeKind.While || node.kind === NodeKind.Do;
}

function isAlways(condition: SyntaxNode | null): boolean {
  if (!condition || condition.kind === NodeKind.True) return true;
  const integer = condition.kind === NodeKind.Literal && condition.literalKind === LiteralKind.Integer;
  return integer && condition.value?.low !== 0;
}

/** Is there a `break` in `node` that leaves the loop around it? */
function breaks(node: SyntaxNode): boolean {
  if (node.kind === NodeKind.Break) return true;
  if (isLoop(node) || node.kind === NodeKind.Switch || node.kind === NodeKind.Function) return false;
  for (const [key, child] of Object.entries(node)) {
    if (key === "range") continue;
    const children: unknown[] = Array.isArray(child) ? child : [child];
    for (const each of children) if (isNode(each) && breaks(each)) return true;
  }
  return false;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "kind" in value && "range" in value;
}
