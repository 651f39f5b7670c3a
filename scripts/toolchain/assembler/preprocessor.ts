/** The preprocessor: lines of text in, lines of expanded tokens out. */
import { AssemblyError, type ErrorLog, fail, nearest, type Place } from "./errors.ts";
import { type Environment, evaluate, TokenCursor } from "./expression.ts";
import type { Int } from "./integers.ts";
import { lex, spell, token, type Token, TokenType } from "./lexer.ts";
import { type Call, type Macro, type SourceLine, splitCommas, substituteParameters } from "./macro_call.ts";
import { Defines, parseDefine } from "./macros.ts";
import { registers } from "./operands.ts";

interface Condition {
  /** Lines are wanted now. */
  live: boolean;
  /** No branch of this %if may become live any more. */
  taken: boolean;
  sawElse: boolean;
}

interface Options {
  errors: ErrorLog;
  include?: (path: string) => string | null;
  bits: () => number;
  /** True for names that mean something without being a macro: a macro may share them, with other numbers of operands. */
  isInstruction: (name: string) => boolean;
  /** Takes each finished line. */
  emit: (tokens: Token[], place: Place) => void;
}

const conditionals = /^(el)?if(n?)(|def|macro|idn|idni|num|id|str|empty|token|ctx|env)$/;
const knownDirectives = [
  "define", "xdefine", "idefine", "ixdefine", "undef", "assign", "iassign", "macro", "imacro", "endmacro", "endm", "unmacro", "rep", "endrep",
  "exitrep", "exitmacro", "rotate", "include", "error", "warning", "fatal", "push", "pop", "repl", "strlen", "strcat", "substr", "defstr", "deftok",
  "line", "pragma", "use", "clear", "else", "endif",
]; // prettier-ignore
const dropped = new Set(["line", "pragma", "warning", "clear"]);
const maximumDepth = 200;
const maximumLines = 1_000_000;

const preprocessorEnvironment: Environment = {
  lookup: (name) => fail(`'${name}' is not known to the preprocessor: only numbers and macros are`),
  here: () => fail("'$' is not known to the preprocessor"),
  sectionStart: () => fail("'$$' is not known to the preprocessor"),
};

export class Preprocessor {
  readonly defines = new Defines();
  private readonly macros = new Map<string, Macro[]>();
  private readonly stack: Condition[] = [];
  private readonly contexts: { name: string; id: number }[] = [];
  /** The macro or %rep body being read. */
  private collecting: { kind: "macro" | "rep"; depth: number; line: SourceLine; body: SourceLine[]; finish: (body: SourceLine[]) => void } | null = null; // prettier-ignore
  private call: Call | null = null;
  private callPlace: Place | null = null;
  private depth = 0;
  private ids = 0;
  private lines = 0;
  private exitRep = false;
  private exitMacro = false;
  /** Too much is too much: the rest of the source is not looked at. */
  private stopped = false;
  private place: Place = { file: "", line: 0, context: "" };

  constructor(private readonly options: Options) {
    const number = (value: number): Token => token(TokenType.Number, String(value), false, value);
    for (const [name, make] of [
      ["LINE", () => number(this.place.line)],
      ["FILE", () => token(TokenType.String, this.place.file, false)],
      ["BITS", () => number(options.bits())],
    ] as const) {
      this.defines.dynamic.set(`__${name}__`, make);
      this.defines.dynamic.set(`__?${name}?__`, make);
    }
  }

  /** Feeds a whole source text. */
  process(source: string, file: string): void {
    const conditionsBefore = this.stack.length;
    const text = source.includes("\\") ? source.replace(/\\\r?\n/g, "\u0001") : source;
    const lines = text.split("\n");
    let number = 0;
    for (const raw of lines) {
      number++;
      const at = number;
      let line = raw;
      if (raw.includes("\u0001")) {
        number += raw.split("\u0001").length - 1;
        line = raw.replaceAll("\u0001", " ");
      }
      const place = { file, line: at, context: "" };
      this.place = place;
      this.options.errors.guard(place, () => {
        const tokens = this.lexOrSkip(line);
        if (tokens) this.line({ tokens, file, line: at });
      });
    }
    const { errors } = this.options;
    const here = { file, line: number, context: "" };
    if (this.collecting) {
      const { kind, line } = this.collecting;
      errors.report({ ...line, context: "" }, `%${kind} without %end${kind}`);
      this.collecting = null;
    }
    if (this.stack.length > conditionsBefore) {
      errors.report(here, "%if without %endif");
      this.stack.length = conditionsBefore;
    }
  }

  /** Lines in a dead %if branch need not be well formed. */
  private lexOrSkip(line: string): Token[] | null {
    if (this.live || this.collecting) return lex(line);
    return /^\s*%/.test(line) ? lex(line) : null;
  }

  private get live(): boolean {
    return this.stack.length === 0 || this.stack[this.stack.length - 1].live;
  }

  private line(source: SourceLine): void {
    const { tokens } = source;
    const first = tokens[0];
    const directive = first?.type === TokenType.Directive ? first.text : "";
    if (this.collecting) {
      this.collect(source, directive);
      return;
    }
    if (conditionals.test(directive) || directive === "else" || directive === "endif") {
      this.conditional(directive, tokens.slice(1));
      return;
    }
    if (!this.live || !first) return;
    if (this.stopped) return;
    if (++this.lines > maximumLines) {
      this.stopped = true;
      fail(`more than ${maximumLines} lines after macro expansion`);
    }
    const own = this.call ? this.parameters(tokens, this.call) : this.contextNames(tokens);
    if (own[0]?.type === TokenType.Directive) this.directive(own[0].text, own.slice(1), source);
    else this.statement(own);
  }

  private collect(source: SourceLine, directive: string): void {
    const collecting = this.collecting!;
    const opens = collecting.kind === "rep" ? directive === "rep" : directive === "macro" || directive === "imacro";
    const closes =
      collecting.kind === "rep" ? directive === "endrep" : directive === "endmacro" || directive === "endm";
    if (opens) collecting.depth++;
    if (closes && --collecting.depth === 0) {
      this.collecting = null;
      collecting.finish(collecting.body);
    } else collecting.body.push(source);
  }

  // Conditions

  private conditional(directive: string, rest: Token[]): void {
    const top = this.stack[this.stack.length - 1];
    if (directive === "endif") {
      if (!this.stack.pop()) fail("%endif without %if");
    } else if (directive === "else") {
      if (!top || top.sawElse) fail("%else without %if");
      top.live = !top.taken;
      top.taken = top.sawElse = true;
    } else if (directive.startsWith("el")) {
      if (!top || top.sawElse) fail(`%${directive} without %if`);
      top.live = false;
      if (!top.taken) top.live = top.taken = this.test(directive, rest);
    } else if (!this.live) this.stack.push({ live: false, taken: true, sawElse: false });
    else {
      const condition = { live: false, taken: true, sawElse: false };
      this.stack.push(condition);
      condition.live = condition.taken = this.test(directive, rest);
    }
  }

  private test(directive: string, rest: Token[]): boolean {
    const [, , negated, kind] = conditionals.exec(directive)!;
    const own = this.call ? this.parameters(rest, this.call) : this.contextNames(rest);
    return this.holds(kind, own) !== (negated === "n");
  }

  private holds(kind: string, tokens: Token[]): boolean {
    switch (kind) {
      case "":
        return this.number(tokens) != 0;
      case "def":
        return tokens.some((t) => this.defines.has(t.text));
      case "macro":
        return this.macros.has(tokens[0]?.text ?? "") || this.macros.has((tokens[0]?.text ?? "").toLowerCase() + "\0");
      case "ctx":
        return this.contexts.length > 0 && this.contexts[this.contexts.length - 1].name === tokens[0]?.text;
      case "env":
        return false;
    }
    const expanded = this.defines.expand(tokens);
    const [first] = expanded;
    switch (kind) {
      case "idn":
      case "idni": {
        const comma = expanded.findIndex((t) => t.type === TokenType.Punctuation && t.text === ",");
        if (comma < 0) fail(`%if${kind} needs two arguments`);
        const text = (part: Token[]): string => part.map((t) => `${t.type}:${t.text}`).join(" ");
        const [a, b] = [text(expanded.slice(0, comma)), text(expanded.slice(comma + 1))];
        return kind === "idni" ? a.toLowerCase() === b.toLowerCase() : a === b;
      }
      case "num": {
        const digits = first?.text === "-" || first?.text === "+" ? expanded.slice(1) : expanded;
        return digits.length === 1 && digits[0].type === TokenType.Number;
      }
      case "id":
        return expanded.length === 1 && first.type === TokenType.Identifier && !registers.has(first.text.toLowerCase());
      case "str":
        return expanded.length === 1 && first.type === TokenType.String;
      case "token":
        return expanded.length === 1;
      default:
        return expanded.length === 0;
    }
  }

  private number(tokens: Token[]): Int {
    const cursor = new TokenCursor(this.defines.expand(tokens));
    const value = evaluate(cursor.expression(), preprocessorEnvironment)!;
    cursor.expectEnd();
    if (value.registers) fail("a register in a preprocessor expression");
    return value.n;
  }

  // Directives

  private directive(name: string, rest: Token[], source: SourceLine): void {
    const target = rest[0]?.type === TokenType.Identifier ? rest[0].text : "";
    const needName = (): string => target || fail(`%${name} needs a name`);
    switch (name) {
      case "define":
      case "idefine":
        this.defines.set(needName(), parseDefine(rest.slice(1)), name === "idefine");
        return;
      case "xdefine":
      case "ixdefine": {
        const define = parseDefine(rest.slice(1));
        this.defines.set(needName(), { ...define, body: this.defines.expand(define.body) }, name === "ixdefine");
        return;
      }
      case "undef":
        this.defines.remove(needName());
        return;
      case "assign":
      case "iassign": {
        const value = this.number(rest.slice(1));
        const body = [token(TokenType.Number, String(value), true, value)];
        this.defines.set(needName(), { parameters: null, body }, name === "iassign");
        return;
      }
      case "strlen":
      case "strcat":
      case "substr":
      case "defstr":
      case "deftok":
        this.defines.set(needName(), { parameters: null, body: this.stringFunction(name, rest.slice(1)) }, false);
        return;
      case "macro":
      case "imacro":
        this.beginMacro(rest, name === "imacro", source);
        return;
      case "unmacro":
        this.macros.delete(needName());
        return;
      case "rep":
        this.beginRep(rest, source);
        return;
      case "exitrep":
        this.exitRep = true;
        return;
      case "exitmacro":
        this.exitMacro = true;
        return;
      case "rotate":
        if (!this.call) fail("%rotate outside a macro");
        this.call.rotation += Number(this.number(rest));
        return;
      case "include":
        this.include(this.defines.expand(rest));
        return;
      case "error":
      case "fatal": {
        const expanded = this.defines.expand(rest);
        fail(expanded.length === 1 && expanded[0].type === TokenType.String ? expanded[0].text : spell(expanded));
        return;
      }
      case "push":
        this.contexts.push({ name: target, id: ++this.ids });
        return;
      case "repl":
        (this.contexts[this.contexts.length - 1] ?? fail("%repl without %push")).name = target;
        return;
      case "pop":
        if (!this.contexts.pop()) fail("%pop without %push");
        return;
      case "endmacro":
      case "endm":
      case "endrep":
        fail(`%${name} without %${name === "endrep" ? "rep" : "macro"}`);
    }
    if (dropped.has(name)) return;
    const near = nearest(name, knownDirectives);
    fail(`unknown preprocessor directive '%${name}'${near ? `, did you mean '%${near}'?` : ""}`);
  }

  private stringFunction(name: string, rest: Token[]): Token[] {
    const expanded = this.defines.expand(rest);
    const string = (t: Token | undefined): string =>
      t?.type === TokenType.String ? t.text : fail(`%${name} needs a string`);
    if (name === "strlen") {
      const { length } = string(expanded[0]);
      return [token(TokenType.Number, String(length), true, length)];
    }
    if (name === "strcat") {
      const parts = expanded.filter((t) => t.text !== "," || t.type === TokenType.String);
      return [token(TokenType.String, parts.map(string).join(""), true)];
    }
    if (name === "defstr") return [token(TokenType.String, spell(expanded), true)];
    if (name === "deftok") return lex(string(expanded[0]));
    const text = string(expanded[0]);
    const cursor = new TokenCursor(expanded.slice(expanded[1]?.text === "," ? 2 : 1));
    const next = (): number => Number(evaluate(cursor.expression(), preprocessorEnvironment)!.n);
    const start = next();
    const count = cursor.take(",") ? next() : 1;
    const end = count < 0 ? text.length + count + 1 : start - 1 + count;
    return [token(TokenType.String, text.slice(start - 1, end), true)];
  }

  private include(rest: Token[]): void {
    const path = rest[0]?.type === TokenType.String ? rest[0].text : fail("%include needs a file name in quotes");
    const text = this.options.include?.(path) ?? fail(`cannot read '${path}'`);
    if (++this.depth > maximumDepth) fail("%include nested too deeply");
    const before = this.place;
    this.process(text, path);
    this.place = before;
    this.depth--;
  }

  private beginRep(rest: Token[], source: SourceLine): void {
    const count = Number(this.number(rest));
    const finish = (body: SourceLine[]): void => {
      const depth = this.stack.length;
      for (let i = 0; i < count && !this.exitRep && !this.exitMacro && !this.stopped; i++)
        this.replay(body, () => this.exitRep);
      if (this.exitRep) this.stack.length = depth;
      this.exitRep = false;
    };
    this.collecting = { kind: "rep", depth: 1, line: source, body: [], finish };
  }

  /** Runs a body's lines; errors are reported line by line at the place a person can act on. */
  private replay(body: SourceLine[], stop: () => boolean): void {
    if (++this.depth > maximumDepth) {
      this.depth--;
      fail("macros nested too deeply");
    }
    const before = this.place;
    for (const line of body) {
      if (stop() || this.exitMacro || this.stopped) break;
      this.place = this.callPlace ?? { file: line.file, line: line.line, context: "" };
      this.options.errors.guard(this.place, () => this.line(line));
    }
    this.place = before;
    this.depth--;
  }

  // Multi-line macros

  private beginMacro(rest: Token[], ignoreCase: boolean, source: SourceLine): void {
    const name = rest[0]?.type === TokenType.Identifier ? rest[0].text : fail("%macro needs a name");
    const cursor = new TokenCursor(rest);
    cursor.at = 1;
    const count = (): number => {
      const t = cursor.peek();
      if (t?.text === "*") {
        cursor.at++;
        return Infinity;
      }
      if (t?.type !== TokenType.Number) fail("%macro needs a number of parameters");
      cursor.at++;
      return Number(t.value);
    };
    const least = cursor.done ? 0 : count();
    const most = cursor.take("-") ? count() : least;
    const greedy = cursor.take("+");
    const defaults = cursor.done ? [] : splitCommas(rest.slice(cursor.at));
    const finish = (body: SourceLine[]): void => {
      const key = ignoreCase ? name.toLowerCase() + "\0" : name;
      const others = (this.macros.get(key) ?? []).filter((m) => m.most < least || m.least > most);
      this.macros.set(key, [...others, { name, least, most, greedy, defaults, body, running: false }]);
    };
    this.collecting = { kind: "macro", depth: 1, line: source, body: [], finish };
  }

  private statement(tokens: Token[]): void {
    const expanded = this.defines.expand(tokens);
    if (!expanded.length) return;
    if (this.macros.size && this.expandMacro(expanded)) return;
    this.options.emit(expanded, this.place);
  }

  private candidates(t: Token | undefined): Macro[] | undefined {
    if (t?.type !== TokenType.Identifier) return undefined;
    return this.macros.get(t.text) ?? this.macros.get(t.text.toLowerCase() + "\0");
  }

  private expandMacro(tokens: Token[]): boolean {
    let at = 0;
    let macros = this.candidates(tokens[0]);
    if (!macros && tokens[0].type === TokenType.Identifier) {
      at = tokens[1]?.text === ":" ? 2 : 1;
      macros = this.candidates(tokens[at]);
    }
    if (!macros) return false;
    const label = tokens.slice(0, at);
    const values = at + 1 < tokens.length ? splitCommas(tokens.slice(at + 1)) : [];
    const macro = macros.find((m) => values.length >= m.least && (values.length <= m.most || m.greedy) && !m.running);
    if (!macro) {
      if (this.options.isInstruction(tokens[at].text.toLowerCase()) || macros.some((m) => m.running)) return false;
      const counts = macros.map((m) => (m.least === m.most ? m.least : `${m.least} to ${m.most}`)).join(" or ");
      fail(`macro '${tokens[at].text}' takes ${counts} parameters, not ${values.length}`);
    }
    if (macro.greedy && values.length > macro.most) {
      const all = splitCommas(tokens.slice(at + 1), macro.most);
      values.length = 0;
      values.push(...all);
    }
    while (values.length < macro.most && macro.defaults[values.length - macro.least]) {
      values.push(macro.defaults[values.length - macro.least]);
    }
    if (
      label.length &&
      !macro.body.some((l) => l.tokens.some((t) => t.type === TokenType.Parameter && t.text === "00"))
    ) {
      this.options.emit(
        tokens[1]?.text === ":" ? label : [...label, token(TokenType.Punctuation, ":", false)],
        this.place,
      );
    }
    this.runMacro(macro, values, label);
    return true;
  }

  private runMacro(macro: Macro, values: Token[][], label: Token[]): void {
    const { call, callPlace, exitMacro } = this;
    const depth = this.stack.length;
    this.callPlace ??= { file: this.place.file, line: this.place.line, context: ` (in macro ${macro.name})` };
    this.call = { macro, id: ++this.ids, values, label, rotation: 0 };
    this.exitMacro = false;
    macro.running = true;
    try {
      this.replay(macro.body, () => this.exitMacro);
      if (this.exitMacro) this.stack.length = depth;
      else if (this.stack.length !== depth) {
        this.stack.length = depth;
        throw new AssemblyError(`%if without %endif in macro ${macro.name}`);
      }
    } finally {
      macro.running = false;
      this.call = call;
      this.callPlace = callPlace;
      this.exitMacro = exitMacro;
    }
  }

  /** The line as the macro call at hand means it. */
  private parameters(tokens: Token[], call: Call): Token[] {
    return substituteParameters(this.contextNames(tokens), call);
  }

  /** `%$name` as an ordinary unique name. */
  private contextNames(tokens: Token[]): Token[] {
    if (!tokens.some((t) => t.type === TokenType.ContextLocal)) return tokens;
    return tokens.map((t) => {
      if (t.type !== TokenType.ContextLocal) return t;
      const [dollars] = /^\$+/.exec(t.text)!;
      const context = this.contexts[this.contexts.length - dollars.length] ?? fail(`%${t.text} without %push`);
      return token(TokenType.Identifier, `..@ctx${context.id}.${t.text.slice(dollars.length)}`, t.space);
    });
  }
}
