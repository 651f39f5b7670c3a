/** Expressions: parsing (NASM's operators and precedence) and evaluation to `number + section or extern + registers`. */
import { fail } from "./errors.ts";
import { binary, type Int, unary } from "./integers.ts";
import { type Token, TokenType } from "./lexer.ts";
import { type Operand, registers, type Target } from "./operands.ts";

export type Expression =
  | { op: "number"; value: Int }
  | { op: "symbol"; name: string }
  | { op: "register"; register: Operand }
  | { op: "here" }
  | { op: "section" }
  | { op: "unary"; operator: string; a: Expression }
  | { op: "binary"; operator: string; a: Expression; b: Expression }
  | { op: "choose"; condition: Expression; a: Expression; b: Expression };

/** A register in an effective address, `coefficient` times; `multiplied` when the source wrote a `*`. */
export interface Term {
  register: Operand;
  coefficient: number;
  multiplied: boolean;
}

export interface Value {
  n: Int;
  /** The value is relative to this section or extern; null for plain numbers. */
  target: Target | null;
  registers: Term[] | null;
}

export const plain = (n: Int): Value => ({ n, target: null, registers: null });

export interface Environment {
  /** Value of a symbol; null while it is not known yet (early layout passes). Throws for an undefined one. */
  lookup(name: string): Value | null;
  here(): Value | null;
  sectionStart(): Value | null;
  /** The absolute address of a relative value, where that is known at assembly time (flat binaries); else null. */
  resolve?(value: Value): Int | null;
}

/** NASM's precedence, loosest first. */
const levels: string[][] = [
  ["||"],
  ["^^"],
  ["&&"],
  ["=", "==", "!=", "<>", "<", "<=", ">", ">=", "<=>"],
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>", "<<<", ">>>"],
  ["+", "-"],
  ["*", "/", "//", "%", "%%"],
];
const levelOf = new Map(levels.flatMap((operators, level) => operators.map((o) => [o, level] as const)));

/** Bytes of a string constant as a little-endian number. */
export function characterConstant(text: string): Int {
  let value = 0n;
  if (text.length > 8) fail("character constant longer than 8 bytes");
  for (let i = text.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(text.charCodeAt(i));
  return value <= 0x1fffffffffffffn ? Number(value) : BigInt.asIntN(64, value);
}

/** A cursor over a statement's tokens with the expression grammar on top. */
export class TokenCursor {
  at = 0;

  constructor(
    readonly tokens: readonly Token[],
    /** Full name of a symbol as written here (local labels get their parent's name). */
    private readonly qualify: (name: string) => string = (name) => name,
  ) {}

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  isPunctuation(text: string, ahead = 0): boolean {
    const t = this.tokens[this.at + ahead];
    return t !== undefined && t.type === TokenType.Punctuation && t.text === text;
  }

  /** Lower-case text of the identifier here (not one escaped by `$`), or "". */
  word(ahead = 0): string {
    const t = this.tokens[this.at + ahead];
    return t !== undefined && t.type === TokenType.Identifier && t.value === 0 ? t.text.toLowerCase() : "";
  }

  take(text: string): boolean {
    if (!this.isPunctuation(text)) return false;
    this.at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) fail(`expected '${text}' ${this.where()}`);
  }

  where(): string {
    const t = this.tokens[this.at];
    return t ? `before '${t.type === TokenType.MacroLocal ? "%%" : ""}${t.text}'` : "at the end of the line";
  }

  expectEnd(): void {
    if (!this.done) fail(`unexpected '${this.peek()!.text}' after the end of the statement`);
  }

  expression(): Expression {
    const condition = this.level(0);
    if (!this.isPunctuation("?")) return condition;
    this.at++;
    const a = this.expression();
    this.expect(":");
    return { op: "choose", condition, a, b: this.expression() };
  }

  private level(level: number): Expression {
    if (level === levels.length) return this.prefix();
    let left = this.level(level + 1);
    for (;;) {
      const t = this.tokens[this.at];
      if (!t || t.type !== TokenType.Punctuation || levelOf.get(t.text) !== level) return left;
      this.at++;
      const right = this.level(level + 1);
      if (left.op === "number" && right.op === "number" && !(right.value == 0 && /[/%]/.test(t.text))) {
        left = { op: "number", value: binary(t.text, left.value, right.value) };
      } else left = { op: "binary", operator: t.text, a: left, b: right };
    }
  }

  private prefix(): Expression {
    const t = this.tokens[this.at];
    if (!t) fail("expression expected at the end of the line");
    this.at++;
    switch (t.type) {
      case TokenType.Number:
        return { op: "number", value: t.value };
      case TokenType.String:
        return { op: "number", value: characterConstant(t.text) };
      case TokenType.Identifier: {
        const register = t.value === 0 ? registers.get(t.text.toLowerCase()) : undefined;
        if (register) return { op: "register", register };
        return { op: "symbol", name: this.qualify(t.text) };
      }
      case TokenType.Float:
        return fail(`floating-point constant '${t.text}' in an integer expression`);
      case TokenType.Punctuation:
        if (t.text === "(") {
          const inner = this.expression();
          this.expect(")");
          return inner;
        }
        if (t.text === "$") return { op: "here" };
        if (t.text === "$$") return { op: "section" };
        if (t.text === "-" || t.text === "+" || t.text === "~" || t.text === "!") {
          const a = this.prefix();
          if (a.op === "number") return { op: "number", value: unary(t.text, a.value) };
          return t.text === "+" ? a : { op: "unary", operator: t.text, a };
        }
    }
    this.at--;
    return fail(`expression expected ${this.where()}`);
  }
}

function addTerms(a: Term[] | null, b: Term[] | null, sign: 1 | -1): Term[] | null {
  if (!b) return a;
  const sum = a ? a.map((t) => ({ ...t })) : [];
  for (const term of b) {
    const same = sum.find((t) => t.register === term.register);
    if (same) same.coefficient += sign * term.coefficient;
    else sum.push({ ...term, coefficient: sign * term.coefficient });
  }
  const left = sum.filter((t) => t.coefficient !== 0);
  return left.length ? left : null;
}

/** Plain number of a value for an operator that only takes numbers. */
function scalar(value: Value, operator: string, environment: Environment): Int {
  if (value.registers) fail(`operator '${operator}' applied to a register`);
  if (!value.target) return value.n;
  const resolved = environment.resolve?.(value) ?? null;
  return resolved ?? fail(`operator '${operator}' applied to an address that only the linker knows`);
}

/** The value, or null while a symbol in it is not known yet. Throws AssemblyError. */
export function evaluate(e: Expression, environment: Environment): Value | null {
  switch (e.op) {
    case "number":
      return plain(e.value);
    case "symbol":
      return environment.lookup(e.name);
    case "register":
      return { n: 0, target: null, registers: [{ register: e.register, coefficient: 1, multiplied: false }] };
    case "here":
      return environment.here();
    case "section":
      return environment.sectionStart();
    case "unary": {
      const a = evaluate(e.a, environment);
      if (!a) return null;
      if (e.operator === "-" && a.registers && !a.target) {
        return { n: unary("-", a.n), target: null, registers: addTerms(null, a.registers, -1) };
      }
      return plain(unary(e.operator, scalar(a, e.operator, environment)));
    }
    case "choose": {
      const condition = evaluate(e.condition, environment);
      if (!condition) return null;
      return evaluate(scalar(condition, "?", environment) != 0 ? e.a : e.b, environment);
    }
    case "binary": {
      const a = evaluate(e.a, environment);
      const b = evaluate(e.b, environment);
      return a && b ? combine(e.operator, a, b, environment) : null;
    }
  }
}

function combine(operator: string, a: Value, b: Value, environment: Environment): Value {
  if (!a.target && !b.target && !a.registers && !b.registers) return plain(binary(operator, a.n, b.n));
  if (operator === "+") {
    if (a.target && b.target) return plain(binary("+", scalar(a, "+", environment), scalar(b, "+", environment)));
    return { n: binary("+", a.n, b.n), target: a.target ?? b.target, registers: addTerms(a.registers, b.registers, 1) };
  }
  if (operator === "-") {
    const terms = addTerms(a.registers, b.registers, -1);
    if (!b.target) return { n: binary("-", a.n, b.n), target: a.target, registers: terms };
    if (a.target === b.target) return { n: binary("-", a.n, b.n), target: null, registers: terms };
    const difference = binary("-", scalar({ ...a, registers: null }, "-", environment), scalar(b, "-", environment));
    return { n: difference, target: null, registers: terms };
  }
  if (operator === "*") {
    const [vector, factor] = a.registers ? [a, b] : [b, a];
    if (vector.registers) {
      if (factor.registers) fail("a register multiplied by a register");
      if (vector.target) fail("operator '*' applied to an address that only the linker knows");
      const by = Number(scalar(factor, "*", environment));
      const terms = vector.registers.map((t) => ({ ...t, coefficient: t.coefficient * by, multiplied: true }));
      return { n: binary("*", vector.n, by), target: null, registers: terms.filter((t) => t.coefficient !== 0) };
    }
  }
  if (a.target && a.target === b.target && /^([<>]=?|[=!]=|=|<>|<=>)$/.test(operator)) {
    return plain(binary(operator, a.n, b.n));
  }
  return plain(binary(operator, scalar(a, operator, environment), scalar(b, operator, environment)));
}
