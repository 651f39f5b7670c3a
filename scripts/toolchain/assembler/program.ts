/** The assembled program while it takes shape: sections, symbols, and items whose sizes are settled in passes. */
import { CodeBuffer } from "./encode.ts";
import { type ErrorLog, fail, type Place } from "./errors.ts";
import { type Environment, evaluate, type Expression, plain, type Value } from "./expression.ts";
import type { Int } from "./integers.ts";
import type { Target } from "./operands.ts";
import type { CfiProcedure } from "./types.ts";

export class Section implements Target {
  readonly isSection = true;
  /** Bytes so far in the pass at work. */
  size = 0;
  align: number;
  /** `absolute ORIGIN` and struc: labels are plain numbers from here, nothing is emitted. */
  absolute: Expression | null = null;
  origin = 0;
  /** Flat binaries: the load address. */
  address = 0;
  readonly out = new CodeBuffer(64);
  readonly lines: { offset: number; place: Place }[] = [];

  constructor(
    readonly name: string,
    public flags: number,
    align: number,
    public nobits: boolean,
  ) {
    this.align = align;
  }
}

export class ProgramSymbol implements Target {
  readonly isSection = false;
  /** null: not defined here, or not known yet in this pass. */
  value: Value | null = null;
  defined = false;
  isExtern = false;
  isGlobal = false;
  isEqu = false;
  /** From `global name:function`. */
  type: "" | "function" | "data" = "";
  sizeExpression: { expression: Expression; item: Item } | null = null;
  place: Place | null = null;

  constructor(readonly name: string) {}
}

/** A place in a section: what `$` and `$$` mean. */
export interface Located {
  readonly section: Section;
  readonly offset: number;
}

/** A piece of a section. `layout` gives its size for the addresses assumed in this pass, `emit` its bytes in the last. */
export abstract class Item {
  offset = 0;
  size = 0;
  constructor(
    readonly section: Section,
    readonly place: Place,
  ) {}
  abstract layout(program: Program): number;
  emit(_program: Program): void {}
}

export class LabelItem extends Item {
  constructor(
    section: Section,
    place: Place,
    readonly symbol: ProgramSymbol,
  ) {
    super(section, place);
  }

  layout(program: Program): number {
    const value = program.hereOf(this);
    const old = this.symbol.value;
    if (!old || old.n !== value.n) program.changed = true;
    this.symbol.value = value;
    return 0;
  }
}

export class EquItem extends Item {
  constructor(
    section: Section,
    place: Place,
    readonly symbol: ProgramSymbol,
    readonly expression: Expression,
  ) {
    super(section, place);
  }

  layout(program: Program): number {
    const value = program.tryEvaluate(this.expression, this);
    const old = this.symbol.value;
    if (old?.n !== value?.n || old?.target !== value?.target) program.changed = true;
    this.symbol.value = value;
    return 0;
  }

  override emit(program: Program): void {
    if (program.value(this.expression, this).registers) fail("equ of a register");
  }
}

/** A place in a section, and something to do when its offset is final. */
export class MarkerItem extends Item {
  constructor(
    section: Section,
    place: Place,
    private readonly action: ((program: Program, item: Item) => void) | null = null,
  ) {
    super(section, place);
  }

  layout(): number {
    return 0;
  }

  override emit(program: Program): void {
    this.action?.(program, this);
  }
}

/** Sizes are bounded so that a slip of the pen does not eat the machine: 256 MiB. */
const maximumSize = 1 << 28;

export class Program {
  readonly sections = new Map<string, Section>();
  readonly symbols = new Map<string, ProgramSymbol>();
  readonly items: Item[] = [];
  readonly cfi: { procedure: CfiProcedure; section: Section }[] = [];
  changed = false;
  /** True from the pass on in which instructions may no longer shrink. */
  growOnly = false;

  constructor(
    readonly errors: ErrorLog,
    /** Flat binaries: addresses are known, so expressions may use them freely. */
    readonly flat: boolean,
  ) {
    if (flat) this.environment.resolve = (value) => this.resolve(value);
  }

  symbol(name: string): ProgramSymbol {
    let symbol = this.symbols.get(name);
    if (!symbol) this.symbols.set(name, (symbol = new ProgramSymbol(name)));
    return symbol;
  }

  /** Marks a symbol as defined here; twice is an error. */
  define(name: string, place: Place): ProgramSymbol {
    const symbol = this.symbol(name);
    if (symbol.defined) {
      fail(`symbol '${name}' is already defined${symbol.place ? ` at ${symbol.place.file}:${symbol.place.line}` : ""}`);
    }
    if (symbol.isExtern) fail(`symbol '${name}' is declared extern and defined here`);
    symbol.defined = true;
    symbol.place = place;
    return symbol;
  }

  hereOf(item: Located): Value {
    const { section, offset } = item;
    return section.absolute ? plain(section.origin + offset) : { n: offset, target: section, registers: null };
  }

  /** One environment for all evaluations, standing at `current`. */
  private current: Located | null = null;
  private readonly environment: Environment = {
    lookup: (name) => this.lookup(name),
    here: () => this.hereOf(this.current!),
    sectionStart: () => this.hereOf({ section: this.current!.section, offset: 0 }),
  };

  private lookup(name: string): Value | null {
    const symbol = this.symbols.get(name);
    if (!symbol || (!symbol.defined && !symbol.isExtern)) fail(`symbol '${name}' is not defined`);
    return symbol.isExtern ? { n: 0, target: symbol, registers: null } : symbol.value;
  }

  private resolve(value: Value): Int | null {
    return value.target instanceof Section ? Number(value.n) + value.target.address : null;
  }

  /** A number that must be known while the source is being read (alignments, origins). */
  early(expression: Expression, what: string): number {
    const environment: Environment = {
      lookup: (name) => this.symbols.get(name)?.value ?? fail(`${what} must be known here, '${name}' is not`),
      here: () => fail(`${what} must be known here, '$' is not`),
      sectionStart: () => fail(`${what} must be known here, '$$' is not`),
    };
    const value = evaluate(expression, environment)!;
    if (value.registers || value.target) fail(`${what} must be a number`);
    return Number(value.n);
  }

  /** null while unknown; throws AssemblyError. */
  evaluate(expression: Expression, item: Located): Value | null {
    this.current = item;
    return evaluate(expression, this.environment);
  }

  /** For layout passes: null also for errors, which the last pass reports. */
  tryEvaluate(expression: Expression, item: Item): Value | null {
    if (this.broken.has(item)) return null;
    try {
      return this.evaluate(expression, item);
    } catch (error) {
      this.report(item, error);
      return null;
    }
  }

  /** Items with an error of their own: reported once, out of the game. */
  readonly broken = new Set<Item>();

  report(item: Item, error: unknown): void {
    this.errors.guard(item.place, () => {
      throw error;
    });
    this.broken.add(item);
  }

  /** For the last pass: the value, or an error. */
  value(expression: Expression, item: Item): Value {
    return this.evaluate(expression, item) ?? fail("value depends on itself");
  }

  /** A plain number, or an error naming what needed it. */
  number(expression: Expression, item: Located, what: string): number | null {
    const value = this.evaluate(expression, item);
    if (!value) return null;
    if (value.registers) fail(`${what} must be a number, not a register`);
    if (value.target) {
      const resolved = this.flat ? this.resolve(value) : null;
      if (resolved === null) fail(`${what} must be a number, not an address`);
      return Number(resolved);
    }
    return Number(value.n);
  }

  /** Settles all sizes. Sizes start small and grow with the distances, as far as a stable state. */
  layout(place: (program: Program) => void): void {
    for (let pass = 1; ; pass++) {
      this.changed = pass === 1;
      this.growOnly = pass > 20;
      for (const section of this.sections.values()) section.size = 0;
      for (const item of this.items) {
        const { section } = item;
        if (item.offset !== section.size) {
          item.offset = section.size;
          this.changed = true;
        }
        if (this.broken.has(item)) continue;
        let size = 0;
        try {
          size = item.layout(this);
          if (size > maximumSize || section.size + size > maximumSize) fail("section larger than 256 MiB");
        } catch (error) {
          this.report(item, error);
          size = 0;
        }
        if (size !== item.size) {
          item.size = size;
          this.changed = true;
        }
        section.size += size;
      }
      place(this);
      if (!this.changed) return;
      if (pass === 100) {
        const last = this.items.find((item) => item instanceof LabelItem || item instanceof EquItem);
        if (last) this.errors.report(last.place, "no stable layout: sizes depend on the addresses they change");
        return;
      }
    }
  }

  emit(): void {
    for (const item of this.items) {
      if (this.broken.has(item)) continue;
      this.errors.guard(item.place, () => item.emit(this));
    }
  }
}
