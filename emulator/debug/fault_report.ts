import { describeErrorCode } from "./error_code.ts";
import type { Fault } from "./fault_trace.ts";
import type { Place, SymbolTable } from "./symbols.ts";

/** One page fault ready to be shown: everything resolved to names. */
export interface FaultRow {
  /** From 1, in the order the processor raised them. */
  readonly number: number;
  /** Instructions retired before it. */
  readonly instruction: number | null;
  readonly pid: number | null;
  readonly process: string | null;
  readonly eip: number;
  readonly place: Place | undefined;
  /** Privilege level of the instruction; null when only the kernel's record is there. */
  readonly cpl: number | null;
  readonly cr2: number;
  readonly errorCode: number;
  readonly vma: { readonly kind: string; readonly start: number; readonly end: number; readonly flags: number } | null;
  /** `U/W, not present`. */
  readonly error: string;
  /** `minor`, `major`, `invalid`; null when the kernel keeps no records. */
  readonly class: string | null;
  /** `demand-zero`, `SIGSEGV MAPERR`, ... */
  readonly action: string | null;
  /** The whole story in words, to be searched for: `U/W, not present, minor, demand-zero`. */
  readonly summary: string;
  readonly frame: number | null;
  /** Present directory and table entry at the time of the fault, null where the walk did not reach. */
  readonly pde: number | null;
  readonly pte: number | null;
  readonly pteBefore: number | null;
  readonly pteAfter: number | null;
  readonly sectors: number | null;
}

/** Where to look addresses up. */
export interface FaultSymbols {
  /** A folder whose name is left out in front of source files. */
  readonly folder?: string;
  readonly kernel?: SymbolTable;
  /** The program a process runs, by the process name the kernel keeps (possibly cut short; empty when unknown). */
  program(process: string): SymbolTable | undefined;
}

export function faultRows(faults: readonly Fault[], symbols: FaultSymbols): FaultRow[] {
  return faults.map((fault, index) => faultRow(fault, index + 1, symbols));
}

function faultRow({ cpu, kernel }: Fault, number: number, symbols: FaultSymbols): FaultRow {
  const eip = cpu?.eip ?? kernel?.eip ?? 0;
  const errorCode = cpu?.errorCode ?? kernel?.errorCode ?? 0;
  const error = describeErrorCode(errorCode);
  return {
    number,
    instruction: cpu?.instruction ?? null,
    pid: kernel?.pid ?? null,
    process: kernel?.comm || null,
    eip,
    place: placeOf(eip, cpu?.cpl, kernel?.comm ?? "", symbols),
    cpl: cpu?.cpl ?? null,
    cr2: cpu?.cr2 ?? kernel?.cr2 ?? 0,
    errorCode,
    vma: kernel?.vma ?? null,
    error,
    class: kernel?.class ?? null,
    action: kernel?.action ?? null,
    summary: kernel ? `${error}, ${kernel.class}, ${kernel.action}` : error,
    frame: kernel?.frame ?? null,
    pde: entry(cpu?.pde),
    pte: entry(cpu?.pte),
    pteBefore: kernel?.pteBefore ?? null,
    pteAfter: kernel?.pteAfter ?? null,
    sectors: kernel?.sectors ?? null,
  };
}

/** -1 in a walk: not reached. */
function entry(value: number | undefined): number | null {
  return value === undefined || value === -1 ? null : value >>> 0;
}

function placeOf(eip: number, cpl: number | undefined, process: string, symbols: FaultSymbols): Place | undefined {
  const inKernel = symbols.kernel?.covers(eip) && cpl !== 3;
  const place = (inKernel ? symbols.kernel : symbols.program(process))?.lookup(eip);
  const prefix = `${symbols.folder}/`;
  return place?.file?.startsWith(prefix) ? { ...place, file: place.file.slice(prefix.length) } : place;
}
