/** db dw dd dq dt, resb and relatives, align, times, incbin: items that are not instructions. */
import { CodeBuffer } from "./encode.ts";
import { fail, type Place } from "./errors.ts";
import { type Expression, type TokenCursor } from "./expression.ts";
import { floatBytes } from "./floats.ts";
import { TokenType } from "./lexer.ts";
import { registers } from "./operands.ts";
import { Item, type Program, type Section } from "./program.ts";
import { InstructionItem } from "./instruction.ts";
import type { RelocationKind } from "./types.ts";

export const dataWords: Record<string, number> = { db: 1, dw: 2, dd: 4, dq: 8, dt: 10, do: 16 };
export const reserveWords: Record<string, number> = { resb: 1, resw: 2, resd: 4, resq: 8, rest: 10, reso: 16 };

type Element = { bytes: Uint8Array } | { expression: Expression };

/** A string padded with zeros to a multiple of the unit. */
function stringBytes(text: string, unit: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(text.length / unit) * unit);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const specialFloat = /^__\??(infinity|nan|qnan|snan)\??__$/i;

function parseElement(cursor: TokenCursor, unit: number): Element {
  const t = cursor.peek();
  const ends = (ahead: number): boolean => cursor.peek(ahead) === undefined || cursor.isPunctuation(",", ahead);
  if (t?.type === TokenType.String && ends(1)) {
    cursor.at++;
    return { bytes: stringBytes(t.text, unit) };
  }
  const negative = t?.text === "-" && t.type === TokenType.Punctuation;
  const signed = negative || (t?.text === "+" && t.type === TokenType.Punctuation);
  const number = signed ? cursor.peek(1) : t;
  if (
    number &&
    (number.type === TokenType.Float || (number.type === TokenType.Identifier && specialFloat.test(number.text)))
  ) {
    cursor.at += signed ? 2 : 1;
    return { bytes: floatBytes(number.text, negative, unit) };
  }
  if (registers.has(cursor.word())) fail(`register '${t!.text}' in data`);
  return { expression: cursor.expression() };
}

export function parseData(cursor: TokenCursor, section: Section, place: Place, unit: number): DataItem {
  const elements: Element[] = [];
  if (cursor.done) fail("no data after the directive");
  do {
    if (cursor.done) break; // a comma at the end of the line
    if (cursor.isPunctuation("?")) {
      cursor.at++;
      elements.push({ bytes: new Uint8Array(unit) });
    } else elements.push(parseElement(cursor, unit));
  } while (cursor.take(","));
  cursor.expectEnd();
  return new DataItem(section, place, unit, elements);
}

const relocationKinds: Record<number, RelocationKind> = { 1: "abs8", 2: "abs16", 4: "abs32" };

export class DataItem extends Item {
  readonly bytes: number;

  constructor(
    section: Section,
    place: Place,
    private readonly unit: number,
    private readonly elements: Element[],
  ) {
    super(section, place);
    this.bytes = elements.reduce((sum, e) => sum + ("bytes" in e ? e.bytes.length : unit), 0);
  }

  layout(): number {
    return this.bytes;
  }

  encodeInto(program: Program, out: CodeBuffer): void {
    for (const element of this.elements) {
      if ("bytes" in element) out.append(element.bytes);
      else this.value(program, element.expression, out);
    }
  }

  private value(program: Program, expression: Expression, out: CodeBuffer): void {
    const { unit } = this;
    const value = program.evaluate(expression, this) ?? fail("value depends on itself");
    if (value.registers) fail("a register in data");
    if (value.target) {
      const kind = relocationKinds[Math.min(unit, 4)];
      out.fixups.push({ offset: out.length, kind, target: value.target, addend: Number(value.n) });
      for (let i = 0; i < unit; i++) out.byte(0);
      return;
    }
    if (unit === 10) fail("dt takes floating-point constants and strings");
    const { n } = value;
    const limit = 2 ** (unit * 8);
    if (unit < 8 && (n >= limit || n < -limit / 2))
      fail(`value ${n} does not fit in ${unit} byte${unit > 1 ? "s" : ""}`);
    if (unit <= 4) out.value(Number(n) | 0, unit);
    else {
      let bits = BigInt.asUintN(unit * 8, BigInt(n));
      for (let i = 0; i < unit; i++, bits >>= 8n) out.byte(Number(bits & 0xffn));
    }
  }

  override emit(program: Program): void {
    this.encodeInto(program, this.section.out);
  }
}

/** resb and relatives; also `times N resb M`. */
export class ReserveItem extends Item {
  constructor(
    section: Section,
    place: Place,
    readonly count: Expression,
    private readonly unit: number,
  ) {
    super(section, place);
  }

  layout(program: Program): number {
    const count = program.number(this.count, this, "the count");
    if (count !== null && count < 0) fail(`negative count ${count}`);
    return (count ?? 0) * this.unit;
  }

  override emit(): void {
    reserve(this.section, this.size);
  }
}

/** Zeros in a section with contents; nothing in one without. */
function reserve(section: Section, size: number): void {
  if (section.nobits || section.absolute) return;
  section.out.reserve(size);
  section.out.length += size;
}

export class AlignItem extends Item {
  constructor(
    section: Section,
    place: Place,
    private readonly align: number,
    /** null: reserve. */
    private readonly fill: DataItem | InstructionItem | null,
  ) {
    super(section, place);
  }

  layout(): number {
    return -this.offset & (this.align - 1);
  }

  override emit(program: Program): void {
    const { out } = this.section;
    if (!this.fill || this.section.nobits) {
      reserve(this.section, this.size);
      return;
    }
    const end = out.length + this.size;
    while (out.length < end) this.fill.encodeInto(program, out, out.length);
    if (out.length !== end) fail("the padding of align is longer than a byte");
  }
}

/** times COUNT item: every repetition is encoded at its own place, `$` being that of the first. */
export class TimesItem extends Item {
  constructor(
    section: Section,
    place: Place,
    private readonly count: Expression,
    private readonly inner: Item,
  ) {
    super(section, place);
  }

  private times = 0;

  layout(program: Program): number {
    const count = program.number(this.count, this, "the count of times");
    if (count !== null && count < 0) fail(`times with the negative count ${count}`);
    this.times = count ?? 0;
    this.inner.offset = this.offset;
    this.inner.size = this.inner.layout(program);
    return this.times * this.inner.size;
  }

  override emit(program: Program): void {
    const { section, inner } = this;
    if (inner instanceof ReserveItem) {
      reserve(section, this.size);
      return;
    }
    if (this.size > 0) section.lines.push({ offset: section.out.length, place: this.place });
    for (let i = 0; i < this.times; i++) {
      if (inner instanceof InstructionItem || inner instanceof DataItem) {
        inner.encodeInto(program, section.out, this.offset + i * inner.size);
      }
    }
  }
}

export class BytesItem extends Item {
  constructor(
    section: Section,
    place: Place,
    private readonly contents: Uint8Array,
  ) {
    super(section, place);
  }

  layout(): number {
    return this.contents.length;
  }

  override emit(): void {
    this.section.out.append(this.contents);
  }
}
