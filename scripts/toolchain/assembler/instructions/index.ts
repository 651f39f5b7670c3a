import { buildForms, type Form } from "../forms.ts";
import { integerRows } from "./integer.ts";
import { mmxRows } from "./mmx.ts";
import { sseRows } from "./sse.ts";
import { systemRows } from "./system.ts";
import { x87Rows } from "./x87.ts";

/** All rows of the table as written (before `v`, `cc` and aliases are filled in). */
export const instructionRows: readonly string[] = [...integerRows, ...systemRows, ...x87Rows, ...mmxRows, ...sseRows];

/** Forms by lower-case mnemonic, in matching order. */
export const instructions: ReadonlyMap<string, readonly Form[]> = buildForms(instructionRows);
