import { hex8 } from "./bytes.ts";
import type { FaultRow } from "./fault_report.ts";

const hex = (value: number): string => `0x${hex8(value)}`;
const hexOrNull = (value: number | null): string | null => (value === null ? null : hex(value));

/** A fault as data: addresses and page table entries are texts such as "0x0804c000", counts are numbers, absent is null. */
export function faultAsJson(row: FaultRow): Record<string, unknown> {
  return {
    number: row.number,
    instruction: row.instruction,
    pid: row.pid,
    process: row.process,
    eip: hex(row.eip),
    symbol: row.place?.name ?? null,
    offset: row.place?.offset ?? null,
    file: row.place?.file ?? null,
    line: row.place?.line ?? null,
    cpl: row.cpl,
    cr2: hex(row.cr2),
    errorCode: row.errorCode,
    error: row.error,
    vma: row.vma && {
      kind: row.vma.kind,
      start: hex(row.vma.start),
      end: hex(row.vma.end),
      flags: row.vma.flags,
    },
    class: row.class,
    action: row.action,
    summary: row.summary,
    frame: row.frame,
    pde: hexOrNull(row.pde),
    pte: hexOrNull(row.pte),
    pteBefore: hexOrNull(row.pteBefore),
    pteAfter: hexOrNull(row.pteAfter),
    sectors: row.sectors,
  };
}
