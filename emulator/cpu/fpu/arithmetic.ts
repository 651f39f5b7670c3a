import { State } from "../layout.ts";
import { add, subtract } from "./float80/add.ts";
import { divide } from "./float80/divide.ts";
import { fromInteger } from "./float80/integral.ts";
import { Kind, kindOf } from "./float80/kind.ts";
import { multiply } from "./float80/multiply.ts";
import { storeIndefinite } from "./float80/nan.ts";
import { widenDouble, widenSingle } from "./float80/widen.ts";
import { copyRegister } from "./float80/store.ts";
import { compareAndReport, compareEmpty } from "./comparison.ts";
import { Arithmetic, Operation } from "./operations.ts";
import { Flag, FpuStatus } from "./state.ts";
import { blocked, fill, isEmpty, pop, report, slot, STACK_UNDERFLOW } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** FADD FMUL FCOM FCOMP FSUB FSUBR FDIV FDIVR and their FI forms: st0 = st0 op memory. */
export function arithmeticMemory(fpu: FpuUnit, operation: number): FpuStatus {
  const w = fpu.words;
  const source = fpu.operand;
  let denormal = 0;
  switch (operation & 0x38) {
    case Operation.SINGLE:
      if (!fpu.port.loadOperand(4)) return FpuStatus.MEMORY_FAULT;
      denormal = widenSingle(w, State.FPU_LATCH_A, source[0]);
      break;
    case Operation.DOUBLE:
      if (!fpu.port.loadOperand(8)) return FpuStatus.MEMORY_FAULT;
      denormal = widenDouble(w, State.FPU_LATCH_A, source[1], source[0]);
      break;
    case Operation.WORD: {
      if (!fpu.port.loadOperand(2)) return FpuStatus.MEMORY_FAULT;
      const value = (source[0] << 16) >> 16;
      fromInteger(w, State.FPU_LATCH_A, value >> 31, value);
      break;
    }
    default:
      if (!fpu.port.loadOperand(4)) return FpuStatus.MEMORY_FAULT;
      fromInteger(w, State.FPU_LATCH_A, source[0] >> 31, source[0]);
  }
  const arithmetic = operation & 7;
  if (arithmetic === Arithmetic.COMPARE || arithmetic === Arithmetic.COMPARE_POP) {
    const pops = arithmetic === Arithmetic.COMPARE_POP ? 1 : 0;
    if (isEmpty(w, 0)) compareEmpty(w, pops);
    else compareAndReport(w, State.FPU_LATCH_A, false, denormal, pops);
    return FpuStatus.DONE;
  }
  if (isEmpty(w, 0)) {
    underflow(w, 0, false);
    return FpuStatus.DONE;
  }
  const top = slot(w, 0);
  if (denormal === 0) report(w, operate(w, arithmetic, top, top, State.FPU_LATCH_A, w[State.FPU_CONTROL]));
  else operateOnDenormal(w, arithmetic, top);
  return FpuStatus.DONE;
}

/** The same on two registers: the destination is st0, or st(i) with or without a pop. */
export function arithmeticRegisters(w: Int32Array, operation: number, i: number): void {
  const arithmetic = operation & 7;
  const group = operation & 0x38;
  const pops = group === Operation.TO_REGISTER_POP;
  const destination = group === Operation.TO_TOP ? 0 : i;
  if (arithmetic === Arithmetic.COMPARE || arithmetic === Arithmetic.COMPARE_POP) {
    const popCount = arithmetic === Arithmetic.COMPARE_POP ? 1 : 0;
    if (isEmpty(w, 0) || isEmpty(w, i)) compareEmpty(w, popCount);
    else compareAndReport(w, slot(w, i), false, 0, popCount);
    return;
  }
  if (isEmpty(w, 0) || isEmpty(w, i)) {
    underflow(w, destination, pops);
    return;
  }
  const control = w[State.FPU_CONTROL];
  const flags = operate(w, arithmetic, slot(w, destination), slot(w, 0), slot(w, i), control);
  report(w, flags);
  if (pops && !blocked(flags, control)) pop(w);
}

function operate(
  w: Int32Array,
  arithmetic: Arithmetic,
  d: number,
  top: number,
  other: number,
  control: number,
): number {
  switch (arithmetic) {
    case Arithmetic.ADD:
      return add(w, d, top, other, control);
    case Arithmetic.MULTIPLY:
      return multiply(w, d, top, other, control);
    case Arithmetic.SUBTRACT:
      return subtract(w, d, top, other, control);
    case Arithmetic.SUBTRACT_REVERSED:
      return subtract(w, d, other, top, control);
    case Arithmetic.DIVIDE:
      return divide(w, d, top, other, control);
    default:
      return divide(w, d, other, top, control);
  }
}

/**
 * st0 = st0 op latch, where the latch was widened from a denormal in memory: it is normal now, so the denormal
 * exception is added here, unless a NaN or a division by zero takes precedence.
 */
function operateOnDenormal(w: Int32Array, arithmetic: Arithmetic, top: number): void {
  const control = w[State.FPU_CONTROL];
  let flags = operate(w, arithmetic, State.FPU_LATCH_B, top, State.FPU_LATCH_A, control);
  if (kindOf(w, top) < Kind.QUIET && (flags & Flag.ZERO_DIVIDE) === 0) flags |= Flag.DENORMAL;
  if (blocked(flags, control)) flags &= Flag.PRE_COMPUTATION;
  else copyRegister(w, top, State.FPU_LATCH_B);
  report(w, flags);
}

/** A source is empty: masked, the destination becomes the default NaN. */
function underflow(w: Int32Array, destination: number, pops: boolean): void {
  report(w, STACK_UNDERFLOW);
  if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
  storeIndefinite(w, slot(w, destination));
  fill(w, destination);
  if (pops) pop(w);
}
