import { FormatError } from "./bytes.ts";
import { Attribute, Tag } from "./dwarf/constants.ts";
import { LineTable } from "./dwarf/line_table.ts";
import { staticLocation } from "./dwarf/location.ts";
import { type AddressRange, codeRanges } from "./dwarf/ranges.ts";
import { dwarfSections } from "./dwarf/sections.ts";
import { type EnumType, type StructType, type Type, TypeReader } from "./dwarf/types.ts";
import { type Entry, type Unit, entryAt, readUnits, siblings } from "./dwarf/units.ts";
import type { ElfFile } from "./elf32.ts";

/** A function with code. */
export interface FunctionInfo {
  readonly name: string;
  readonly ranges: readonly AddressRange[];
  readonly entry: Entry;
}

/** A variable that exists for the whole run. */
export interface GlobalVariable {
  readonly name: string;
  readonly type: Type;
  /** Its linear address; undefined when the variable has only a value (a constant the compiler folded). */
  readonly address: number | undefined;
  readonly value: number | undefined;
}

interface Index {
  readonly functions: FunctionInfo[];
  /** The same functions by the ranges they cover, ascending. */
  readonly byAddress: { readonly low: number; readonly high: number; readonly info: FunctionInfo }[];
  readonly structs: Map<string, Entry>;
  readonly enums: Map<string, Entry>;
  readonly typedefs: Map<string, Entry>;
  readonly globals: Map<string, Entry>;
}

/**
 * The DWARF of one file, read in layers as they are asked for: unit headers, line table, an index of names. A part that cannot be
 * read is left out and named in `problems`; nothing here throws for what the file holds, except the type accessors of a found type.
 */
export class DebugInfo {
  readonly #elf: ElfFile;
  readonly #problems: string[] = [];
  #units: Unit[] | undefined;
  #lines: LineTable | undefined;
  #index: Index | undefined;
  readonly #types = new TypeReader((offset) => this.#unitOf(offset));

  constructor(elf: ElfFile) {
    this.#elf = elf;
  }

  /** What could not be read so far, one line each. */
  get problems(): readonly string[] {
    return [...this.#problems, ...(this.#lines?.problems ?? [])];
  }

  get units(): readonly Unit[] {
    this.#units ??= this.#guard(() => readUnits(dwarfSections(this.#elf))) ?? [];
    return this.#units;
  }

  get lines(): LineTable {
    return (this.#lines ??= new LineTable(this.units));
  }

  get functions(): readonly FunctionInfo[] {
    return this.#indexed.functions;
  }

  functionAt(address: number): FunctionInfo | undefined {
    const ranges = this.#indexed.byAddress;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle].low <= address) low = middle + 1;
      else high = middle;
    }
    const found = ranges[low - 1];
    return found && address < found.high ? found.info : undefined;
  }

  /** The struct, class or union called `name` (a typedef of one counts). */
  struct(name: string): StructType | undefined {
    const type = this.#named(this.#indexed.structs, name);
    return type && (type.kind === "struct" || type.kind === "union") ? type : undefined;
  }

  enumeration(name: string): EnumType | undefined {
    const type = this.#named(this.#indexed.enums, name);
    return type?.kind === "enum" ? type : undefined;
  }

  /** The global variable `name`, file-local ones included; where several share the name, the first. */
  global(name: string): GlobalVariable | undefined {
    const entry = this.#indexed.globals.get(name);
    if (!entry) return undefined;
    return this.#guard(() => {
      const { address, value } = staticLocation(entry);
      const typed = this.#withAttribute(entry, Attribute.TYPE) ?? entry;
      return { name, type: this.#types.ofEntry(typed), address, value };
    });
  }

  get globalNames(): string[] {
    return [...this.#indexed.globals.keys()];
  }

  #named(table: Map<string, Entry>, name: string): Type | undefined {
    const entry = table.get(name) ?? this.#indexed.typedefs.get(name);
    return entry && this.#guard(() => this.#types.at(entry));
  }

  #unitOf(offset: number): Unit | undefined {
    const units = this.units;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (units[middle].offset <= offset) low = middle + 1;
      else high = middle;
    }
    const found = units[low - 1];
    return found && offset < found.end ? found : undefined;
  }

  get #indexed(): Index {
    return (this.#index ??= this.#buildIndex());
  }

  #buildIndex(): Index {
    const index: Index = {
      functions: [],
      byAddress: [],
      structs: new Map(),
      enums: new Map(),
      typedefs: new Map(),
      globals: new Map(),
    };
    for (const unit of this.units) {
      this.#guard(() => {
        for (const root of siblings(unit, unit.first)) this.#indexChildren(root, index, 0);
      });
    }
    index.byAddress.sort((a, b) => a.low - b.low);
    return index;
  }

  #indexChildren(parent: Entry, index: Index, depth: number): void {
    for (const entry of parent.children()) {
      switch (entry.tag) {
        case Tag.SUBPROGRAM:
          this.#guard(() => this.#indexFunction(entry, index));
          break;
        case Tag.STRUCTURE_TYPE:
        case Tag.CLASS_TYPE:
        case Tag.UNION_TYPE:
          addDefinition(index.structs, entry);
          break;
        case Tag.ENUMERATION_TYPE:
          addDefinition(index.enums, entry);
          break;
        case Tag.TYPEDEF:
          addDefinition(index.typedefs, entry);
          break;
        case Tag.VARIABLE:
          this.#indexVariable(entry, index);
          break;
        case Tag.NAMESPACE:
          if (depth < 16) this.#indexChildren(entry, index, depth + 1);
      }
    }
  }

  #indexFunction(entry: Entry, index: Index): void {
    const ranges = codeRanges(entry).filter(({ low, high }) => low !== 0 && high > low);
    if (ranges.length === 0) return;
    const name = this.#nameOf(entry);
    if (name === undefined) return;
    const info = { name, ranges, entry };
    index.functions.push(info);
    for (const { low, high } of ranges) index.byAddress.push({ low, high, info });
  }

  #indexVariable(entry: Entry, index: Index): void {
    if (entry.form(Attribute.LOCATION) === 0 && entry.form(Attribute.CONST_VALUE) === 0) return;
    const name = this.#nameOf(entry);
    if (name !== undefined && !index.globals.has(name)) index.globals.set(name, entry);
  }

  #nameOf(entry: Entry): string | undefined {
    return this.#withAttribute(entry, Attribute.NAME)?.text(Attribute.NAME);
  }

  /** `entry`, or the declaration or abstract instance it completes: the first that has `attribute`. */
  #withAttribute(entry: Entry, attribute: Attribute): Entry | undefined {
    let at: Entry | undefined = entry;
    for (let steps = 0; at && steps < 8; steps++) {
      if (at.form(attribute) !== 0) return at;
      const origin: number | undefined = at.number(Attribute.SPECIFICATION) ?? at.number(Attribute.ABSTRACT_ORIGIN);
      if (origin === undefined) return undefined;
      const unit = this.#unitOf(origin);
      at = unit && entryAt(unit, origin);
    }
    return undefined;
  }

  #guard<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      if (!this.#problems.includes(error.message) && this.#problems.length < 16) this.#problems.push(error.message);
      return undefined;
    }
  }
}

function addDefinition(table: Map<string, Entry>, entry: Entry): void {
  if (entry.form(Attribute.DECLARATION) !== 0) return;
  const name = entry.text(Attribute.NAME);
  if (name !== undefined && !table.has(name)) table.set(name, entry);
}
