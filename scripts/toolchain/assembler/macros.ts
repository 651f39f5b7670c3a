/** Single-line macros (%define and relatives) and their expansion. */
import { fail } from "./errors.ts";
import { lex, token, type Token, TokenType } from "./lexer.ts";

export interface Define {
  /** null: an object-like macro; else the parameters' names. */
  parameters: string[] | null;
  body: Token[];
}

/** Tokens of two texts written together: `a` `1` gives `a1`. */
export function paste(a: Token, b: Token): Token[] {
  const joined = lex(a.text + b.text);
  if (joined.length) joined[0].space = a.space;
  return joined;
}

export class Defines {
  private readonly exact = new Map<string, Define[]>();
  private readonly anyCase = new Map<string, Define[]>();
  /** Values that change as assembly goes on: __LINE__ and the like. */
  readonly dynamic = new Map<string, () => Token>();

  set(name: string, define: Define, ignoreCase: boolean): void {
    const map = ignoreCase ? this.anyCase : this.exact;
    const key = ignoreCase ? name.toLowerCase() : name;
    const others = (map.get(key) ?? []).filter((d) => d.parameters?.length !== define.parameters?.length);
    map.set(key, [...others, define]);
  }

  remove(name: string): void {
    this.exact.delete(name);
    this.anyCase.delete(name.toLowerCase());
  }

  find(name: string): Define[] | undefined {
    return this.exact.get(name) ?? (this.anyCase.size ? this.anyCase.get(name.toLowerCase()) : undefined);
  }

  has(name: string): boolean {
    return this.find(name) !== undefined || this.dynamic.has(name);
  }

  /** All macros replaced, `%+` joined. Returns the same array when there is nothing to do. */
  expand(tokens: Token[], active: ReadonlySet<string> = new Set()): Token[] {
    let needed = false;
    for (const t of tokens) {
      if (t.type === TokenType.Paste || (t.type === TokenType.Identifier && this.has(t.text))) {
        needed = true;
        break;
      }
    }
    if (!needed) return tokens;
    const out: Token[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const t = tokens[i];
      if (t.type === TokenType.Paste) {
        const left = out.pop();
        const right = tokens[++i];
        if (!left || !right) fail("%+ needs something on both sides");
        const [first, ...rest] = this.expand([right], active);
        out.push(...this.expand(paste(left, first), active), ...rest);
        continue;
      }
      const made = t.type === TokenType.Identifier && !active.has(t.text) ? this.dynamic.get(t.text) : undefined;
      if (made) {
        out.push({ ...made(), space: t.space });
        continue;
      }
      const defines = t.type === TokenType.Identifier && !active.has(t.text) ? this.find(t.text) : undefined;
      if (!defines) {
        out.push(t);
        continue;
      }
      const opens = tokens[i + 1]?.type === TokenType.Punctuation && tokens[i + 1].text === "(";
      const call = opens && defines.some((d) => d.parameters) ? collectArguments(tokens, i + 1) : null;
      const define =
        (call && defines.find((d) => d.parameters?.length === call.values.length)) ??
        defines.find((d) => !d.parameters);
      if (!define) {
        if (call) fail(`macro '${t.text}' does not take ${call.values.length} arguments`);
        out.push(t);
        continue;
      }
      const values = define.parameters ? call!.values.map((argument) => this.expand(argument, active)) : [];
      if (define.parameters) i = call!.end;
      const body = substitute(define.body, values);
      const inner = this.expand(body, new Set([...active, t.text]));
      inner.forEach((token, k) => out.push(k === 0 ? { ...token, space: t.space } : token));
    }
    return out;
  }
}

function collectArguments(tokens: Token[], open: number): { values: Token[][]; end: number } | null {
  const values: Token[][] = [[]];
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const t = tokens[i];
    const text = t.type === TokenType.Punctuation ? t.text : "";
    if (text === "(" || text === "[" || text === "{") {
      if (depth++ > 0) values[values.length - 1].push(t);
    } else if (text === ")" || text === "]" || text === "}") {
      if (--depth === 0) return { values, end: i };
      values[values.length - 1].push(t);
    } else if (text === "," && depth === 1) values.push([]);
    else values[values.length - 1].push(t);
  }
  return null;
}

function substitute(body: Token[], values: Token[][]): Token[] {
  if (!values.length) return body;
  return body.flatMap((t) => {
    if (t.type !== TokenType.DefineParameter) return [t];
    return values[Number(t.value)].map((v, k) => (k === 0 ? { ...v, space: t.space } : v));
  });
}

/** A %define line after its name: parameters, when a bracket follows at once, and the body with them marked. */
export function parseDefine(tokens: Token[]): Define {
  if (tokens[0]?.text !== "(" || tokens[0].type !== TokenType.Punctuation || tokens[0].space) {
    return { parameters: null, body: tokens };
  }
  const parameters: string[] = [];
  let at = 1;
  while (at < tokens.length && tokens[at].text !== ")") {
    if (tokens[at].type === TokenType.Identifier) parameters.push(tokens[at].text);
    else if (tokens[at].text !== ",") fail(`unexpected '${tokens[at].text}' among the parameters of a macro`);
    at++;
  }
  if (at === tokens.length) fail("')' missing after the parameters of a macro");
  const body = tokens.slice(at + 1).map((t) => {
    const index = t.type === TokenType.Identifier ? parameters.indexOf(t.text) : -1;
    return index < 0 ? t : token(TokenType.DefineParameter, t.text, t.space, index);
  });
  return { parameters, body };
}
