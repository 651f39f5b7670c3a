import { findBlock, Header } from "./block_cache.ts";
import { STOP_BEFORE } from "./breakpoint.ts";
import { type Cpu, ExceptionKind, StopReason } from "./cpu.ts";
import { Vector } from "./exception.ts";
import { execute } from "./execute.ts";
import { Flag } from "./flags.ts";
import { FREEZE_BEFORE } from "./fpu/escape.ts";
import { deliverExternal, deliverFault } from "./interrupt.ts";
import { Mode, Shadow, State } from "./layout.ts";
import { Record } from "./operation.ts";

/*
 * The run loop: everything that happens between instructions. execute() runs blocks; it comes back here for faults, at
 * the end of a slice and after instructions that may have changed the mode.
 *
 * The order at one instruction boundary is fixed, so that a run cut in two goes the same way: fault of the instruction
 * before, stop requests, the limit, then NMI and interrupts.
 */

/** Slices are bounded so that State.BUDGET is a small integer. */
const MAX_SLICE = 0x3fffffff;

const DR6_SINGLE_STEP = 0x4000;
const DR6_TASK_SWITCH = 0x8000;

/**
 * The block to go on with at State.EIP, its instructions taken from the budget; 0 when execute() has to return: a fault
 * of the fetch, the slice's end (or too near for the whole block), or single stepping. `link`: where to note the
 * block for the next time, 0 for nowhere.
 */
export function nextBlock(cpu: Cpu, link: number): number {
  const m = cpu.m;
  cpu.p = 0;
  if ((m[State.MODE] & Mode.SINGLE) !== 0 || m[State.BUDGET] <= 0) return 0;
  const generation = cpu.codeGeneration;
  const block = findBlock(cpu);
  if (block === 0) return 0;
  if (link !== 0 && m[block + Header.POSITION] !== -1 && generation === cpu.codeGeneration) m[link] = block;
  const budget = m[State.BUDGET] - m[block + Header.COUNT];
  if (budget < 0) return 0;
  m[State.BUDGET] = budget;
  return block;
}

/** Runs until instructionCount is `limit` or something else ends the run. */
export function run(cpu: Cpu, limit: number): StopReason {
  const m = cpu.m;
  cpu.limit = limit;
  cpu.attention = true;
  cpu.watchHit = null;
  for (;;) {
    if (m[State.FAULT] !== 0) {
      if (m[State.FAULT] === STOP_BEFORE) {
        m[State.FAULT] = 0;
        return finish(cpu, StopReason.Breakpoint);
      }
      if (m[State.FAULT] === FREEZE_BEFORE) {
        m[State.FAULT] = 0;
        m[State.HALTED] = 1;
      } else {
        deliverFault(cpu);
      }
    }
    if (cpu.attention) {
      const reason = attend(cpu);
      if (reason !== NO_REASON) return finish(cpu, reason);
    }
    if (m[State.BUDGET] <= 0 && !startSlice(cpu)) return finish(cpu, StopReason.Limit);
    if ((m[State.INTERRUPT_LINE] | m[State.NMI] | m[State.HALTED]) !== 0) {
      const outcome = interrupts(cpu);
      if (outcome === Outcome.HALT) return finish(cpu, StopReason.Halt);
      if (outcome === Outcome.AGAIN) continue;
    }
    if ((m[State.MODE] & Mode.SINGLE) !== 0) {
      singleStep(cpu);
      continue;
    }
    const block = findBlock(cpu);
    if (block === 0) continue;
    const budget = m[State.BUDGET] - m[block + Header.COUNT];
    if (budget < 0) {
      // The slice ends inside the block.
      stepAlone(cpu);
      continue;
    }
    m[State.BUDGET] = budget;
    m[State.SHADOW] = 0;
    execute(cpu, block);
    if (m[State.FAULT] !== 0) settleFault(cpu);
    if (cpu.patchAt !== 0) cpu.unpatch();
    cpu.p = 0;
  }
}

const NO_REASON = -1 as StopReason;

/** Gives out the next part of the way to the limit; false when it is reached. */
function startSlice(cpu: Cpu): boolean {
  const count = cpu.instructionCount;
  if (count >= cpu.limit) return false;
  const slice = Math.min(cpu.limit - count, MAX_SLICE);
  cpu.sliceEnd = count + slice;
  cpu.m[State.BUDGET] = slice;
  return true;
}

/** instructionCount stays what it is when the rest of the slice is dropped. */
function finish(cpu: Cpu, reason: StopReason): StopReason {
  const m = cpu.m;
  cpu.sliceEnd -= m[State.BUDGET];
  m[State.BUDGET] = 0;
  return reason;
}

/** After a fault inside a block: EIP is the faulting instruction's, and what has not retired is given back. */
function settleFault(cpu: Cpu): void {
  const p = cpu.p;
  // 0: the fault is not of an instruction in a block (fetch, or a task just switched to).
  if (p === 0) return;
  const m = cpu.m;
  const meta = m[p + Record.META];
  m[State.EIP] = (m[State.EIP] + (meta & 0xfff)) | 0;
  m[State.BUDGET] += meta >>> 16;
  cpu.p = 0;
}

/** One instruction, whatever the trap flag says. */
function stepAlone(cpu: Cpu): void {
  const m = cpu.m;
  m[State.MODE] |= Mode.SINGLE;
  singleStep(cpu);
  if ((m[State.EFLAGS] & Flag.TF) === 0) m[State.MODE] &= ~Mode.SINGLE;
}

/** One instruction; then the single-step trap when the trap flag was set before it (SDM 3, 17.3.1.4). */
function singleStep(cpu: Cpu): void {
  const m = cpu.m;
  const stepping = (m[State.EFLAGS] & Flag.TF) !== 0;
  const block = findBlock(cpu);
  if (block === 0) return;
  m[State.BUDGET] -= 1;
  m[State.SHADOW] = 0;
  cpu.trapSuppressed = false;
  cpu.alone = true;
  execute(cpu, block);
  cpu.alone = false;
  if (cpu.patchAt !== 0) cpu.unpatch();
  if (m[State.FAULT] !== 0) {
    settleFault(cpu);
    return;
  }
  cpu.p = 0;
  // MOV SS and POP SS hold the trap back until after the next instruction; INT n clears TF without a trap.
  if (stepping && m[State.SHADOW] !== Shadow.STACK && !cpu.trapSuppressed) {
    m[State.DR6] |= DR6_SINGLE_STEP;
    deliverExternal(cpu, Vector.DB, ExceptionKind.Trap);
  }
}

/** What was asked for since the last instruction boundary, other than interrupts. */
function attend(cpu: Cpu): StopReason {
  const m = cpu.m;
  cpu.attention = false;
  if (m[State.SHUTDOWN] !== 0) return StopReason.Shutdown;
  if (cpu.stopRequested) {
    cpu.stopRequested = false;
    return StopReason.StopRequested;
  }
  if (cpu.watchHit !== null) return StopReason.Watchpoint;
  if (cpu.taskTrap) {
    cpu.taskTrap = false;
    m[State.DR6] |= DR6_TASK_SWITCH;
    deliverExternal(cpu, Vector.DB, ExceptionKind.Trap);
  }
  return m[State.SHUTDOWN] !== 0 ? StopReason.Shutdown : NO_REASON;
}

const enum Outcome {
  NOTHING,
  /** Something was delivered or executed: look at everything again. */
  AGAIN,
  HALT,
}

/** NMI and the interrupt line at an instruction boundary. */
function interrupts(cpu: Cpu): Outcome {
  const m = cpu.m;
  const nmi = m[State.NMI] === 1;
  const maskable = m[State.INTERRUPT_LINE] !== 0 && (m[State.EFLAGS] & Flag.IF) !== 0;
  if (!nmi && !maskable) return m[State.HALTED] !== 0 ? Outcome.HALT : Outcome.NOTHING;
  if (m[State.SHADOW] !== 0) {
    // The instruction after STI, MOV SS or POP SS goes first.
    stepAlone(cpu);
  } else if (nmi) {
    m[State.NMI] = 2;
    deliverExternal(cpu, Vector.NMI, ExceptionKind.Nmi);
  } else {
    deliverExternal(cpu, cpu.bus.acknowledgeInterrupt() & 0xff, ExceptionKind.External);
  }
  return Outcome.AGAIN;
}
