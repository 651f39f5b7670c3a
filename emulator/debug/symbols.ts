import { type ElfFile, type ElfSymbol, SectionFlag, SymbolType } from "./elf32.ts";
import { FormatError } from "./bytes.ts";
import { DebugInfo } from "./debug_info.ts";

/** What stands at an address. */
export interface Place {
  readonly name: string;
  /** Bytes past the start of `name`. */
  readonly offset: number;
  readonly file?: string;
  readonly line?: number;
}

interface Row {
  readonly start: number;
  end: number;
  readonly name: string;
  readonly isCode: boolean;
}

/** Names and source lines of one linked file. The symbol table is read at the first question, debug info when a line is asked for. */
export class SymbolTable {
  readonly info: DebugInfo;
  readonly #elf: ElfFile;
  #rows: Row[] | undefined;
  #values: Map<string, number> | undefined;
  #symbols: ElfSymbol[] | undefined;

  constructor(elf: ElfFile) {
    this.#elf = elf;
    this.info = new DebugInfo(elf);
  }

  /** True when `address` lies in a loaded segment of the file. */
  covers(address: number): boolean {
    return this.#elf.segments.some(
      ({ type, virtualAddress, memorySize }) =>
        type === 1 && address - virtualAddress >= 0 && address - virtualAddress < memorySize,
    );
  }

  /**
   * The symbol that holds `address`, with file and line when it is code that debug info describes. The name is the one of the source
   * (debug info), the symbol table's where there is none. Undefined outside every symbol.
   */
  lookup(address: number): Place | undefined {
    const row = rowAt(this.rows, address);
    if (row && !row.isCode) return { name: row.name, offset: address - row.start };
    const source = this.info.lines.lookup(address);
    const described = this.info.functionAt(address);
    if (described) {
      const start = described.ranges[0].low;
      // A function split in parts: an offset from the first part would be meaningless in the others.
      const offset = address >= start && address < described.ranges[0].high ? address - start : undefined;
      if (offset !== undefined) return { name: described.name, offset, ...source };
    }
    if (row) return { name: row.name, offset: address - row.start, ...source };
    return undefined;
  }

  /** The value of symbol `name`: its address. Global names win over local ones. */
  address(name: string): number | undefined {
    if (!this.#values) {
      this.#values = new Map();
      const symbols = this.#all.filter(
        (each) => each.section !== 0 && each.type !== SymbolType.SECTION && each.type !== SymbolType.FILE,
      );
      symbols.sort((a, b) => b.binding - a.binding);
      for (const each of symbols) if (!this.#values.has(each.name)) this.#values.set(each.name, each.value);
    }
    return this.#values.get(name);
  }

  /** The size of symbol `name` in bytes, as the symbol table gives it; 0 when it does not say. */
  size(name: string): number | undefined {
    return this.#all.find((each) => each.name === name && each.section !== 0)?.size;
  }

  /** Every named thing with an address, ascending, as completion and tables want it. */
  get names(): string[] {
    return this.rows.map((row) => row.name);
  }

  get #all(): ElfSymbol[] {
    if (!this.#symbols) {
      try {
        this.#symbols = this.#elf.symbols();
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        this.#symbols = [];
      }
    }
    return this.#symbols;
  }

  private get rows(): Row[] {
    return (this.#rows ??= buildRows(this.#elf, this.#all));
  }
}

/** Symbols with an address in a section that is loaded, one per address, each ending where its size or the next one says. */
function buildRows(elf: ElfFile, symbols: ElfSymbol[]): Row[] {
  let sections: ElfFile["sections"];
  try {
    sections = elf.sections;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [];
  }
  const usable = symbols.filter(
    ({ name, type, section, value }) =>
      name !== "" &&
      (type === SymbolType.NONE || type === SymbolType.OBJECT || type === SymbolType.FUNCTION) &&
      section !== 0 &&
      section < sections.length &&
      (sections[section].flags & SectionFlag.ALLOCATED) !== 0 &&
      // Marks such as _end and __bss_end stand behind the last byte.
      value - sections[section].address < sections[section].size &&
      value >= sections[section].address,
  );
  // At one address functions and objects come before labels, globals before locals.
  const rank = ({ type, binding }: ElfSymbol): number => (type === SymbolType.NONE ? 0 : 4) + binding;
  usable.sort((a, b) => a.value - b.value || rank(b) - rank(a));
  const names = new Set(usable.map(({ name }) => name));
  const rows: Row[] = [];
  let covered = 0;
  for (let index = 0; index < usable.length; index++) {
    const { name, value, size, section } = usable[index];
    if (index > 0 && usable[index - 1].value === value) continue;
    // A label inside a function that states its size is a part of that function, and so is an assembler's local label.
    if (size === 0 && (value < covered || isLocalLabel(name, names))) continue;
    const { address, size: length, flags } = sections[section];
    const end = size > 0 ? Math.min(value + size, address + length) : address + length;
    if (size > 0) covered = Math.max(covered, end);
    const previous = rows.at(-1);
    // A label without a size reaches to the next name.
    if (previous && previous.end > value) previous.end = value;
    rows.push({ start: value, end, name, isCode: (flags & SectionFlag.EXECUTABLE) !== 0 });
  }
  return rows;
}

/** NASM's `.loop` behind `copy:` is the symbol `copy.loop`. */
function isLocalLabel(name: string, names: ReadonlySet<string>): boolean {
  const dot = name.indexOf(".", 1);
  return dot > 0 && names.has(name.slice(0, dot));
}

function rowAt(rows: Row[], address: number): Row | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle].start <= address) low = middle + 1;
    else high = middle;
  }
  const found = rows[low - 1];
  return found && address < found.end ? found : undefined;
}

/** `main+0x1c`, or `main` at its first byte. */
export function formatPlace({ name, offset }: Place): string {
  return offset === 0 ? name : `${name}+0x${offset.toString(16)}`;
}
