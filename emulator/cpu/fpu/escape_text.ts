import { ESCAPE_ROWS } from "./escape_table.ts";

/** The escape table as lines of the instruction table. */
export function escapeRowTexts(): string {
  return ESCAPE_ROWS.map((row) => {
    const opcode = hex(row.opcode);
    let encoding = `${opcode} ${hex(row.modrm)}`;
    if (row.count === 0) encoding = `${opcode} /${row.modrm >> 3}`;
    else if (row.count === 8) encoding += "+i";
    const operands = row.operands === "" ? "" : ` ${row.operands.toUpperCase().replace(",", ", ")}`;
    const name = row.mnemonic.toUpperCase() + (row.count === 0 ? ` ${row.operands}` : operands);
    return `${encoding.padEnd(12)} | ${name.padEnd(23)} | ${row.documented ? "fpu" : "fpu alias"}`;
  }).join("\n");
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase();
}
