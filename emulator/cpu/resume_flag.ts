import type { Cpu } from "./cpu.ts";
import { Flag } from "./flags.ts";
import { State } from "./layout.ts";

/*
 * EFLAGS.RF lasts until the next instruction has completed (SDM 3, 17.3.1.1). Clearing it after every instruction would
 * cost all of them; so it is kept apart from EFLAGS with the instruction count at which it was set, and is set exactly
 * while nothing has retired since.
 */

/** Sets RF for the instruction boundary at `count` (a value of instructionCount), or clears it. */
export function setResumeFlag(cpu: Cpu, set: boolean, count: number): void {
  const m = cpu.m;
  m[State.RESUME_FLAG] = set ? 1 : 0;
  m[State.RESUME_COUNT] = count | 0;
}

/** Flag.RF or 0. */
export function resumeFlag(cpu: Cpu): number {
  const m = cpu.m;
  if (m[State.RESUME_FLAG] === 0) return 0;
  return m[State.RESUME_COUNT] === (cpu.instructionCount | 0) ? Flag.RF : 0;
}
