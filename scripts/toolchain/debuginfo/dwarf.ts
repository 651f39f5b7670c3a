// Writes the DWARF 4 sections of a linked program: one unit for what was TypeScript, one for what was assembly.
import type { CfiProcedure, LineRow } from "../assembler/types.ts";
import { At, Die, DieEncoder, Tag } from "./dies.ts";
import { FrameWriter } from "./frames.ts";
import { type LineSequence, writeLines } from "./lines.ts";
import type { DebugProgram, DebugType, DebugVariable, FunctionDebug, GlobalDebug, Place } from "./model.ts";
import { ByteWriter } from "./writer.ts";

export interface PlacedFunction {
  address: number;
  size: number;
  external: boolean;
  debug: FunctionDebug;
}

export interface PlacedAssembly {
  /** Code sections of one object: their addresses and sizes. */
  ranges: { address: number; size: number; lines: LineRow[] }[];
  procedures: { address: number; procedure: CfiProcedure }[];
  file: string;
}

export interface DwarfInput {
  name: string;
  program: DebugProgram;
  functions: PlacedFunction[];
  assembly: PlacedAssembly[];
  /** Address of a symbol; null for one that was not linked. */
  addressOf(symbol: string): number | null;
}

/** gdb trusts line tables to tell the end of a prologue only from clang. */
const PRODUCER = "clang faultline";
const LANGUAGE_C99 = 0x0c;
const LANGUAGE_ASSEMBLER = 0x8001;
const LIBRARY_PATH = "scripts/toolchain/std/";

const enum Encoding {
  Boolean = 2,
  Signed = 5,
  Unsigned = 7,
  UnsignedChar = 8,
}

const enum DwOp {
  Addr = 0x03,
  Const4s = 0x0d,
  Fbreg = 0x91,
  CallFrameCfa = 0x9c,
  Reg0 = 0x50,
  Breg0 = 0x70,
  Piece = 0x93,
  StackValue = 0x9f,
}

export function writeDwarf(input: DwarfInput): Map<string, Uint8Array> {
  return new DwarfWriter(input).run();
}

/** Name of a source file relative to the repository root. */
export function displayPath(file: string): string {
  return file.startsWith("~lib/") ? LIBRARY_PATH + file.slice(5) : file;
}

class DwarfWriter {
  private readonly encoder = new DieEncoder();
  private readonly locations = new ByteWriter();
  private readonly ranges = new ByteWriter();
  private readonly lines = new ByteWriter();
  private readonly types = new Map<string, Die>();
  private readonly files: string[];
  private root = new Die(Tag.CompileUnit);

  constructor(private readonly input: DwarfInput) {
    const files = new Set<string>();
    for (const { debug } of input.functions) {
      files.add(displayPath(debug.file));
      for (const { file } of debug.lines) files.add(displayPath(file));
    }
    for (const { file } of input.program.globals) files.add(displayPath(file));
    // Generated code has no file; an empty name would end the line table's list of files.
    files.delete("");
    this.files = [...files].sort();
  }

  run(): Map<string, Uint8Array> {
    this.programUnit();
    if (this.input.assembly.some(({ ranges }) => ranges.length > 0)) this.assemblyUnit();
    const sections = new Map<string, Uint8Array>();
    sections.set(".debug_info", this.encoder.info.result());
    sections.set(".debug_abbrev", this.encoder.abbreviationBytes());
    sections.set(".debug_line", this.lines.result());
    sections.set(".debug_frame", this.frames());
    sections.set(".debug_loc", this.locations.result());
    sections.set(".debug_ranges", this.ranges.result());
    return sections;
  }

  // --- units

  /** Attributes of a unit whose code is in several places: base address 0, so that lists hold plain addresses. */
  private unit(name: string, language: number, pieces: { from: number; to: number }[]): Die {
    const root = new Die(Tag.CompileUnit);
    root.text(At.Producer, PRODUCER);
    root.number(At.Language, language);
    root.text(At.Name, name);
    root.text(At.CompDir, ".");
    root.address(At.LowPc, 0);
    root.section(At.Ranges, this.ranges.length);
    root.section(At.StmtList, this.lines.length);
    for (const { from, to } of pieces) this.ranges.u32(from).u32(to);
    this.ranges.u32(0).u32(0);
    return root;
  }

  private programUnit(): void {
    const { functions, program } = this.input;
    const pieces = functions.map(({ address, size }) => ({ from: address, to: address + size }));
    this.root = this.unit(this.input.name, LANGUAGE_C99, pieces);
    for (const fn of functions) this.subprogram(fn);
    for (const global of program.globals) this.global(global);
    // Enums are constants to the code; the debugger reads their names.
    for (const key of program.enums.keys()) this.type({ kind: "enum", key });
    for (const key of program.structs.keys()) this.type({ kind: "struct", key });
    this.encoder.unit(this.root);
    writeLines(
      this.lines,
      this.files,
      functions.map((fn) => this.sequence(fn)),
    );
  }

  private sequence({ address, size, debug }: PlacedFunction): LineSequence {
    const file = displayPath(debug.file);
    const { prologueEnd } = debug.frame;
    const rows: LineSequence["rows"] = [{ address, file, line: debug.line, column: 0, prologueEnd: false }];
    const body = debug.lines.filter(({ offset }) => offset >= prologueEnd);
    const first = body[0];
    if (first && first.offset > prologueEnd) {
      // What loads the arguments belongs to the first line of the body.
      body.unshift({ ...first, offset: prologueEnd });
      if (body[1].offset === prologueEnd) body.shift();
    }
    body.forEach((row, i) => {
      rows.push({
        address: address + row.offset,
        file: displayPath(row.file),
        line: row.line,
        column: row.column,
        prologueEnd: i === 0,
      });
    });
    return { start: address, end: address + size, rows };
  }

  private assemblyUnit(): void {
    const { assembly } = this.input;
    const pieces = assembly.flatMap(({ ranges }) =>
      ranges.map(({ address, size }) => ({ from: address, to: address + size })),
    );
    const files = [
      ...new Set(assembly.flatMap(({ ranges }) => ranges.flatMap(({ lines }) => lines.map((l) => l.file)))),
    ];
    files.sort();
    const root = this.unit(assembly[0].file, LANGUAGE_ASSEMBLER, pieces);
    this.encoder.unit(root);
    const sequences = assembly.flatMap(({ ranges }) =>
      ranges
        .filter(({ lines }) => lines.length > 0)
        .map(({ address, size, lines }): LineSequence => ({
          start: address,
          end: address + size,
          rows: lines.map(({ offset, file, line }) => ({
            address: address + offset,
            file,
            line,
            column: 0,
            prologueEnd: false,
          })),
        })),
    );
    writeLines(this.lines, files, sequences);
  }

  private frames(): Uint8Array {
    const writer = new FrameWriter();
    for (const { address, size, debug } of this.input.functions) writer.compiled(address, size, debug.frame);
    for (const { procedures } of this.input.assembly) {
      for (const { address, procedure } of procedures) writer.assembled(address, procedure);
    }
    return writer.out.result();
  }

  // --- functions and variables

  private declared(die: Die, file: string, line: number): void {
    const number = this.files.indexOf(displayPath(file)) + 1;
    if (number > 0 && line > 0) die.number(At.DeclFile, number).number(At.DeclLine, line);
  }

  private subprogram({ address, size, external, debug }: PlacedFunction): void {
    const die = this.root.add(Tag.Subprogram);
    die.text(At.Name, debug.name);
    this.declared(die, debug.file, debug.line);
    die.address(At.LowPc, address).data4(At.HighPc, size);
    die.expression(At.FrameBase, Uint8Array.of(DwOp.Reg0 + 5));
    die.flag(At.Prototyped);
    if (external) die.flag(At.External);
    if (debug.result.kind !== "void") die.reference(At.Type, this.type(debug.result));
    const count = new Map<string, number>();
    for (const { name } of debug.variables) count.set(name, (count.get(name) ?? 0) + 1);
    for (const variable of debug.variables) {
      const shared = !variable.parameter && (count.get(variable.name) ?? 0) > 1;
      this.variable(shared ? this.scope(die, variable, address) : die, variable, address);
    }
  }

  /** Of several variables with one name the debugger shall see the one whose part of the code it is in. */
  private scope(parent: Die, { ranges }: DebugVariable, base: number): Die {
    if (ranges.length === 0) return parent;
    const from = Math.min(...ranges.map((range) => range.from));
    const to = Math.max(...ranges.map((range) => range.to));
    return parent
      .add(Tag.LexicalBlock)
      .address(At.LowPc, base + from)
      .data4(At.HighPc, to - from);
  }

  private variable(parent: Die, variable: DebugVariable, base: number): void {
    const die = parent.add(variable.parameter ? Tag.FormalParameter : Tag.Variable);
    die.text(At.Name, variable.name);
    die.reference(At.Type, this.type(variable.type));
    const { ranges } = variable;
    if (ranges.length === 0) return;
    die.section(At.Location, this.locations.length);
    for (const { from, to, low, high } of ranges) {
      const expression = this.place(low, high, variable.wide);
      if (!expression) continue;
      this.locations
        .u32(base + from)
        .u32(base + to)
        .u16(expression.length)
        .bytes(expression);
    }
    this.locations.u32(0).u32(0);
  }

  private place(low: Place, high: Place | null, wide: boolean): Uint8Array | null {
    const out = new ByteWriter();
    if (!wide) return this.word(out, low) ? out.result() : null;
    if (!high) return null;
    if (low.kind === "frame" && high.kind === "frame" && high.offset === low.offset + 4) {
      this.word(out, low);
      return out.result();
    }
    if (!this.word(out, low)) return null;
    out.u8(DwOp.Piece).uleb(4);
    if (!this.word(out, high)) return null;
    out.u8(DwOp.Piece).uleb(4);
    return out.result();
  }

  private word(out: ByteWriter, place: Place): boolean {
    switch (place.kind) {
      case "register":
        out.u8(DwOp.Reg0 + place.reg);
        return true;
      case "frame":
        out.u8(DwOp.Fbreg).sleb(place.offset);
        return true;
      case "constant":
        out.u8(DwOp.Const4s).u32(place.value).u8(DwOp.StackValue);
        return true;
      case "frameAddress":
        out
          .u8(DwOp.Breg0 + 5)
          .sleb(place.offset)
          .u8(DwOp.StackValue);
        return true;
      case "symbol": {
        const address = this.input.addressOf(place.symbol);
        if (address === null) return false;
        out
          .u8(DwOp.Addr)
          .u32(address + place.addend)
          .u8(DwOp.StackValue);
        return true;
      }
    }
  }

  private global(global: GlobalDebug): void {
    const address = global.symbol === null ? null : this.input.addressOf(global.symbol);
    if (global.symbol !== null && address === null) return;
    const die = this.root.add(Tag.Variable);
    die.text(At.Name, global.name);
    this.declared(die, global.file, global.line);
    die.reference(At.Type, this.type(global.type));
    if (address === null) die.signed(At.ConstValue, global.value);
    else {
      const out = new ByteWriter();
      out.u8(DwOp.Addr).u32(address + global.addend);
      die.expression(At.Location, out.result());
    }
  }

  // --- types

  private type(type: DebugType): Die {
    const key = typeKey(type);
    const known = this.types.get(key);
    if (known) return known;
    const die = this.root.add(tagOf(type));
    this.types.set(key, die);
    switch (type.kind) {
      case "base":
        die.text(At.Name, type.name);
        die.byte(At.Encoding, ENCODINGS[type.encoding]).byte(At.ByteSize, type.size);
        break;
      case "pointer":
        die.byte(At.ByteSize, 4);
        if (type.to.kind !== "void") die.reference(At.Type, this.type(type.to));
        break;
      case "struct":
        this.struct(die, type.key);
        break;
      case "array": {
        die.reference(At.Type, this.type(type.of));
        const range = die.add(Tag.SubrangeType);
        range.reference(At.Type, this.type({ kind: "base", name: "u32", size: 4, encoding: "unsigned" }));
        range.number(At.UpperBound, Math.max(type.count - 1, 0));
        break;
      }
      case "function":
        die.flag(At.Prototyped);
        break;
      case "enum":
        this.enumeration(die, type.key);
        break;
      case "void":
        throw new Error("void has no type entry");
    }
    return die;
  }

  private struct(die: Die, key: string): void {
    const struct = this.input.program.structs.get(key);
    if (!struct) throw new Error(`unknown struct ${key}`);
    die.text(At.Name, struct.name).number(At.ByteSize, struct.size);
    for (const field of struct.fields) {
      const member = die.add(Tag.Member);
      member.text(At.Name, field.name);
      member.reference(At.Type, this.type(field.type));
      member.number(At.DataMemberLocation, field.offset);
    }
  }

  private enumeration(die: Die, key: string): void {
    const known = this.input.program.enums.get(key);
    if (!known) throw new Error(`unknown enum ${key}`);
    die.text(At.Name, known.name).byte(At.ByteSize, 4);
    die.reference(At.Type, this.type({ kind: "base", name: "i32", size: 4, encoding: "signed" }));
    for (const { name, value } of known.members) {
      const member = die.add(Tag.Enumerator);
      member.text(At.Name, name);
      member.signed(At.ConstValue, value);
    }
  }
}

const ENCODINGS = {
  boolean: Encoding.Boolean,
  signed: Encoding.Signed,
  unsigned: Encoding.Unsigned,
  character: Encoding.UnsignedChar,
};

function tagOf(type: DebugType): Tag {
  switch (type.kind) {
    case "base":
      return Tag.BaseType;
    case "struct":
      return Tag.StructureType;
    case "array":
      return Tag.ArrayType;
    case "function":
      return Tag.SubroutineType;
    case "enum":
      return Tag.EnumerationType;
    default:
      return Tag.PointerType;
  }
}

function typeKey(type: DebugType): string {
  switch (type.kind) {
    case "base":
      return `base ${type.name}`;
    case "struct":
      return `struct ${type.key}`;
    case "enum":
      return `enum ${type.key}`;
    case "pointer":
      return `* ${typeKey(type.to)}`;
    case "array":
      return `[${type.count}] ${typeKey(type.of)}`;
    default:
      return type.kind;
  }
}
