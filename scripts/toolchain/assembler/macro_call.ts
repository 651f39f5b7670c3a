/** Calls of multi-line macros: their arguments, and the lines of the body with these in place. */
import { fail } from "./errors.ts";
import { conditions } from "./forms.ts";
import { token, type Token, TokenType } from "./lexer.ts";
import { paste } from "./macros.ts";

export interface SourceLine {
  tokens: Token[];
  file: string;
  line: number;
}

export interface Macro {
  name: string;
  least: number;
  most: number;
  /** `+`: the last parameter takes the rest of the line. */
  greedy: boolean;
  defaults: Token[][];
  body: SourceLine[];
  /** Being expanded: its own name inside means the instruction. */
  running: boolean;
}

/** One call of a multi-line macro. */
export interface Call {
  macro: Macro;
  id: number;
  values: Token[][];
  /** %00: the label before the call. */
  label: Token[];
  rotation: number;
}

/** `%1`, `%%x` and their kin replaced; what they touch without a space between is joined to them. */
export function substituteParameters(tokens: Token[], call: Call): Token[] {
  if (!tokens.some((t) => t.type === TokenType.Parameter || t.type === TokenType.MacroLocal)) return tokens;
  const out: Token[] = [];
  let joins = false;
  for (const t of tokens) {
    let values: Token[];
    const substituted = t.type === TokenType.Parameter || t.type === TokenType.MacroLocal;
    if (t.type === TokenType.Parameter) values = parameter(t.text, call);
    else if (t.type === TokenType.MacroLocal) {
      values = [token(TokenType.Identifier, `..@${call.id}.${t.text}`, false)];
    } else values = [t];
    if (!values.length) {
      joins = joins || (substituted && !t.space);
      continue;
    }
    const last = out[out.length - 1];
    const [first] = values;
    const word = (x: Token): boolean => x.type === TokenType.Identifier || x.type === TokenType.Number;
    if ((substituted || joins) && last && !t.space && word(last) && word(first)) {
      out.pop();
      out.push(...paste(last, first), ...values.slice(1));
    } else out.push({ ...first, space: t.space }, ...values.slice(1));
    joins = substituted;
  }
  return out;
}

function parameter(text: string, call: Call): Token[] {
  const { values, rotation } = call;
  const count = values.length;
  const at = (index: number): Token[] =>
    index >= 1 && index <= count ? values[(((index - 1 + rotation) % count) + count) % count] : [];
  if (text === "0") return [token(TokenType.Number, String(count), false, count)];
  if (text === "00") return call.label.filter((t) => t.text !== ":");
  const range = /^(-?\d+):(-?\d+)$/.exec(text);
  if (range) {
    const [from, to] = [range[1], range[2]].map((n) => (Number(n) < 0 ? count + 1 + Number(n) : Number(n)));
    const step = from <= to ? 1 : -1;
    const list: Token[] = [];
    for (let i = from; i !== to + step; i += step) {
      if (i !== from) list.push(token(TokenType.Punctuation, ",", false));
      list.push(...at(i));
    }
    return list;
  }
  if (/^[+-]\d+$/.test(text)) return [conditionParameter(text, at(Number(text.slice(1))))];
  if (/^\d+$/.test(text)) return at(Number(text));
  return fail(`unknown macro parameter '%${text}'`);
}

/** `%+1` a condition code, `%-1` its opposite. */
function conditionParameter(text: string, value: Token[]): Token {
  const code = value[0]?.text.toLowerCase();
  const number = conditions.findIndex((names) => names.includes(code));
  if (number < 0) fail(`macro parameter ${text.slice(1)} is not a condition code`);
  return token(TokenType.Identifier, text[0] === "+" ? code : conditions[number ^ 1][0], false);
}

/** Arguments between commas; braces group, other brackets do not (as in NASM). At most `limit` parts, the last takes the rest. */
export function splitCommas(tokens: Token[], limit = Infinity): Token[][] {
  const parts: Token[][] = [[]];
  let braces = 0;
  for (const t of tokens) {
    const text = t.type === TokenType.Punctuation ? t.text : "";
    const part = parts[parts.length - 1];
    if (text === "{") {
      if (braces++ > 0) part.push(t);
    } else if (text === "}") {
      if (--braces > 0) part.push(t);
    } else {
      if (text === "," && braces === 0 && parts.length < limit) parts.push([]);
      else part.push(t);
    }
  }
  return parts;
}
