/** From the settled program to an object for the linker, or to flat bytes. */
import type { Fixup } from "./encode.ts";
import { fail, type Place } from "./errors.ts";
import { type Program, type ProgramSymbol, Section } from "./program.ts";
import type { FlatProgram, LineRow, ObjectFile, ObjectSymbol, Relocation } from "./types.ts";
import { SectionFlag } from "./types.ts";

const isReal = (section: Section): boolean => section.absolute === null;
const isLocal = (name: string): boolean => name.includes(".");

/** The place of the statement that made the byte at `offset`, for errors found after the layout. */
function placeAt(program: Program, section: Section, offset: number): Place {
  const item = program.items.find((i) => i.section === section && i.offset <= offset && offset < i.offset + i.size);
  return item?.place ?? { file: "", line: 0, context: "" };
}

function objectSymbols(program: Program): ObjectSymbol[] {
  const symbols: ObjectSymbol[] = [];
  const starts = new Map<Section, number[]>();
  const defined: { symbol: ProgramSymbol; section: Section | null }[] = [];
  for (const symbol of program.symbols.values()) {
    if (symbol.isExtern) symbols.push({ name: symbol.name, section: null, offset: 0, global: true, extern: true, isFunction: false, size: 0 }); // prettier-ignore
    if (!symbol.defined || !symbol.value || symbol.name.startsWith("..@")) continue;
    const { target } = symbol.value;
    const section = target instanceof Section ? target : null;
    if (target && !section) continue; // an equ of an extern is resolved at its uses
    defined.push({ symbol, section });
    if (section && !isLocal(symbol.name) && !symbol.isEqu) {
      starts.set(section, [...(starts.get(section) ?? []), Number(symbol.value.n)]);
    }
  }
  for (const list of starts.values()) list.sort((a, b) => a - b);
  for (const { symbol, section } of defined) {
    const offset = Number(symbol.value!.n);
    let size = 0;
    const { sizeExpression } = symbol;
    if (sizeExpression) {
      const { expression, item } = sizeExpression;
      program.errors.guard(item.place, () => (size = program.number(expression, item, "a symbol's size") ?? 0));
    } else if (section && !isLocal(symbol.name) && !symbol.isEqu) {
      size = (starts.get(section)!.find((start) => start > offset) ?? section.size) - offset;
    }
    const isCode = section !== null && (section.flags & SectionFlag.Exec) !== 0;
    symbols.push({
      name: symbol.name,
      section: section?.name ?? null,
      offset,
      global: symbol.isGlobal,
      extern: false,
      isFunction:
        symbol.type === "function" || (symbol.type === "" && isCode && !isLocal(symbol.name) && !symbol.isEqu),
      size,
    });
  }
  return symbols;
}

function lineRows(section: Section): LineRow[] {
  const rows: LineRow[] = [];
  for (const { offset, place } of section.lines) {
    const last = rows[rows.length - 1];
    if (last && last.offset === offset) rows.pop();
    else if (last && last.line === place.line && last.file === place.file) continue;
    rows.push({ section: section.name, offset, file: place.file, line: place.line });
  }
  return rows;
}

/** Errors go to the program's log. */
export function toObject(program: Program): ObjectFile {
  for (const symbol of program.symbols.values()) {
    if (symbol.isGlobal && !symbol.defined && !symbol.isExtern && symbol.place) {
      program.errors.report(symbol.place, `symbol '${symbol.name}' is declared global and not defined`);
    }
  }
  const sections = [...program.sections.values()].filter((s) => isReal(s) && (s.size > 0 || s.name !== ".text"));
  const relocations: Relocation[] = [];
  for (const section of sections) {
    for (const { offset, kind, target, addend } of section.out.fixups) {
      const place = (): Place => placeAt(program, section, offset);
      if (!target) {
        program.errors.report(place(), "a relative branch to an absolute address cannot be linked");
        continue;
      }
      relocations.push({
        section: section.name,
        offset,
        kind,
        symbol: target.name,
        isSection: target.isSection,
        addend,
      });
    }
  }
  return {
    sections: sections.map((s) => ({
      name: s.name,
      bytes: s.nobits ? new Uint8Array(0) : s.out.toBytes(),
      size: s.size,
      align: s.align,
      flags: s.flags,
      nobits: s.nobits,
    })),
    symbols: objectSymbols(program),
    relocations,
    lines: sections.flatMap(lineRows),
    cfi: program.cfi.map(({ procedure }) => procedure),
  };
}

/** Sections one after another from `org`: .text, the others with contents, then those without, each aligned. */
export function placeFlat(program: Program, org: number): void {
  const real = [...program.sections.values()].filter(isReal);
  const text = real.filter((s) => s.name === ".text");
  const ordered = [...text, ...real.filter((s) => s !== text[0] && !s.nobits), ...real.filter((s) => s.nobits)];
  let address = org;
  for (const section of ordered) {
    const at = section.size > 0 ? address + ((-(address - org) % section.align) + section.align) % section.align : address; // prettier-ignore
    if (section.address !== at) {
      section.address = at;
      program.changed = true;
    }
    address = at + section.size;
  }
}

function patch(bytes: Uint8Array, at: number, value: number, width: number): void {
  for (let i = 0; i < width; i++) bytes[at + i] = (value >> (8 * i)) & 0xff;
}

function applyFixup(program: Program, section: Section, bytes: Uint8Array, start: number, fixup: Fixup): void {
  const { target, kind, offset, addend } = fixup;
  const width = kind.endsWith("32") ? 4 : kind.endsWith("16") ? 2 : 1;
  const base = target instanceof Section ? target.address : target ? fail(`symbol '${target.name}' is not defined`) : 0;
  const relative = kind.startsWith("rel");
  const value = base + addend - (relative ? section.address + offset : 0);
  const limit = 2 ** (width * 8);
  const wraps = width === 4 || (relative && width === 2);
  if (!wraps && (value >= (relative ? limit / 2 : limit) || value < -limit / 2)) {
    fail(
      relative
        ? `jump out of range: ${value} bytes`
        : `address ${value.toString(16)}h does not fit in ${width * 8} bits`,
    );
  }
  patch(bytes, start + offset, value, width);
}

export function toFlat(program: Program, org: number): FlatProgram {
  const withContents = [...program.sections.values()].filter((s) => isReal(s) && !s.nobits && s.out.length > 0);
  const end = withContents.reduce((most, s) => Math.max(most, s.address + s.out.length - org), 0);
  const bytes = new Uint8Array(end);
  for (const section of withContents) {
    const start = section.address - org;
    bytes.set(section.out.bytes.subarray(0, section.out.length), start);
    for (const fixup of section.out.fixups) {
      const place = (): Place => placeAt(program, section, fixup.offset);
      program.errors.guard(place(), () => applyFixup(program, section, bytes, start, fixup));
    }
  }
  const labels = new Map<string, number>();
  for (const symbol of program.symbols.values()) {
    if (!symbol.defined || !symbol.value || symbol.name.startsWith("..@")) continue;
    const { n, target } = symbol.value;
    labels.set(symbol.name, Number(n) + (target instanceof Section ? target.address : 0));
  }
  return { bytes, labels };
}
