// Error messages: one line each, "file.ts:line:col: error: message".
import type { DiagnosticMessage, Program, Range } from "./assemblyscript.ts";
import { getDiagnosticCode, isError, nextDiagnostic } from "./assemblyscript.ts";

/** "file.ts:line:col" of the first character of a range. */
export function position(range: Range): string {
  const source = range.source;
  const line = source.lineAt(range.start);
  return `${source.normalizedPath}:${line}:${source.columnAt()}`;
}

/** Collects errors of one compilation, each once, in the order found. */
export class Diagnostics {
  readonly errors: string[] = [];
  private readonly seen = new Set<string>();

  add(range: Range | null, message: string): void {
    const line = `${range ? position(range) + ": " : ""}error: ${message}`;
    if (this.seen.has(line)) return;
    this.seen.add(line);
    this.errors.push(line);
  }

  /** Takes over what AssemblyScript reported since the last call. Its warnings are about things the back end does not have. */
  drain(program: Program): void {
    for (let next = nextDiagnostic(program); next; next = nextDiagnostic(program)) {
      if (isError(next)) this.add(next.range, explain(next));
    }
  }

  get failed(): boolean {
    return this.errors.length > 0;
  }
}

/** AssemblyScript's message, with the dialect's way out where there is one. */
function explain(message: DiagnosticMessage): string {
  const text = message.message.replace(/\.$/, "");
  const advice = hint(text, getDiagnosticCode(message), sourceText(message.range));
  return advice ? `${lowerFirst(text)}; ${advice}` : lowerFirst(text);
}

function sourceText(range: Range | null): string {
  return range ? range.source.text.slice(range.start, range.start + 3) : "";
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

function hint(text: string, _code: number, at: string): string | null {
  if (/Closures/i.test(text)) return "pass what the function needs as an argument or keep it in a variable of the file";
  if (/implicit conversion/i.test(text) || /requires an explicit cast/i.test(text)) return "write the cast: <u32>x";
  if (/cannot be applied to types? '?[iu]\d+'? and '?[iu]\d+/.test(text))
    return "cast one side so that both have one type";
  if (/^Operator '.+' cannot be applied to types/.test(text)) return "cast one side so that both have one type";
  if (/Break label/i.test(text)) return "labels are not in the dialect: use a flag or move the loops into a function";
  if (/iterators/i.test(text)) return "write a counting loop";
  if (at.startsWith("?.")) return "optional chaining is not in the dialect: test for null";
  if (at.startsWith("??")) return "'??' is not in the dialect: write a != null ? a : b";
  if (/Identifier expected/.test(text) && /^[[{]/.test(at))
    return "destructuring is not in the dialect: one variable per line";
  return null;
}
