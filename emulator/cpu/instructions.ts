import { INSTRUCTION_TABLE } from "./instruction_table.ts";

/** A row of the instruction table, parsed. */
export interface Instruction {
  /** Index in `instructions`. */
  id: number;
  /** The row's encoding column, its name in reports. */
  encoding: string;
  mnemonic: string;
  /** As written: "r/mv", "imm8", ... */
  operands: string[];
  /** Opcode byte, 100h more after 0Fh. */
  opcode: number;
  /** -1, or the reg field that belongs to the opcode. */
  digit: number;
  hasModRm: boolean;
  /** x87 register forms: the first ModRM byte (C0h..FFh) and how many belong to the row; otherwise -1 and 0. */
  modRm: number;
  modRmCount: number;
  /** The low three opcode bits are a register. */
  registerInOpcode: boolean;
  /** Immediates in order: "ib", "ibs", "iw", "iv", "cb", "cv", "p", "mo". */
  immediates: string[];
  lockable: boolean;
  /** A register as the r/m operand is #UD. */
  memoryOnly: boolean;
  /** Operand size in bytes: 1 for the rows on bytes, 0 where the prefix decides. */
  size: number;
  attributes: string[];
}

function parse(line: string, id: number): Instruction {
  const [encoding, syntax, attributeList = ""] = line.split("|").map((column) => column.trim());
  const attributes = attributeList.split(" ").filter((word) => word !== "");
  const space = syntax.indexOf(" ");
  const mnemonic = space === -1 ? syntax : syntax.slice(0, space);
  const operands = space === -1 ? [] : syntax.slice(space + 1).split(", ");
  const tokens = encoding.split(" ");
  let opcode = 0;
  if (tokens[0] === "0F") {
    opcode = 0x100;
    tokens.shift();
  }
  const first = tokens.shift() as string;
  const registerInOpcode = first.endsWith("+r");
  opcode += parseInt(first, 16);
  let digit = -1;
  let hasModRm = false;
  let modRm = -1;
  let modRmCount = 0;
  const immediates: string[] = [];
  for (const token of tokens) {
    if (token.startsWith("/")) {
      hasModRm = true;
      if (token !== "/r") digit = Number(token.slice(1));
    } else if (isEscape(opcode)) {
      hasModRm = true;
      modRm = parseInt(token, 16);
      modRmCount = token.endsWith("+i") ? 8 : 1;
    } else {
      immediates.push(token);
    }
  }
  const isX87Memory = isEscape(opcode) && digit !== -1;
  return {
    id,
    encoding,
    mnemonic,
    operands,
    opcode,
    digit,
    hasModRm,
    modRm,
    modRmCount,
    registerInOpcode,
    immediates,
    lockable: attributes.includes("lock"),
    memoryOnly: operands.some((operand) => operand === "m" || operand === "m64" || operand === "m16:v") || isX87Memory,
    size: isByteRow(mnemonic, operands) ? 1 : 0,
    attributes,
  };
}

function isEscape(opcode: number): boolean {
  return opcode >= 0xd8 && opcode <= 0xdf;
}

function isByteRow(mnemonic: string, operands: string[]): boolean {
  const [first = "", second = ""] = operands;
  if (first === "r/m8" || first === "r8" || first === "AL" || first === "moffs8") return true;
  return mnemonic === "OUT" && second === "AL";
}

/** All rows, in table order. */
export const instructions: readonly Instruction[] = INSTRUCTION_TABLE.split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map(parse);

/**
 * By opcode (100h more after 0Fh): the row, or eight by the reg field of the ModRM byte (for the x87 another 64 by the
 * low six bits of a register form's), or null where nothing is encoded.
 */
export const instructionMap: readonly (Instruction | (Instruction | null)[] | null)[] = buildMap();

function buildMap(): (Instruction | (Instruction | null)[] | null)[] {
  const map = new Array<Instruction | (Instruction | null)[] | null>(0x200).fill(null);
  for (const row of instructions) {
    if (row.digit !== -1 || row.modRm !== -1) {
      const size = isEscape(row.opcode) ? 8 + 64 : 8;
      const group = (map[row.opcode] ??= new Array<Instruction | null>(size).fill(null)) as (Instruction | null)[];
      if (row.digit !== -1) group[row.digit] = row;
      for (let i = 0; i < row.modRmCount; i++) group[8 + (row.modRm & 63) + i] = row;
    } else {
      const last = row.opcode + (row.registerInOpcode ? 7 : 0);
      for (let opcode = row.opcode; opcode <= last; opcode++) map[opcode] = row;
    }
  }
  return map;
}
