// The line number program (DWARF 4, section 6.2).
import { ByteWriter } from "./writer.ts";

export interface LineSequence {
  start: number;
  end: number;
  rows: { address: number; file: string; line: number; column: number; prologueEnd: boolean }[];
}

const OPCODE_BASE = 13;
const LINE_BASE = -5;
const LINE_RANGE = 14;

const enum Lns {
  Copy = 1,
  AdvancePc = 2,
  AdvanceLine = 3,
  SetFile = 4,
  SetColumn = 5,
  SetPrologueEnd = 10,
}

/** Appends a line table for these sequences; `files` are numbered from 1 in order. */
export function writeLines(out: ByteWriter, files: readonly string[], sequences: readonly LineSequence[]): void {
  const start = out.length;
  out.u32(0).u16(4);
  const headerLength = out.length;
  out.u32(0);
  out.u8(1, 1, 1, LINE_BASE, LINE_RANGE, OPCODE_BASE);
  out.u8(0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1);
  out.u8(0);
  for (const file of files) out.text(file).uleb(0).uleb(0).uleb(0);
  out.u8(0);
  out.patch32(headerLength, out.length - headerLength - 4);
  const numbers = new Map(files.map((file, i) => [file, i + 1]));
  for (const sequence of sequences) writeSequence(out, numbers, sequence);
  out.patch32(start, out.length - start - 4);
}

function writeSequence(out: ByteWriter, numbers: Map<string, number>, { start, end, rows }: LineSequence): void {
  out.u8(0, 5, 2).u32(start);
  let address = start;
  let file = 1;
  let line = 1;
  let column = 0;
  for (const row of rows) {
    const number = numbers.get(row.file) ?? 1;
    if (number !== file) out.u8(Lns.SetFile).uleb(number);
    if (row.column !== column) out.u8(Lns.SetColumn).uleb(row.column);
    if (row.prologueEnd) out.u8(Lns.SetPrologueEnd);
    advance(out, row.address - address, row.line - line);
    address = row.address;
    file = number;
    line = row.line;
    column = row.column;
  }
  out.u8(Lns.AdvancePc).uleb(end - address);
  out.u8(0, 1, 1);
}

/** Moves on and appends a row, with a special opcode where one does both. */
function advance(out: ByteWriter, addresses: number, lines: number): void {
  const small = lines >= LINE_BASE && lines < LINE_BASE + LINE_RANGE;
  const opcode = lines - LINE_BASE + LINE_RANGE * addresses + OPCODE_BASE;
  if (small && opcode <= 255) {
    out.u8(opcode);
    return;
  }
  if (lines !== 0) out.u8(Lns.AdvanceLine).sleb(lines);
  if (addresses !== 0) out.u8(Lns.AdvancePc).uleb(addresses);
  out.u8(Lns.Copy);
}
