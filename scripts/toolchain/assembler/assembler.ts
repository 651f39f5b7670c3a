/** One run of the assembler: statements from the preprocessor become items of the program. */
import { CfiState, isCfi } from "./cfi.ts";
import { AlignItem, BytesItem, DataItem, dataWords, parseData, ReserveItem, reserveWords, TimesItem } from "./data.ts";
import { AssemblyError, ErrorLog, fail, nearest, type Place } from "./errors.ts";
import { type Expression, plain, TokenCursor } from "./expression.ts";
import { InstructionItem, isMnemonic, mnemonics, parseInstruction } from "./instruction.ts";
import { lex, type Token, TokenType } from "./lexer.ts";
import { registers } from "./operands.ts";
import { Preprocessor } from "./preprocessor.ts";
import { EquItem, type Item, LabelItem, MarkerItem, Program, Section } from "./program.ts";
import { parseSection } from "./sections.ts";
import type { AssembleOptions } from "./types.ts";

type Directive = (this: Assembler, cursor: TokenCursor, place: Place) => void;

const zero: Expression = { op: "number", value: 0 };

export class Assembler {
  readonly errors = new ErrorLog();
  readonly program: Program;
  bits: 16 | 32;
  org: number | null = null;
  private section: Section;
  private sectionBeforeStruct: Section | null = null;
  private structName = "";
  private instance: { name: string; start: Expression } | null = null;
  /** Non-local label that `.x` belongs to. */
  private parent = "";
  private readonly cfi = new CfiState();
  private readonly preprocessor: Preprocessor;

  constructor(
    private readonly options: AssembleOptions,
    bits: 16 | 32,
    flat: boolean,
  ) {
    this.bits = bits;
    this.program = new Program(this.errors, flat);
    this.section = parseSection(this.cursorOf(lex(".text")), this.program.sections, flat);
    this.preprocessor = new Preprocessor({
      errors: this.errors,
      include: options.include,
      bits: () => this.bits,
      isInstruction: (name) => isStatementWord(name),
      emit: (tokens, place) => this.statement(tokens, place),
    });
    for (const [name, value] of Object.entries(options.defines ?? {})) {
      this.preprocessor.defines.set(name, { parameters: null, body: lex(String(value)) }, false);
    }
  }

  /** Reads the source and settles the layout. `place` gives sections their addresses in every pass. */
  run(source: string, place: (program: Program) => void): void {
    this.preprocessor.process(source, this.options.file);
    if (this.cfi.place) this.errors.guard(this.cfi.place, () => this.cfi.finish());
    if (this.structName)
      this.errors.report({ file: this.options.file, line: 0, context: "" }, "struc without endstruc");
    this.program.layout(place);
    this.program.emit();
  }

  private cursorOf(tokens: readonly Token[]): TokenCursor {
    return new TokenCursor(tokens, (name) => this.qualify(name));
  }

  private qualify(name: string): string {
    return name[0] === "." && !name.startsWith("..") ? this.parent + name : name;
  }

  private add(item: Item): void {
    this.program.items.push(item);
  }

  // Statements

  private statement(tokens: Token[], place: Place): void {
    this.errors.guard(place, () => {
      const bracketed = tokens[0]?.text === "[" && tokens[tokens.length - 1].text === "]";
      this.parse(this.cursorOf(bracketed ? tokens.slice(1, -1) : tokens), place);
    });
  }

  private parse(cursor: TokenCursor, place: Place): void {
    const first = cursor.peek()!;
    if (first.type !== TokenType.Identifier) fail(`instruction or label expected ${cursor.where()}`);
    const word = cursor.word();
    const hasColon = cursor.isPunctuation(":", 1);
    if (hasColon || (!isStatementWord(word) && cursor.tokens.length > 1 && isStatementWord(cursor.word(1)))) {
      if (registers.has(word)) fail(`'${first.text}' is a register and cannot be a label`);
      cursor.at += hasColon ? 2 : 1;
      if (cursor.word() === "equ") {
        cursor.at++;
        this.equ(this.qualify(first.text), cursor, place);
        return;
      }
      this.label(first.text, place);
      if (cursor.done) return;
    }
    const item = this.operation(cursor, place);
    if (item) this.add(item);
  }

  private label(name: string, place: Place): void {
    const local = name[0] === ".";
    if (local && !this.parent && !name.startsWith("..")) fail(`local label '${name}' before any other label`);
    const symbol = this.program.define(this.qualify(name), place);
    if (!local) this.parent = name;
    this.add(new LabelItem(this.section, place, symbol));
  }

  private equ(name: string, cursor: TokenCursor, place: Place): void {
    const symbol = this.program.define(name, place);
    symbol.isEqu = true;
    const expression = cursor.expression();
    cursor.expectEnd();
    this.add(new EquItem(this.section, place, symbol, expression));
    // Known at once where it is made of numbers, for directives that cannot wait.
    try {
      symbol.value = plain(this.program.early(expression, name));
    } catch (error) {
      if (!(error instanceof AssemblyError)) throw error;
    }
  }

  /** What a line does after its label; null when it leaves nothing in the section. */
  private operation(cursor: TokenCursor, place: Place): Item | null {
    const word = cursor.word();
    const start = cursor.peek()!;
    if (Object.hasOwn(directives, word)) {
      cursor.at++;
      directives[word].call(this, cursor, place);
      cursor.expectEnd();
      return null;
    }
    if (isCfi(word)) {
      cursor.at++;
      this.cfi.parse(word, cursor, this.section, place, this.program);
      return null;
    }
    if (Object.hasOwn(dataWords, word)) {
      cursor.at++;
      return this.contents(parseData(cursor, this.section, place, dataWords[word]));
    }
    if (Object.hasOwn(reserveWords, word)) {
      cursor.at++;
      const count = cursor.expression();
      cursor.expectEnd();
      return new ReserveItem(this.section, place, count, reserveWords[word]);
    }
    if (word === "times") return this.times(cursor, place);
    if (word === "align" || word === "alignb") return this.align(cursor, place, word);
    if (word === "incbin") return this.incbin(cursor, place);
    if (!isMnemonic(word)) {
      if (cursor.isPunctuation(":", 1) || start.type !== TokenType.Identifier)
        fail(`instruction expected ${cursor.where()}`);
      const near = nearest(word, [...mnemonics(), ...Object.keys(directives), ...Object.keys(dataWords), ...Object.keys(reserveWords)]); // prettier-ignore
      fail(`unknown instruction '${start.text}'${near ? `, did you mean '${near}'?` : ""}`);
    }
    return this.contents(parseInstruction(cursor, this.section, place, this.bits));
  }

  /** Contents have no place in nobits and absolute sections. */
  private contents<T extends Item>(item: T): T {
    const { section } = this;
    if (section.absolute) fail("only resb and its relatives make sense in absolute space");
    if (section.nobits) fail(`only resb and its relatives make sense in the nobits section '${section.name}'`);
    return item;
  }

  private times(cursor: TokenCursor, place: Place): Item {
    cursor.at++;
    const count = cursor.expression();
    if (cursor.done) fail("times needs something to repeat");
    const inner = this.operation(cursor, place);
    if (inner === null || inner instanceof TimesItem || inner instanceof AlignItem) fail("times cannot repeat this");
    return new TimesItem(this.section, place, count, inner);
  }

  private align(cursor: TokenCursor, place: Place, word: string): Item {
    cursor.at++;
    const align = this.constant(cursor, "an alignment");
    if (align < 1 || (align & (align - 1)) !== 0) fail("an alignment is a power of two");
    this.section.align = Math.max(this.section.align, align);
    let fill: Item | null = null;
    if (cursor.take(",")) fill = this.operation(cursor, place);
    else if (word === "align" && !this.section.nobits && !this.section.absolute) {
      fill = parseInstruction(this.cursorOf(lex("nop")), this.section, place, this.bits);
    }
    cursor.expectEnd();
    if (!(fill instanceof DataItem || fill instanceof InstructionItem)) fill = null;
    return new AlignItem(this.section, place, align, fill);
  }

  private incbin(cursor: TokenCursor, place: Place): Item {
    cursor.at++;
    const path = cursor.peek();
    if (path?.type !== TokenType.String) fail("incbin needs a file name in quotes");
    cursor.at++;
    const contents = this.options.readBinary?.(path.text) ?? fail(`cannot read '${path.text}'`);
    const skip = cursor.take(",") ? this.constant(cursor, "an offset") : 0;
    const length = cursor.take(",") ? this.constant(cursor, "a length") : contents.length;
    cursor.expectEnd();
    return this.contents(new BytesItem(this.section, place, contents.slice(skip, skip + length)));
  }

  /** An expression that must be known now. */
  constant(cursor: TokenCursor, what: string): number {
    return this.program.early(cursor.expression(), what);
  }

  // Directives: called with the cursor behind their name

  setBits(bits: number): void {
    if (bits !== 16 && bits !== 32) fail(`bits ${bits}: 16 and 32 are the modes of this processor`);
    this.bits = bits;
  }

  enterSection(cursor: TokenCursor): void {
    this.endInstanceCheck();
    this.section = parseSection(cursor, this.program.sections, this.program.flat);
  }

  private endInstanceCheck(): void {
    if (this.structName) fail("section inside struc");
  }

  absolute(cursor: TokenCursor): void {
    this.section = this.absoluteSection(cursor.expression());
  }

  private absoluteSection(origin: Expression): Section {
    const section = new Section("absolute", 0, 1, true);
    section.absolute = origin;
    section.origin = this.program.early(origin, "the origin");
    this.program.sections.set(`absolute\0${this.program.sections.size}`, section);
    return section;
  }

  /** `global a, b:function (size)`, `extern a`. */
  declare(cursor: TokenCursor, place: Place, kind: "global" | "extern"): void {
    do {
      const t = cursor.peek();
      if (t?.type !== TokenType.Identifier) fail(`${kind} needs names`);
      cursor.at++;
      const symbol = this.program.symbol(this.qualify(t.text));
      if (kind === "global") symbol.isGlobal = true;
      else if (symbol.defined) fail(`symbol '${t.text}' is defined and declared extern`);
      else symbol.isExtern = true;
      symbol.place ??= place;
      if (!cursor.take(":")) continue;
      for (; !cursor.done && !cursor.isPunctuation(",");) {
        const word = cursor.word();
        if (word === "function" || word === "data") symbol.type = word;
        if (/^(function|data|object|notype|default|internal|hidden|protected|weak|strong|required)$/.test(word)) {
          cursor.at++;
          continue;
        }
        const item = new MarkerItem(this.section, place);
        this.add(item);
        symbol.sizeExpression = { expression: cursor.expression(), item };
      }
    } while (cursor.take(","));
  }

  beginStruct(cursor: TokenCursor, place: Place): void {
    const name = cursor.peek();
    if (name?.type !== TokenType.Identifier) fail("struc needs a name");
    if (this.structName) fail("struc inside struc");
    cursor.at++;
    const origin = cursor.take(",") ? cursor.expression() : zero;
    this.sectionBeforeStruct = this.section;
    this.section = this.absoluteSection(origin);
    this.structName = name.text;
    this.parent = name.text;
    this.add(new LabelItem(this.section, place, this.program.define(name.text, place)));
  }

  endStruct(place: Place): void {
    if (!this.sectionBeforeStruct) fail("endstruc without struc");
    const size = this.program.define(`${this.structName}_size`, place);
    const expression: Expression = { op: "binary", operator: "-", a: { op: "here" }, b: { op: "section" } };
    this.add(new EquItem(this.section, place, size, expression));
    this.section = this.sectionBeforeStruct;
    this.sectionBeforeStruct = null;
    this.structName = "";
  }

  /** `istruc NAME` ... `at FIELD, data` ... `iend`. */
  beginInstance(cursor: TokenCursor, place: Place): void {
    const name = cursor.peek();
    if (name?.type !== TokenType.Identifier) fail("istruc needs a name");
    cursor.at++;
    const label = `..@istruc${this.program.items.length}`;
    this.add(new LabelItem(this.section, place, this.program.define(label, place)));
    this.instance = { name: name.text, start: { op: "symbol", name: label } };
  }

  /** Pads up to the field, then the rest of the line is a statement of its own. */
  atField(cursor: TokenCursor, place: Place): void {
    const instance = this.instance ?? fail("at without istruc");
    const { parent } = this;
    this.parent = instance.name;
    const field = cursor.expression();
    this.parent = parent;
    this.padInstance({ op: "binary", operator: "-", a: field, b: { op: "symbol", name: instance.name } }, place);
    if (!cursor.take(",")) return;
    const item = this.operation(cursor, place);
    if (item) this.add(item);
    cursor.at = cursor.tokens.length;
  }

  endInstance(place: Place): void {
    const instance = this.instance ?? fail("iend without istruc");
    this.padInstance({ op: "symbol", name: `${instance.name}_size` }, place);
    this.instance = null;
  }

  private padInstance(upTo: Expression, place: Place): void {
    const { start } = this.instance!;
    const used: Expression = { op: "binary", operator: "-", a: { op: "here" }, b: start };
    const count: Expression = { op: "binary", operator: "-", a: upTo, b: used };
    this.add(new ReserveItem(this.section, place, count, 1));
  }
}

const directives: Record<string, Directive> = {
  bits(cursor) {
    this.setBits(this.constant(cursor, "the mode"));
  },
  use16() {
    this.setBits(16);
  },
  use32() {
    this.setBits(32);
  },
  org(cursor) {
    if (!this.program.flat) fail("org makes sense in flat binaries only");
    if (this.org !== null) fail("org given twice");
    this.org = this.constant(cursor, "the origin");
  },
  section(cursor) {
    this.enterSection(cursor);
  },
  segment(cursor) {
    this.enterSection(cursor);
  },
  absolute(cursor) {
    this.absolute(cursor);
  },
  global(cursor, place) {
    this.declare(cursor, place, "global");
  },
  extern(cursor, place) {
    this.declare(cursor, place, "extern");
  },
  required(cursor, place) {
    this.declare(cursor, place, "extern");
  },
  struc(cursor, place) {
    this.beginStruct(cursor, place);
  },
  endstruc(_, place) {
    this.endStruct(place);
  },
  istruc(cursor, place) {
    this.beginInstance(cursor, place);
  },
  at(cursor, place) {
    this.atField(cursor, place);
  },
  iend(_, place) {
    this.endInstance(place);
  },
  cpu(cursor) {
    cursor.at = cursor.tokens.length;
  },
  default(cursor) {
    cursor.at = cursor.tokens.length;
  },
};

const statementWords = new Set([
  ...Object.keys(directives),
  ...Object.keys(dataWords),
  ...Object.keys(reserveWords),
  "equ",
  "times",
  "align",
  "alignb",
  "incbin",
]);

const isStatementWord = (word: string): boolean => statementWords.has(word) || isMnemonic(word) || isCfi(word);
