// What the processor went through just before it gave up, for the report of a triple fault; and a word for each
// instruction that the emulator does not have.
import { type Cpu, ExceptionKind } from "../cpu/cpu.ts";
import { observeExceptions } from "../debug/observers.ts";

interface Fault {
  vector: number;
  errorCode: number | null;
  eip: number;
  cr2: number;
  instruction: number;
}

/** Vector names of the processor (SDM vol. 3, table 6-1). */
const NAMES: Record<number, string> = {
  0: "#DE",
  1: "#DB",
  3: "#BP",
  4: "#OF",
  5: "#BR",
  6: "#UD",
  7: "#NM",
  8: "#DF",
  10: "#TS",
  11: "#NP",
  12: "#SS",
  13: "#GP",
  14: "#PF",
  16: "#MF",
  17: "#AC",
  18: "#MC",
  19: "#XM",
};

/** A triple fault is three; more would be an older story. */
const KEPT = 3;

export interface FaultChain {
  /** The faults that one instruction raised last, first to last, in words. */
  describe(): string;
}

/** Begins to watch. `announce` is told once of every address at which an unimplemented instruction was met. */
export function watchFaults(cpu: Cpu, announce: (line: string) => void): FaultChain {
  const faults: Fault[] = [];
  observeExceptions(cpu.hooks, (vector, errorCode, hasErrorCode, kind) => {
    if (kind !== ExceptionKind.Fault) return;
    faults.push({
      vector,
      errorCode: hasErrorCode ? errorCode : null,
      eip: cpu.eip,
      cr2: cpu.readRegister("cr2"),
      instruction: cpu.instructionCount,
    });
    if (faults.length > KEPT) faults.shift();
  });
  const seen = new Set<number>();
  cpu.hooks.onUnimplemented = (eip, bytes, name) => {
    if (seen.has(eip)) return;
    seen.add(eip);
    const code = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    announce(`unimplemented instruction ${name} at EIP ${hex(eip)}: ${code} (the guest gets #UD)`);
  };
  return { describe: () => describeChain(faults) };
}

function describeChain(faults: readonly Fault[]): string {
  const last = faults.at(-1);
  const chain = faults.filter((fault) => fault.instruction === last!.instruction);
  return chain
    .map(({ vector, errorCode, cr2 }) => {
      const name = NAMES[vector] ?? `vector ${vector}`;
      const error = errorCode === null ? "" : ` error ${errorCode.toString(16).toUpperCase().padStart(4, "0")}h`;
      return `${name}${error}${vector === 14 ? ` CR2 ${hex(cr2)}` : ""}`;
    })
    .join(", then ");
}

export function hex(value: number): string {
  return `${(value >>> 0).toString(16).toUpperCase().padStart(8, "0")}h`;
}
