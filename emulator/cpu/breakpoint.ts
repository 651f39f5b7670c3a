import type { Cpu } from "./cpu.ts";
import type { Decoder } from "./decode.ts";
import { handler } from "./handlers.ts";
import { State } from "./layout.ts";
import { Record } from "./operation.ts";

/*
 * The debugger's breakpoints (not the guest's): an instruction that may have one gets a check before it. Blocks are found
 * by physical address, so the check looks at the linear address at run time.
 */

/** In State.FAULT: not a fault but a stop before the instruction, which the run loop turns into StopReason.Breakpoint. */
export const STOP_BEFORE = 0x100;

const check = handler((cpu, _w, p) => {
  const m = cpu.m;
  const eip = (m[State.EIP] + (m[p + Record.META] & 0xfff)) | 0;
  if (cpu.breakpointHit(cpu.linearOf(eip))) m[State.FAULT] = STOP_BEFORE;
});

/** Called before each instruction is decoded. */
export function noteBreakpoint(cpu: Cpu, d: Decoder): void {
  const pages = cpu.breakpointOffsets;
  if (pages === null || !pages.has(d.linearOfInstruction & 0xfff)) return;
  const known = d.knownFlags;
  d.emit(check);
  d.knownFlags = known;
  d.previousFusible = 0;
}
