/** Source lines to tokens. */
import { fail } from "./errors.ts";
import { type Int, normalise } from "./integers.ts";

export const enum TokenType {
  Identifier,
  Number,
  Float,
  String,
  Punctuation,
  /** `%name` that may start a preprocessor line. */
  Directive,
  /** `%1`, `%{1}`, `%0`, `%+1`, `%-1`, `%00`: text is what follows the percent sign, without braces. */
  Parameter,
  /** `%%name`: text is the name. */
  MacroLocal,
  /** `%$name`, `%$$name`: text with the dollar signs. */
  ContextLocal,
  /** `%+` between two tokens. */
  Paste,
  /** A parameter of a single-line macro, in its body only; value is its index. */
  DefineParameter,
}

export interface Token {
  type: TokenType;
  /** The source text (strings: the decoded contents, one character per byte). */
  text: string;
  /** Of a number; 1 for an identifier written with a dollar sign, which is never a keyword. */
  value: Int;
  /** White space came before. */
  space: boolean;
}

export const token = (type: TokenType, text: string, space: boolean, value: Int = 0): Token => ({
  type,
  text,
  value,
  space,
});

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isIdentifierStart = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 46 || c === 63 || c === 64 || c > 127;
const isIdentifierPart = (c: number): boolean =>
  isIdentifierStart(c) || isDigit(c) || c === 36 || c === 35 || c === 126;

const punctuation = [
  "<=>", "<<<", ">>>", "||", "&&", "^^", "==", "!=", "<>", "<=", ">=", "<<", ">>", "//",
  "+", "-", "*", "/", "%", "&", "|", "^", "~", "!", "=", "<", ">", "(", ")", "[", "]", ",", ":", "?", "{", "}", "$$", "$",
]; // prettier-ignore
const punctuationBy = new Map<string, string[]>();
for (const p of punctuation) punctuationBy.set(p[0], [...(punctuationBy.get(p[0]) ?? []), p]);
for (const list of punctuationBy.values()) list.sort((a, b) => b.length - a.length);

const radixPrefix: Record<string, number> = { x: 16, h: 16, b: 2, y: 2, o: 8, q: 8, d: 10, t: 10 };
const radixSuffix: Record<string, number> = { ...radixPrefix };
const digitsOf: Record<number, RegExp> = { 2: /^[01_]+$/, 8: /^[0-7_]+$/, 10: /^[0-9_]+$/, 16: /^[0-9a-f_]+$/ };

function integer(digits: string, radix: number): Int | null {
  if (!digitsOf[radix].test(digits)) return null;
  const clean = digits.replaceAll("_", "");
  if (clean === "") return null;
  const value = parseInt(clean, radix);
  if (Number.isSafeInteger(value)) return value;
  const prefix = radix === 16 ? "0x" : radix === 8 ? "0o" : radix === 2 ? "0b" : "";
  return normalise(BigInt(prefix + clean));
}

/** Value of a numeric word: 123, 0x7f, 7fh, 0b1010, 1010b, 0o17, 17q, $7f (passed as "0x7f"). */
export function parseNumber(word: string): Int | null {
  const text = word.toLowerCase();
  if (text.length > 2 && text[0] === "0" && text[1] in radixPrefix) {
    const prefixed = integer(text.slice(2), radixPrefix[text[1]]);
    if (prefixed !== null) return prefixed;
  }
  const last = text[text.length - 1];
  if (last in radixSuffix) {
    const suffixed = integer(text.slice(0, -1), radixSuffix[last]);
    if (suffixed !== null) return suffixed;
  }
  return integer(text, 10);
}

const escapes: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27, "0": 0 };

/** Contents of a back-quoted string: C escapes. */
function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/g, (_, code: string) => {
    if (code[0] === "x" && code.length > 1) return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8) & 0xff);
    return code in escapes ? String.fromCharCode(escapes[code]) : code;
  });
}

/** Characters beyond ASCII become their UTF-8 bytes, one character each. */
function toByteString(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  return unescapePercent(encodeURIComponent(text));
}

const unescapePercent = (text: string): string =>
  text.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** The tokens of one line, comments dropped. Throws AssemblyError. */
export function lex(line: string): Token[] {
  const tokens: Token[] = [];
  const end = line.length;
  let at = 0;
  let space = false;
  const push = (type: TokenType, text: string, value: Int = 0): void => {
    tokens.push({ type, text, value, space });
    space = false;
  };
  const word = (from: number): string => {
    let to = from;
    while (to < end && isIdentifierPart(line.charCodeAt(to))) to++;
    return line.slice(from, to);
  };
  while (at < end) {
    const c = line.charCodeAt(at);
    if (c === 32 || c === 9 || c === 13) {
      space = true;
      at++;
    } else if (c === 59) break;
    else if (isIdentifierStart(c) && !(c === 46 && isDigit(line.charCodeAt(at + 1)))) {
      const text = word(at);
      at += text.length;
      push(text === "?" ? TokenType.Punctuation : TokenType.Identifier, text);
    } else if (isDigit(c) || c === 46) {
      const float =
        /^(0[xh][0-9a-f_]*\.?[0-9a-f_]*p[+-]?\d+|[\d_]*\.[\d_]*(e[+-]?\d+)?|[\d_]+e[+-]?\d+)(?![\w.])/i.exec(
          line.slice(at),
        );
      if (float && !/^\d+e\d*h$/i.test(float[0])) {
        at += float[0].length;
        push(TokenType.Float, float[0]);
        continue;
      }
      const text = word(at);
      at += text.length;
      push(TokenType.Number, text, parseNumber(text) ?? fail(`malformed number '${text}'`));
    } else if (c === 36 && isDigit(line.charCodeAt(at + 1))) {
      const text = word(at + 1);
      at += text.length + 1;
      push(TokenType.Number, "$" + text, parseNumber("0x" + text) ?? fail(`malformed number '$${text}'`));
    } else if (c === 36 && isIdentifierStart(line.charCodeAt(at + 1))) {
      const text = word(at + 1);
      at += text.length + 1;
      push(TokenType.Identifier, text, 1);
    } else if (c === 34 || c === 39) {
      const close = line.indexOf(line[at], at + 1);
      if (close < 0) fail("unterminated string");
      push(TokenType.String, toByteString(line.slice(at + 1, close)));
      at = close + 1;
    } else if (c === 96) {
      let close = at + 1;
      while (close < end && line[close] !== "`") close += line[close] === "\\" ? 2 : 1;
      if (close >= end) fail("unterminated string");
      push(TokenType.String, unescape(toByteString(line.slice(at + 1, close))));
      at = close + 1;
    } else if (c === 37) {
      const rest = line.slice(at + 1);
      let match: RegExpExecArray | null;
      if ((match = /^%([A-Za-z_.?@][\w.$#@~?]*)/.exec(rest))) push(TokenType.MacroLocal, match[1]);
      else if ((match = /^(\$+[A-Za-z_.?@][\w.$#@~?]*)/.exec(rest))) push(TokenType.ContextLocal, match[1]);
      else if ((match = /^\{([^}]*)\}/.exec(rest))) {
        if (/^%/.test(match[1])) push(TokenType.MacroLocal, match[1].slice(1));
        else if (/^\$/.test(match[1])) push(TokenType.ContextLocal, match[1]);
        else push(TokenType.Parameter, match[1]);
      } else if ((match = /^([+-]?\d+)/.exec(rest))) push(TokenType.Parameter, match[1]);
      else if ((match = /^\+/.exec(rest))) push(TokenType.Paste, "%+");
      else if ((match = /^\*/.exec(rest)) && !/^\*\s*[\w(]/.test(rest)) push(TokenType.Parameter, "*");
      else if ((match = /^[A-Za-z_]\w*/.exec(rest))) push(TokenType.Directive, match[0].toLowerCase());
      else if ((match = /^%/.exec(rest))) push(TokenType.Punctuation, "%%");
      else {
        match = /^/.exec(rest)!;
        push(TokenType.Punctuation, "%");
      }
      at += 1 + match[0].length;
    } else {
      const text = punctuationBy.get(line[at])?.find((p) => line.startsWith(p, at));
      if (!text) fail(`unexpected character '${line[at]}'`);
      at += text.length;
      push(TokenType.Punctuation, text);
    }
  }
  return tokens;
}

/** The text a reader would have written for these tokens (messages, %defstr). */
export function spell(tokens: readonly Token[]): string {
  let text = "";
  for (const t of tokens) {
    const own =
      t.type === TokenType.String
        ? `'${t.text}'`
        : t.type === TokenType.Directive || t.type === TokenType.Parameter || t.type === TokenType.ContextLocal
          ? "%" + t.text
          : t.type === TokenType.MacroLocal
            ? "%%" + t.text
            : t.text;
    text += (t.space && text ? " " : "") + own;
  }
  return text;
}
