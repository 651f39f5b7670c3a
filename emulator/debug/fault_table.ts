import { hex8 } from "./bytes.ts";
import type { FaultRow } from "./fault_report.ts";
import { formatPlace } from "./symbols.ts";

interface Column {
  readonly title: string;
  readonly right?: boolean;
  /** `short`: the line is too narrow for everything. */
  readonly text: (row: FaultRow, short: boolean) => string;
}

const NOTHING = "-";

const COLUMNS: readonly Column[] = [
  { title: "#", right: true, text: (row) => String(row.number) },
  { title: "instr", right: true, text: (row) => String(row.instruction ?? NOTHING) },
  { title: "pid", right: true, text: (row) => String(row.pid ?? NOTHING) },
  { title: "eip", text: formatEip },
  { title: "cr2", text: (row) => hex8(row.cr2) },
  // One column, so that a line can be searched for the whole story.
  { title: "error, class, action", text: (row) => row.summary },
  { title: "vma", text: formatVma },
  {
    title: "frame",
    right: true,
    text: (row) => (row.frame === null ? NOTHING : row.frame.toString(16).padStart(5, "0")),
  },
];

/**
 * The faults as lines of text, a heading first. Columns are as wide as their contents. Where that makes lines longer than `width`
 * characters, source files lose their folders and ranges are given as start and size.
 */
export function formatFaultTable(rows: readonly FaultRow[], width = Infinity): string[] {
  const full = layOut(rows, false);
  return full.some((line) => line.length > width) ? layOut(rows, true) : full;
}

function layOut(rows: readonly FaultRow[], short: boolean): string[] {
  const cells = [COLUMNS.map(({ title }) => title), ...rows.map((row) => COLUMNS.map(({ text }) => text(row, short)))];
  const widths = COLUMNS.map((_, column) => cells.reduce((widest, line) => Math.max(widest, line[column].length), 0));
  return cells.map((line) =>
    line
      .map((cell, column) => (COLUMNS[column].right ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
      .trimEnd(),
  );
}

/** `main+0x1c userland/bin/malloc.ts:12`; the bare address where nothing is known about it. */
function formatEip({ eip, place }: FaultRow, short: boolean): string {
  if (!place) return hex8(eip);
  if (place.file === undefined) return formatPlace(place);
  const file = short ? place.file.slice(place.file.lastIndexOf("/") + 1) : place.file;
  return `${formatPlace(place)} ${file}:${place.line}`;
}

function formatVma({ vma }: FaultRow, short: boolean): string {
  if (!vma) return NOTHING;
  const extent = short ? `+${(vma.end - vma.start) / 1024}K` : `-${hex8(vma.end)}`;
  return `${vma.kind} ${hex8(vma.start)}${extent}`;
}
