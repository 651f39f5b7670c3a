import { ByteReader, FormatError } from "../bytes.ts";
import { type Abbreviation, type AbbreviationTable, readAbbreviations } from "./abbreviations.ts";
import { Attribute, Tag } from "./constants.ts";
import { type FormContext, type FormValue, readForm, skipForm } from "./forms.ts";
import type { DwarfSections } from "./sections.ts";

/** One unit of .debug_info (DWARF 4, section 7.5.1; DWARF 5, section 7.5.1). */
export interface Unit extends FormContext {
  /** Where its first entry starts, and where the unit ends, in .debug_info. */
  readonly first: number;
  readonly end: number;
  readonly abbreviations: AbbreviationTable;
  /** Nobody may hold on to its position across calls. */
  readonly reader: ByteReader;
  name: string;
  directory: string;
  lowPc: number;
  /** Offset of its line number program in .debug_line, or -1. */
  lineProgram: number;
  rangeListsBase: number;
}

/** A debugging information entry. Attributes are read on demand, since most entries are only walked past. */
export class Entry {
  constructor(
    readonly unit: Unit,
    readonly offset: number,
    readonly abbreviation: Abbreviation,
    private readonly attributesAt: number,
  ) {}

  get tag(): Tag | number {
    return this.abbreviation.tag;
  }

  attribute(wanted: Attribute): FormValue | undefined {
    const { attributes, forms, constants } = this.abbreviation;
    const position = attributes.indexOf(wanted);
    if (position < 0) return undefined;
    const reader = infoReader(this.unit, this.attributesAt);
    for (let index = 0; index < position; index++) skipForm(reader, forms[index], this.unit);
    return readForm(reader, forms[position], constants[position], this.unit);
  }

  form(wanted: Attribute): number {
    const position = this.abbreviation.attributes.indexOf(wanted);
    return position < 0 ? 0 : this.abbreviation.forms[position];
  }

  number(wanted: Attribute): number | undefined {
    const value = this.attribute(wanted);
    return typeof value === "number" ? value : undefined;
  }

  text(wanted: Attribute): string | undefined {
    const value = this.attribute(wanted);
    return typeof value === "string" ? value : undefined;
  }

  /** Where the entries after this one's attributes start: its first child, or its next sibling. */
  get attributesEnd(): number {
    const reader = infoReader(this.unit, this.attributesAt);
    skipAttributes(reader, this.abbreviation, this.unit);
    return reader.offset;
  }

  *children(): Generator<Entry> {
    if (this.abbreviation.hasChildren) yield* siblings(this.unit, this.attributesEnd);
  }
}

/** The entry at `offset`, or undefined where a null entry ends a list. */
export function entryAt(unit: Unit, offset: number): Entry | undefined {
  const reader = infoReader(unit, offset);
  const code = reader.uleb();
  if (code === 0) return undefined;
  const abbreviation = unit.abbreviations.get(code);
  if (!abbreviation) throw new FormatError(`.debug_info: no abbreviation ${code} (at 0x${offset.toString(16)})`);
  return new Entry(unit, offset, abbreviation, reader.offset);
}

/** The entries of one level, from `offset` to the null entry that ends it. */
export function* siblings(unit: Unit, offset: number): Generator<Entry> {
  let at = offset;
  while (at < unit.end) {
    const entry = entryAt(unit, at);
    if (!entry) return;
    yield entry;
    at = after(entry);
  }
}

/** Where the sibling after `entry` starts. */
function after(entry: Entry): number {
  if (!entry.abbreviation.hasChildren) return entry.attributesEnd;
  const sibling = entry.number(Attribute.SIBLING);
  // Only forward, so that a hostile file cannot make a ring of siblings.
  if (sibling !== undefined && sibling > entry.offset && sibling <= entry.unit.end) return sibling;
  const { unit } = entry;
  const reader = infoReader(unit, entry.attributesEnd);
  for (let depth = 1; depth > 0 && !reader.atEnd;) {
    const code = reader.uleb();
    if (code === 0) {
      depth--;
      continue;
    }
    const abbreviation = unit.abbreviations.get(code);
    if (!abbreviation) throw new FormatError(`.debug_info: no abbreviation ${code}`);
    skipAttributes(reader, abbreviation, unit);
    if (abbreviation.hasChildren) depth++;
  }
  return reader.offset;
}

function skipAttributes(reader: ByteReader, { size, forms }: Abbreviation, unit: Unit): void {
  if (size >= 0) reader.skip(size);
  else for (const form of forms) skipForm(reader, form, unit);
}

/** The unit's one reader, set to `offset`. Making one for every entry would cost more than reading the entry. */
function infoReader(unit: Unit, offset: number): ByteReader {
  const { reader } = unit;
  if (offset > reader.end) throw new FormatError(`.debug_info: nothing at offset 0x${offset.toString(16)}`);
  reader.offset = offset;
  return reader;
}

/** All compile units, headers and root attributes only. */
export function readUnits(sections: DwarfSections): Unit[] {
  const units: Unit[] = [];
  const tables = new Map<string, AbbreviationTable>();
  const reader = new ByteReader(sections.info, ".debug_info");
  while (!reader.atEnd) {
    const unit = readUnitHeader(reader, sections, tables);
    if (unit) units.push(unit);
  }
  return units;
}

function readUnitHeader(
  reader: ByteReader,
  sections: DwarfSections,
  tables: Map<string, AbbreviationTable>,
): Unit | undefined {
  const offset = reader.offset;
  let length = reader.u32();
  const offsetSize = length === 0xffff_ffff ? 8 : 4;
  if (offsetSize === 8) length = reader.u64();
  const body = reader.sub(length);
  const version = body.u16();
  if (version < 2 || version > 5) throw new FormatError(`.debug_info: version ${version} is not understood`);
  let addressSize = 4;
  let abbreviationOffset: number;
  if (version >= 5) {
    const type = body.u8();
    addressSize = body.u8();
    abbreviationOffset = body.unsigned(offsetSize);
    if (type === 4 || type === 5) body.skip(8); // skeleton and split units carry an id
    // Type units (2, 6) are reached by signature only, which this reader does not follow.
    if (type === 2 || type === 6) return undefined;
  } else {
    abbreviationOffset = body.unsigned(offsetSize);
    addressSize = body.u8();
  }
  const key = `${abbreviationOffset} ${offsetSize} ${addressSize}`;
  let abbreviations = tables.get(key);
  if (!abbreviations) {
    abbreviations = readAbbreviations(sections.abbreviations, abbreviationOffset, offsetSize, addressSize);
    tables.set(key, abbreviations);
  }
  const unit: Unit = {
    sections,
    version,
    addressSize,
    offsetSize,
    offset,
    first: body.offset,
    end: body.end,
    abbreviations,
    reader: body,
    // Defaults of DWARF 5 sections 7.26 and 7.27: just past a header of the table.
    stringOffsetsBase: offsetSize === 8 ? 16 : 8,
    addressBase: offsetSize === 8 ? 16 : 8,
    rangeListsBase: offsetSize === 8 ? 20 : 12,
    name: "",
    directory: "",
    lowPc: 0,
    lineProgram: -1,
  };
  readRootAttributes(unit);
  return unit;
}

function readRootAttributes(unit: Unit): void {
  const root = unit.first < unit.end ? entryAt(unit, unit.first) : undefined;
  if (!root) return;
  // The bases first: names and addresses may be given as indices into their tables.
  unit.stringOffsetsBase = root.number(Attribute.STR_OFFSETS_BASE) ?? unit.stringOffsetsBase;
  unit.addressBase = root.number(Attribute.ADDR_BASE) ?? unit.addressBase;
  unit.rangeListsBase = root.number(Attribute.RNGLISTS_BASE) ?? unit.rangeListsBase;
  unit.name = root.text(Attribute.NAME) ?? "";
  unit.directory = root.text(Attribute.COMP_DIR) ?? "";
  unit.lowPc = root.number(Attribute.LOW_PC) ?? 0;
  unit.lineProgram = root.number(Attribute.STMT_LIST) ?? -1;
}
