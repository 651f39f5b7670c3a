import { privilegedRows } from "./privileged.ts";
import { type Row, rows } from "./rows.ts";
import type { RowReport } from "./runner.ts";

/** Where each row of the instruction table has been executed by a passing test. */
export interface Coverage {
  /** Rows that completed in user mode, the same here and on the host's processor. */
  userMode: Row[];
  /** Rows whose very purpose is a fault, which came. */
  faulting: Row[];
  /** Rows completed at privilege level 0, the same here and on QEMU (privileged.test.ts). */
  privileged: Row[];
  /** Rows that test/cpu/fpu compares with the host's x87. */
  x87: Row[];
  /** The rest. */
  notExecuted: Row[];
}

export function coverageOf(reports: readonly RowReport[]): Coverage {
  const byRow = new Map(reports.map((report) => [report.row, report]));
  const atLevel0 = privilegedRows();
  const coverage: Coverage = { userMode: [], faulting: [], privileged: [], x87: [], notExecuted: [] };
  for (const row of rows) {
    const report = byRow.get(row);
    const agrees = report !== undefined && report.different === 0;
    if (agrees && report.completed > 0) coverage.userMode.push(row);
    else if (agrees && row.instruction.mnemonic === "UD2") coverage.faulting.push(row);
    else if (atLevel0.has(row.instruction.id)) coverage.privileged.push(row);
    else if (row.instruction.attributes.includes("fpu")) coverage.x87.push(row);
    else coverage.notExecuted.push(row);
  }
  return coverage;
}

function names(list: readonly Row[]): string {
  return list.map((row) => row.name.replace(/ +/g, " ")).join("; ");
}

export function coverageText({ userMode, faulting, privileged, x87, notExecuted }: Coverage): string {
  return [
    `Rows of the instruction table executed by a passing test: ${rows.length - notExecuted.length} of ${rows.length}`,
    `  ${userMode.length} in user mode, as on the host's processor`,
    `  ${faulting.length} that only fault, as on the host's processor: ${names(faulting)}`,
    `  ${privileged.length} at privilege level 0, as on QEMU: ${names(privileged)}`,
    `  ${x87.length} of the x87, as on the host's processor (test/cpu/fpu): ${names(x87)}`,
    `  not executed: ${notExecuted.length === 0 ? "none" : names(notExecuted)}`,
  ].join("\n");
}
