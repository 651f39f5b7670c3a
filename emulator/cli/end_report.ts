// How a run ended, as an exit status and a line for the user.
import { constants } from "node:os";
import type { RunEnd } from "../host/runner.ts";
import { ExitStatus } from "./command.ts";
import { type FaultChain, hex } from "./fault_chain.ts";

export interface EndReport {
  status: number;
  /** For standard error; null when the end needs no words. */
  line: string | null;
}

export function reportEnd(end: RunEnd, faults: FaultChain): EndReport {
  switch (end.kind) {
    case "debug-exit":
      return { status: ((end.value << 1) | 1) & 0xff, line: null };
    case "power-off":
    case "left":
      return { status: ExitStatus.OK, line: null };
    case "reset":
      return { status: ExitStatus.OK, line: "machine reset by the guest" };
    case "halted":
      return { status: ExitStatus.HALTED, line: `machine halted: HLT with interrupts off at EIP ${hex(end.eip)}` };
    case "triple-fault": {
      const chain = faults.describe();
      return {
        status: ExitStatus.TRIPLE_FAULT,
        line: `triple fault at EIP ${hex(end.eip)}${chain ? `: ${chain}, then shutdown` : ""}`,
      };
    }
    case "idle-for-good":
      return {
        status: ExitStatus.IDLE_FOR_GOOD,
        line:
          `guest is idle for good: nobody can reach it, and it has done nothing but wait for ${end.seconds} s ` +
          "of its time (--idle-limit)",
      };
    case "signal":
      return { status: ExitStatus.SIGNAL + constants.signals[end.signal], line: null };
    case "output-closed":
      return { status: ExitStatus.OUTPUT_CLOSED, line: null };
    case "stopped":
      return { status: ExitStatus.INTERNAL, line: "machine stopped, and nobody had asked it to" };
  }
}
