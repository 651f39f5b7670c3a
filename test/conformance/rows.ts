import { INSTRUCTION_TABLE } from "../../emulator/cpu/instruction_table.ts";
import { type Instruction, instructions } from "../../emulator/cpu/instructions.ts";

/** A row of the instruction table, as the conformance tests see it. */
export interface Row {
  instruction: Instruction;
  /** Encoding and syntax, the row's name in reports. */
  name: string;
  /** The heading it stands under. */
  group: string;
  /** Why it is not compared with the host's processor, or null. */
  excluded: string | null;
}

/** By mnemonic. */
const EXCLUDED: { [mnemonic: string]: string } = {
  SYSENTER: "enters the host's kernel",
  SGDT: "shows the host's tables, or what its kernel makes up under UMIP",
  SIDT: "shows the host's tables, or what its kernel makes up under UMIP",
  SLDT: "shows the host's selectors, or what its kernel makes up under UMIP",
  STR: "shows the host's selectors, or what its kernel makes up under UMIP",
  SMSW: "shows the host's CR0, or what its kernel makes up under UMIP",
};

function exclusion(row: Instruction): string | null {
  if (row.attributes.includes("fpu")) return "x87: compared bit for bit by test/cpu/fpu";
  return EXCLUDED[row.mnemonic] ?? null;
}

/** Headings of the table, in order, with the number of rows under each. */
function headings(): string[] {
  const result: string[] = [];
  let heading = "";
  for (const line of INSTRUCTION_TABLE.split("\n")) {
    if (line.startsWith("#")) heading = line.slice(1).trim();
    else if (line !== "") result.push(heading);
  }
  return result;
}

const groupOf = headings();

/** All rows, in table order. */
export const rows: readonly Row[] = instructions.map((instruction) => ({
  instruction,
  name: `${instruction.encoding.padEnd(12)} ${instruction.mnemonic} ${instruction.operands.join(", ")}`.trim(),
  group: groupOf[instruction.id],
  excluded: exclusion(instruction),
}));

export const comparedRows = rows.filter((row) => row.excluded === null);
