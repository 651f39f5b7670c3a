import type { StopReason } from "../cpu/cpu.ts";

/** How a machine ends by itself. */
export type EndOutcome =
  /** `value` was written to port F4h. */
  | { kind: "debug-exit"; value: number }
  | { kind: "power-off" }
  /** The guest pulsed the reset line (8042 command FEh, port 92h). */
  | { kind: "reset" }
  /** The processor shut down; `eip` is where it was. */
  | { kind: "triple-fault"; eip: number }
  /** No input can come any more, and the guest did nothing but wait for `seconds` of its time. */
  | { kind: "idle-for-good"; seconds: number };

/** Why Machine.run returned. */
export type RunOutcome =
  | EndOutcome
  /** The time is over. */
  | { kind: "time" }
  /** The processor waits in HLT; the next event is at clock time `until` (Infinity: there is none). */
  | { kind: "idle"; until: number }
  /** HLT at `eip` with interrupts off: only a reset helps. */
  | { kind: "halted"; eip: number }
  /** requestStop, a breakpoint or a watchpoint. */
  | { kind: "stopped"; reason: StopReason };
