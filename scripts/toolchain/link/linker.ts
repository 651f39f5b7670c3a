// Puts the reached fragments of the program and all of the assembled objects at their addresses and resolves symbols.
import type { ObjectFile, ObjectSymbol } from "../assembler/types.ts";
import type { Fragment } from "../object/object.ts";
import { type OutputSection, type OutputSymbol, SectionFlags } from "./elf.ts";

const PAGE = 4096;

export interface AssembledObject {
  file: string;
  object: ObjectFile;
}

export interface LinkInput {
  fragments: Fragment[];
  objects: AssembledObject[];
  textBase: number;
  /** Load address of textBase, if it differs. */
  physicalBase: number | null;
  entrySymbol: string;
  defines: Record<string, number>;
  symbolTable: boolean;
}

export interface LinkedImage {
  entry: number;
  sections: OutputSection[];
  symbols: OutputSymbol[];
  /** Reached functions with debug information, by address. */
  functions: { address: number; fragment: Fragment }[];
  /** Address of each section of each object, in input order. */
  objectSections: Map<string, number>[];
  addressOf(symbol: string): number | null;
}

/** One contribution to an output section. */
interface Piece {
  bytes: Uint8Array;
  size: number;
  align: number;
  nobits: boolean;
  address: number;
  fragment: Fragment | null;
}

interface Group {
  name: string;
  flags: number;
  nobits: boolean;
  pieces: Piece[];
}

const ORDER = [".boot", ".text", ".rodata", ".ksyms", ".data", ".bss"];

const FLAGS: Readonly<Record<string, number>> = {
  ".boot": SectionFlags.Alloc | SectionFlags.Exec,
  ".text": SectionFlags.Alloc | SectionFlags.Exec,
  ".rodata": SectionFlags.Alloc,
  ".ksyms": SectionFlags.Alloc,
  ".data": SectionFlags.Alloc | SectionFlags.Write,
  ".bss": SectionFlags.Alloc | SectionFlags.Write,
};

export function link(input: LinkInput): LinkedImage | { errors: string[] } {
  return new Linker(input).run();
}

class Linker {
  private readonly errors: string[] = [];
  private readonly bySymbol = new Map<string, Fragment>();
  private readonly byName = new Map<string, Fragment>();
  private readonly reached = new Set<Fragment>();
  private readonly groups = new Map<string, Group>();
  private readonly pieceOf = new Map<Fragment, Piece>();
  private readonly objectPieces: Map<string, Piece>[] = [];
  private readonly objectGlobals = new Map<string, { object: number; symbol: ObjectSymbol }>();
  private readonly linkerSymbols = new Map<string, number>();
  private readonly wanted: { name: string; by: string }[] = [];
  private readonly symbolNames = new Map<Fragment, string>();

  constructor(private readonly input: LinkInput) {
    for (const fragment of input.fragments) this.bySymbol.set(fragment.symbol, fragment);
    for (const fragment of input.fragments) {
      if (fragment.name !== null && fragment.exported && !this.byName.has(fragment.name)) {
        this.byName.set(fragment.name, fragment);
      }
    }
    input.objects.forEach(({ object, file }, i) => {
      for (const symbol of object.symbols) {
        if (!symbol.global || symbol.extern) continue;
        const other = this.objectGlobals.get(symbol.name);
        const clash = other ? input.objects[other.object].file : this.byName.get(symbol.name)?.file;
        if (clash !== undefined) this.errors.push(`${file}: error: ${symbol.name} is already defined in ${clash}`);
        else this.objectGlobals.set(symbol.name, { object: i, symbol });
      }
    });
  }

  run(): LinkedImage | { errors: string[] } {
    this.collectObjects();
    this.reach();
    this.collectFragments();
    this.nameSymbols();
    const names = this.input.symbolTable ? this.reserveNameTable() : null;
    const sections = this.place();
    this.reportUndefined();
    if (this.errors.length > 0) return { errors: this.errors };
    if (names) this.fillNameTable(names);
    for (const section of sections) this.fill(section);
    for (const fragment of this.reached) this.relocateFragment(fragment);
    this.input.objects.forEach((_, i) => this.relocateObject(i));
    for (const section of sections) this.copyPieces(section);
    const entry = this.addressOfName(this.input.entrySymbol);
    if (this.errors.length > 0 || entry === null) return { errors: this.errors };
    return {
      entry,
      sections: sections.map((s) => s.output),
      symbols: this.outputSymbols(sections.map((s) => s.output)),
      functions: [...this.reached]
        .filter((fragment) => fragment.debug)
        .map((fragment) => ({ address: (this.pieceOf.get(fragment) as Piece).address, fragment }))
        .sort((a, b) => a.address - b.address),
      objectSections: this.objectPieces.map((pieces) => new Map([...pieces].map(([name, p]) => [name, p.address]))),
      addressOf: (symbol) => this.address(symbol),
    };
  }

  // --- what takes part

  private group(name: string, flags: number, nobits: boolean): Group {
    let group = this.groups.get(name);
    if (!group) {
      group = { name, flags: FLAGS[name] ?? flags, nobits, pieces: [] };
      this.groups.set(name, group);
    }
    group.nobits &&= nobits;
    return group;
  }

  private collectObjects(): void {
    for (const { object } of this.input.objects) {
      const pieces = new Map<string, Piece>();
      for (const section of object.sections) {
        if (!(section.flags & SectionFlags.Alloc)) continue;
        const piece: Piece = {
          bytes: section.bytes.slice(),
          size: section.size,
          align: section.align,
          nobits: section.nobits,
          address: 0,
          fragment: null,
        };
        pieces.set(section.name, piece);
        this.group(section.name, section.flags, section.nobits).pieces.push(piece);
      }
      this.objectPieces.push(pieces);
    }
  }

  private reach(): void {
    const work: Fragment[] = [];
    const want = (symbol: string, by: string): void => {
      const fragment = symbol.startsWith("x:") ? this.resolveName(symbol.slice(2), by) : this.bySymbol.get(symbol);
      if (!fragment) {
        if (!symbol.startsWith("x:")) throw new Error(`symbol ${symbol} was never made`);
        return;
      }
      if (this.reached.has(fragment)) return;
      this.reached.add(fragment);
      for (const extra of fragment.pending?.() ?? []) this.bySymbol.set(extra.symbol, extra);
      fragment.pending = null;
      work.push(fragment);
    };
    want(`x:${this.input.entrySymbol}`, "the start of the program");
    this.input.objects.forEach(({ object, file }) => {
      for (const { symbol, isSection } of object.relocations) {
        const local = object.symbols.find((s) => s.name === symbol && !s.extern);
        if (!isSection && !local) want(`x:${symbol}`, file);
      }
    });
    for (let fragment = work.pop(); fragment; fragment = work.pop()) {
      for (const { symbol } of fragment.relocations) want(symbol, fragment.file);
    }
  }

  /** The fragment behind a plain name; null if it is defined elsewhere (or nowhere: reported later). */
  private resolveName(name: string, by: string): Fragment | null {
    if (this.objectGlobals.has(name)) return null;
    const fragment = this.byName.get(name);
    if (fragment) return fragment;
    this.wanted.push({ name, by });
    return null;
  }

  private collectFragments(): void {
    // In the order of the sources, whatever the order they were reached in.
    for (const fragment of this.bySymbol.values()) {
      if (!this.reached.has(fragment)) continue;
      const nobits = fragment.section === ".bss";
      const piece: Piece = {
        bytes: fragment.bytes.slice(),
        size: fragment.size,
        align: fragment.align,
        nobits,
        address: 0,
        fragment,
      };
      this.pieceOf.set(fragment, piece);
      this.group(fragment.section, 0, nobits).pieces.push(piece);
    }
  }

  // --- addresses

  private place(): { output: OutputSection; pieces: Piece[] }[] {
    const groups = [...this.groups.values()].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    const offset = this.input.physicalBase === null ? 0 : this.input.textBase - this.input.physicalBase;
    let address = this.input.textBase;
    const sections: { output: OutputSection; pieces: Piece[] }[] = [];
    for (const group of groups) {
      address = alignUp(address, PAGE);
      // Start-up code runs before paging: it is linked to where it is loaded.
      const shift = group.name === ".boot" ? offset : 0;
      const start = address;
      let align = 4;
      for (const piece of group.pieces) {
        align = Math.max(align, piece.align);
        address = alignUp(address, piece.align);
        piece.address = address - shift;
        address += piece.size;
      }
      const size = address - start;
      sections.push({
        pieces: group.pieces,
        output: {
          name: group.name,
          address: start - shift,
          physical: start - offset,
          flags: group.flags,
          align: Math.min(align, PAGE),
          bytes: group.nobits ? new Uint8Array(0) : new Uint8Array(size),
          size,
          nobits: group.nobits,
        },
      });
      const plain = group.name.replace(/^\./, "").replace(/\W/g, "_");
      this.linkerSymbols.set(`__${plain}_start`, start - shift);
      this.linkerSymbols.set(`__${plain}_end`, address - shift);
    }
    for (const name of ["text", "rodata", "data", "bss"]) {
      // An empty section is where it would be.
      if (!this.linkerSymbols.has(`__${name}_start`)) {
        const at = alignUp(address, PAGE);
        this.linkerSymbols.set(`__${name}_start`, at);
        this.linkerSymbols.set(`__${name}_end`, at);
      }
    }
    this.linkerSymbols.set("_end", address);
    return sections;
  }

  private address(symbol: string): number | null {
    if (symbol.startsWith("x:")) return this.addressOfName(symbol.slice(2));
    const fragment = this.bySymbol.get(symbol);
    const piece = fragment && this.pieceOf.get(fragment);
    return piece ? piece.address + (fragment?.symbolOffset ?? 0) : null;
  }

  private addressOfName(name: string): number | null {
    const defined = this.objectGlobals.get(name);
    if (defined) return this.objectSymbolAddress(defined.object, defined.symbol);
    const fragment = this.byName.get(name);
    if (fragment) return this.address(fragment.symbol);
    return this.linkerSymbols.get(name) ?? this.input.defines[name] ?? null;
  }

  private objectSymbolAddress(object: number, symbol: ObjectSymbol): number {
    if (symbol.section === null) return symbol.offset;
    const piece = this.objectPieces[object].get(symbol.section);
    return (piece?.address ?? 0) + symbol.offset;
  }

  private reportUndefined(): void {
    const reported = new Set<string>();
    for (const { name, by } of this.wanted) {
      if (this.addressOfName(name) !== null || reported.has(name)) continue;
      reported.add(name);
      const hidden = this.input.fragments.find((fragment) => fragment.name === name);
      const advice = hidden ? ` (${hidden.file} has it, without 'export')` : "";
      this.errors.push(`error: undefined symbol ${name}, wanted by ${by}${advice}`);
    }
  }

  // --- contents

  private fill(section: { output: OutputSection }): void {
    if (section.output.flags & SectionFlags.Exec) section.output.bytes.fill(0x90);
  }

  private copyPieces({ output, pieces }: { output: OutputSection; pieces: Piece[] }): void {
    for (const piece of pieces) {
      if (!output.nobits && !piece.nobits) output.bytes.set(piece.bytes, piece.address - output.address);
    }
  }

  private relocateFragment(fragment: Fragment): void {
    const piece = this.pieceOf.get(fragment) as Piece;
    const view = new DataView(piece.bytes.buffer);
    for (const { offset, kind, symbol, addend } of fragment.relocations) {
      const target = this.address(symbol);
      if (target === null) throw new Error(`symbol ${symbol} has no address`);
      const place = kind === "rel32" ? piece.address + offset : 0;
      view.setInt32(offset, (target + addend - place) | 0, true);
    }
  }

  private relocateObject(index: number): void {
    const { object, file } = this.input.objects[index];
    for (const { section, offset, kind, symbol, isSection, addend } of object.relocations) {
      const piece = this.objectPieces[index].get(section);
      if (!piece) continue;
      const target = isSection ? this.objectPieces[index].get(symbol)?.address : this.objectTarget(index, symbol);
      if (target === undefined || target === null) continue;
      const relative = kind.startsWith("rel");
      const value = target + addend - (relative ? piece.address + offset : 0);
      const bits = Number(kind.slice(3));
      if (bits < 32 && !fits(value, bits, relative)) {
        this.errors.push(`${file}: error: ${symbol} does not fit into ${bits} bits`);
      }
      for (let i = 0; i < bits / 8; i++) piece.bytes[offset + i] = value >> (8 * i);
    }
  }

  private objectTarget(index: number, name: string): number | null {
    const { symbols } = this.input.objects[index].object;
    const local = symbols.find((symbol) => symbol.name === name && !symbol.extern);
    return local ? this.objectSymbolAddress(index, local) : this.addressOfName(name);
  }

  // --- symbols

  /** Every named fragment gets a name of its own: exported ones keep theirs, later clashes get their file. */
  private nameSymbols(): void {
    const taken = new Set(this.objectGlobals.keys());
    const give = (fragment: Fragment): void => {
      if (fragment.name === null) return;
      let name = fragment.name;
      if (taken.has(name)) name = `${fragment.name}.${fragment.file.replace(/\.ts$/, "").replace(/[^\w]+/g, ".")}`;
      for (let i = 2; taken.has(name); i++) name = `${fragment.name}.${i}`;
      taken.add(name);
      this.symbolNames.set(fragment, name);
    };
    const reached = this.input.fragments.filter((fragment) => this.reached.has(fragment));
    for (const fragment of reached) if (fragment.exported) give(fragment);
    for (const fragment of reached) if (!fragment.exported) give(fragment);
  }

  private outputSymbols(sections: OutputSection[]): OutputSymbol[] {
    const symbols: OutputSymbol[] = [];
    const sectionAt = (address: number): number =>
      sections.findIndex((s) => address >= s.address && address <= s.address + s.size);
    for (const [fragment, name] of this.symbolNames) {
      const piece = this.pieceOf.get(fragment) as Piece;
      const section = sections.findIndex((s) => s.name === fragment.section);
      symbols.push({
        name,
        address: piece.address + fragment.symbolOffset,
        size: fragment.size - fragment.symbolOffset,
        global: fragment.exported,
        kind: fragment.kind,
        section,
      });
    }
    this.input.objects.forEach(({ object }, i) => {
      for (const symbol of object.symbols) {
        if (symbol.extern || (symbol.section !== null && !this.objectPieces[i].has(symbol.section))) continue;
        const section = sections.findIndex((s) => s.name === symbol.section);
        symbols.push({
          name: symbol.name,
          address: this.objectSymbolAddress(i, symbol),
          size: symbol.section === null ? 0 : symbol.size,
          global: symbol.global,
          kind: symbol.section === null ? "none" : symbol.isFunction ? "function" : "object",
          section,
        });
      }
    });
    for (const [name, address] of this.linkerSymbols) {
      symbols.push({ name, address, size: 0, global: true, kind: "none", section: sectionAt(address) });
    }
    for (const [name, address] of Object.entries(this.input.defines)) {
      symbols.push({ name, address, size: 0, global: true, kind: "none", section: -1 });
    }
    return symbols.sort((a, b) => a.address - b.address || (a.name < b.name ? -1 : 1));
  }

  // --- .ksyms: function names for the kernel's own backtraces

  private functionNames(): { name: string; address: () => number }[] {
    const names: { name: string; address: () => number }[] = [];
    for (const [fragment, name] of this.symbolNames) {
      if (fragment.kind === "function")
        names.push({ name, address: () => (this.pieceOf.get(fragment) as Piece).address });
    }
    this.input.objects.forEach(({ object }, i) => {
      for (const symbol of object.symbols) {
        if (symbol.extern || !symbol.isFunction || symbol.section === null || symbol.section === ".boot") continue;
        if (this.objectPieces[i].has(symbol.section)) {
          names.push({ name: symbol.name, address: () => this.objectSymbolAddress(i, symbol) });
        }
      }
    });
    return names;
  }

  private reserveNameTable(): Piece {
    const names = this.functionNames();
    const text = names.reduce((sum, { name }) => sum + new TextEncoder().encode(name).length + 1, 0);
    const size = names.length * 8 + text;
    const piece: Piece = { bytes: new Uint8Array(size), size, align: 4, nobits: false, address: 0, fragment: null };
    this.group(".ksyms", 0, false).pieces.push(piece);
    this.linkerSymbols.set("__ksyms_count", names.length);
    return piece;
  }

  private fillNameTable(piece: Piece): void {
    const entries = this.functionNames().map(({ name, address }) => ({ name, address: address() }));
    entries.sort((a, b) => a.address - b.address || (a.name < b.name ? -1 : 1));
    const view = new DataView(piece.bytes.buffer);
    let offset = entries.length * 8;
    entries.forEach(({ name, address }, i) => {
      const text = new TextEncoder().encode(name);
      view.setUint32(8 * i, address, true);
      view.setUint32(8 * i + 4, offset, true);
      piece.bytes.set(text, offset);
      offset += text.length + 1;
    });
  }
}

/** Read-only before writable, contents before zeros; the well-known ones in their order. */
function rank(group: Group): number {
  const known = ORDER.indexOf(group.name);
  if (known >= 0) return known * 10;
  if (group.flags & SectionFlags.Exec) return 15;
  if (!(group.flags & SectionFlags.Write)) return 25;
  return group.nobits ? 55 : 45;
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}

function fits(value: number, bits: number, relative: boolean): boolean {
  const limit = 2 ** bits;
  return relative ? value >= -limit / 2 && value < limit / 2 : value >= -limit / 2 && value < limit;
}
