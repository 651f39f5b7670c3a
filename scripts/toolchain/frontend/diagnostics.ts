// Error messages: one line each, "file.ts:line:col: error: message".
import type { DiagnosticMessage, Program, Range } from "./assemblyscript.ts";
import { isError, nextDiagnostic } from "./assemblyscript.ts";

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
  const text = plainNames(message.message.replace(/\.$/, ""));
  const unsupported = /expected|unexpected|duplicate|cannot immediately/i.test(text) ? syntaxHint(message.range) : null;
  if (unsupported) return unsupported;
  const advice = hint(text);
  const lowered = /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
  return advice ? `${lowered}; ${advice}` : lowered;
}

/** Names as the user writes them instead of AssemblyScript's paths. */
function plainNames(text: string): string {
  return text
    .replace(/~lib\/string\/String/g, "string")
    .replace(/~lib\/foundation\/(\w+)/g, (_, name: string) => name.toLowerCase())
    .replace(/(?:[\w.~-]+\/)+(?=[A-Za-z_]\w*)/g, "");
}

function hint(text: string): string | null {
  if (/Closures/.test(text)) return "pass what the function needs as an argument or keep it in a variable of the file";
  if (/implicit conversion|explicit cast/i.test(text)) return "write it: <u32>x";
  if (/^Operator .* 'string'/.test(text)) return "strings are pointers: copy the bytes, or compare with ==";
  if (/^Operator '.+' cannot be applied to types/.test(text)) return "cast one side so that both have one type";
  if (/'ipow(32|64)'/.test(text)) return "'**' is not in the dialect: multiply or shift";
  if (/'undefined'/.test(text)) return "there is no undefined: use null or 0";
  if (/name '(Math|console|Date|JSON|Promise|Map|Set)'/.test(text))
    return "the standard library is scripts/toolchain/std only";
  if (/name '(yield|await|async|delete)'/.test(text)) return "it is not in the dialect";
  return null;
}

/** What a parser error at this place is about, if it is something TypeScript has and the dialect has not. */
function syntaxHint(range: Range | null): string | null {
  if (!range) return null;
  const { text } = range.source;
  const start = text.lastIndexOf("\n", range.start - 1) + 1;
  const end = text.indexOf("\n", range.start);
  const line = text.slice(start, end < 0 ? text.length : end).replace(/"[^"]*"|'[^']*'|\/\/.*/g, "");
  for (const [pattern, advice] of MISSING_SYNTAX) if (pattern.test(line)) return advice;
  return null;
}

const MISSING_SYNTAX: [RegExp, string][] = [
  [/\b(const|let|var)\s*[[{]/, "destructuring is not in the dialect: one variable each"],
  [/\?\.[A-Za-z_[(]/, "'?.' is not in the dialect: test for null first"],
  [/\?\?/, "'??' is not in the dialect: write a != null ? a : b"],
  [/\bfor\s*\(\s*(const|let|var)\s+\w+\s+in\b/, "'for-in' is not in the dialect: write a counting loop"],
  [/\basync\b|\bawait\b/, "'async' is not in the dialect"],
  [/\bfunction\s*\*|\byield\b/, "generators are not in the dialect: keep the state in a struct"],
  [/\b\d+n\b/, "bigint literals are not in the dialect: write the number, its type is u64 or i64"],
  [
    /^\s*.*\b[A-Za-z_]\w*\s*:\s*(for|while|do)\b/,
    "labels are not in the dialect: use a flag or move the loops into a function",
  ],
  [/\.\.\.\w/, "spreading is not in the dialect: pass the arguments one by one"],
];
