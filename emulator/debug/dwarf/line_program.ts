import { ByteReader, FormatError } from "../bytes.ts";
import { Form } from "./constants.ts";
import { type FormContext, readForm } from "./forms.ts";
import type { Unit } from "./units.ts";

/** Receives the rows of a line number program in the order the program makes them. */
export interface LineSink {
  /** A number for source file `path`; equal paths get equal numbers. */
  file(path: string): number;
  row(address: number, file: number, line: number, isStatement: boolean): void;
  /** The sequence of rows since the last call ends; `address` is the first byte after it. */
  endSequence(address: number): void;
}

interface Header {
  readonly version: number;
  readonly minimumInstructionLength: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operandCounts: Uint8Array;
  /** Numbers given by the sink, by the program's own file index. */
  readonly files: number[];
  readonly directories: string[];
}

const enum Standard {
  COPY = 1,
  ADVANCE_PC = 2,
  ADVANCE_LINE = 3,
  SET_FILE = 4,
  SET_COLUMN = 5,
  NEGATE_STMT = 6,
  SET_BASIC_BLOCK = 7,
  CONST_ADD_PC = 8,
  FIXED_ADVANCE_PC = 9,
  SET_PROLOGUE_END = 10,
  SET_EPILOGUE_BEGIN = 11,
  SET_ISA = 12,
}

const enum Extended {
  END_SEQUENCE = 1,
  SET_ADDRESS = 2,
  DEFINE_FILE = 3,
}

/** Runs the line number program of `unit` (DWARF 4, section 6.2; DWARF 5, section 6.2). */
export function runLineProgram(unit: Unit, sink: LineSink): void {
  const reader = new ByteReader(unit.sections.line, ".debug_line", unit.lineProgram);
  let length = reader.u32();
  const offsetSize = length === 0xffff_ffff ? 8 : 4;
  if (offsetSize === 8) length = reader.u64();
  const program = reader.sub(length);
  const version = program.u16();
  if (version < 2 || version > 5) throw new FormatError(`.debug_line: version ${version} is not understood`);
  if (version >= 5) program.skip(2); // sizes of an address and a segment selector
  const headerLength = program.unsigned(offsetSize);
  const header = readHeader(program.sub(headerLength), unit, version, offsetSize, sink);
  interpret(program, header, unit, sink);
}

function readHeader(reader: ByteReader, unit: Unit, version: number, offsetSize: number, sink: LineSink): Header {
  const minimumInstructionLength = reader.u8();
  if (version >= 4) reader.u8(); // operations per instruction: 1 but for VLIW machines
  const defaultIsStatement = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  if (lineRange === 0 || opcodeBase === 0) throw new FormatError(".debug_line: a header field is zero");
  const operandCounts = reader.take(opcodeBase - 1);
  const header = { version, minimumInstructionLength, defaultIsStatement, lineBase, lineRange, opcodeBase };
  const lists = version >= 5 ? readFiles5(reader, unit, offsetSize, sink) : readFiles(reader, unit, sink);
  return { ...header, operandCounts, ...lists };
}

/** Directory and file lists up to DWARF 4: both count from 1, directory 0 is the compilation directory. */
function readFiles(reader: ByteReader, unit: Unit, sink: LineSink): { files: number[]; directories: string[] } {
  const directories = [""];
  for (let text = reader.text(); text !== ""; text = reader.text()) directories.push(text);
  const files = [sink.file(sourcePath(unit.directory, "", unit.name))];
  for (let text = reader.text(); text !== ""; text = reader.text()) {
    const directory = directories[reader.uleb()] ?? "";
    reader.uleb();
    reader.uleb();
    files.push(sink.file(sourcePath(unit.directory, directory, text)));
  }
  return { files, directories };
}

/** DWARF 5: both lists describe their own format; directory 0 and file 0 are those of the unit. */
function readFiles5(
  reader: ByteReader,
  unit: Unit,
  offsetSize: number,
  sink: LineSink,
): { files: number[]; directories: string[] } {
  const context: FormContext = {
    sections: unit.sections,
    version: 5,
    addressSize: unit.addressSize,
    offsetSize,
    offset: unit.offset,
    stringOffsetsBase: unit.stringOffsetsBase,
    addressBase: unit.addressBase,
  };
  const directories = readEntryList(reader, context).map(({ path }) => path);
  const files = readEntryList(reader, context).map(({ path, directory }) =>
    sink.file(sourcePath(unit.directory, directories[directory] ?? "", path)),
  );
  return { files, directories };
}

const enum Content {
  PATH = 1,
  DIRECTORY_INDEX = 2,
}

function readEntryList(reader: ByteReader, context: FormContext): { path: string; directory: number }[] {
  const format: { content: number; form: number }[] = [];
  for (let count = reader.u8(); count > 0; count--) format.push({ content: reader.uleb(), form: reader.uleb() });
  const entries: { path: string; directory: number }[] = [];
  for (let count = reader.uleb(); count > 0; count--) {
    const start = reader.offset;
    const entry = { path: "", directory: 0 };
    for (const { content, form } of format) {
      const value = readForm(reader, form === Form.IMPLICIT_CONST ? Form.UDATA : form, 0, context);
      if (content === Content.PATH && typeof value === "string") entry.path = value;
      if (content === Content.DIRECTORY_INDEX && typeof value === "number") entry.directory = value;
    }
    // An entry of no bytes would let the count alone decide how long this runs.
    if (reader.offset === start) throw new FormatError(".debug_line: a file entry is empty");
    entries.push(entry);
  }
  return entries;
}

function interpret(reader: ByteReader, header: Header, unit: Unit, sink: LineSink): void {
  const { lineBase, lineRange, opcodeBase, minimumInstructionLength, files } = header;
  let address = 0;
  let file = 1;
  let line = 1;
  let isStatement = header.defaultIsStatement;
  const emit = (): void => sink.row(address, files[file] ?? -1, line, isStatement);
  while (!reader.atEnd) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address = (address + Math.floor(adjusted / lineRange) * minimumInstructionLength) >>> 0;
      line = (line + lineBase + (adjusted % lineRange)) >>> 0;
      emit();
      continue;
    }
    switch (opcode) {
      case 0: {
        const body = reader.sub(reader.uleb());
        if (body.atEnd) break;
        switch (body.u8()) {
          case Extended.END_SEQUENCE:
            sink.endSequence(address);
            address = 0;
            file = 1;
            line = 1;
            isStatement = header.defaultIsStatement;
            break;
          case Extended.SET_ADDRESS:
            address = body.unsigned(body.end - body.offset) >>> 0;
            break;
          case Extended.DEFINE_FILE: {
            const path = body.text();
            const directory = header.directories[body.uleb()] ?? "";
            files.push(sink.file(sourcePath(unit.directory, directory, path)));
          }
        }
        break;
      }
      case Standard.COPY:
        emit();
        break;
      case Standard.ADVANCE_PC:
        address = (address + reader.uleb() * minimumInstructionLength) >>> 0;
        break;
      case Standard.ADVANCE_LINE:
        line = (line + reader.sleb()) >>> 0;
        break;
      case Standard.SET_FILE:
        file = reader.uleb();
        break;
      case Standard.NEGATE_STMT:
        isStatement = !isStatement;
        break;
      case Standard.CONST_ADD_PC:
        address = (address + Math.floor((255 - opcodeBase) / lineRange) * minimumInstructionLength) >>> 0;
        break;
      case Standard.FIXED_ADVANCE_PC:
        address = (address + reader.u16()) >>> 0;
        break;
      case Standard.SET_BASIC_BLOCK:
      case Standard.SET_PROLOGUE_END:
      case Standard.SET_EPILOGUE_BEGIN:
        break;
      default:
        // SET_COLUMN, SET_ISA and anything newer: the header says how many operands to pass over.
        for (let count = header.operandCounts[opcode - 1]; count > 0; count--) reader.uleb();
    }
  }
}

/** `name` in `directory`, without the unit's own directory in front: paths as the one who compiled it typed them. */
function sourcePath(unitDirectory: string, directory: string, name: string): string {
  let path = name;
  if (!name.startsWith("/") && directory !== "" && directory !== unitDirectory) path = `${directory}/${name}`;
  if (unitDirectory !== "" && path.startsWith(`${unitDirectory}/`)) path = path.slice(unitDirectory.length + 1);
  while (path.startsWith("./")) path = path.slice(2);
  return path;
}
