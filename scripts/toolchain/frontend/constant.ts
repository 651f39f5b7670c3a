// Evaluates the constant expressions that must be known before anything is compiled: the counts of inline arrays.
import type { Element, Expression, Program } from "./assemblyscript.ts";
import { CommonFlags, ElementKind, LiteralKind, NodeKind, Token } from "./assemblyscript.ts";

interface AnyNode {
  kind: number;
  literalKind: number;
  value: { low: number };
  text: string;
  expression: Expression;
  property: AnyNode;
  operator: number;
  operand: Expression;
  left: Expression;
  right: Expression;
}

interface AnyElement {
  kind: number;
  initializerNode: Expression | null;
  valueNode: Expression | null;
  members: Map<string, Element> | null;
  parent: Element;
}

/** The value of `node` as seen from `scope`, or null when it is not made of literals, constants and enum members. */
export function evaluateConstant(program: Program, node: Expression, scope: Element): number | null {
  const n = node as unknown as AnyNode;
  switch (n.kind) {
    case NodeKind.Parenthesized:
    case NodeKind.Assertion:
      return evaluateConstant(program, n.expression, scope);
    case NodeKind.Literal:
      return n.literalKind === LiteralKind.Integer ? n.value.low : null;
    case NodeKind.Identifier: {
      const element = scope.lookup(n.text);
      return element ? valueOf(program, element) : null;
    }
    case NodeKind.PropertyAccess: {
      const owner = n.expression as unknown as AnyNode;
      if (owner.kind !== NodeKind.Identifier) return null;
      const container = scope.lookup(owner.text);
      const member = container?.getMember(n.property.text);
      return member ? valueOf(program, member) : null;
    }
    case NodeKind.UnaryPrefix: {
      const value = evaluateConstant(program, n.operand, scope);
      if (value === null) return null;
      if (n.operator === Token.Minus) return -value | 0;
      if (n.operator === Token.Tilde) return ~value;
      return null;
    }
    case NodeKind.Binary: {
      const a = evaluateConstant(program, n.left, scope);
      const b = evaluateConstant(program, n.right, scope);
      return a === null || b === null ? null : binary(n.operator, a, b);
    }
    default:
      return null;
  }
}

function binary(operator: number, a: number, b: number): number | null {
  switch (operator) {
    case Token.Plus:
      return (a + b) | 0;
    case Token.Minus:
      return (a - b) | 0;
    case Token.Asterisk:
      return Math.imul(a, b);
    case Token.Slash:
      return b === 0 ? null : (a / b) | 0;
    case Token.LessThan_LessThan:
      return a << b;
    case Token.GreaterThan_GreaterThan:
      return a >> b;
    case Token.Bar:
      return a | b;
    case Token.Ampersand:
      return a & b;
    default:
      return null;
  }
}

function valueOf(program: Program, element: Element): number | null {
  const e = element as unknown as AnyElement;
  if (e.kind === ElementKind.Global && e.initializerNode && element.is(CommonFlags.Const)) {
    return evaluateConstant(program, e.initializerNode, element.parent);
  }
  if (e.kind !== ElementKind.EnumValue) return null;
  if (e.valueNode) return evaluateConstant(program, e.valueNode, element.parent);
  // No initialiser: one more than the member before, 0 for the first.
  let value = -1;
  for (const member of (e.parent as unknown as AnyElement).members?.values() ?? []) {
    const m = member as unknown as AnyElement;
    if (m.kind !== ElementKind.EnumValue) continue;
    const given = m.valueNode ? evaluateConstant(program, m.valueNode, element.parent) : value + 1;
    if (given === null) return null;
    value = given;
    if (member === element) return value;
  }
  return null;
}
