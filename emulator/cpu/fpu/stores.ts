import { State } from "../layout.ts";
import { toDecimal } from "./float80/decimal.ts";
import { toInteger } from "./float80/integral.ts";
import { storeIndefinite } from "./float80/nan.ts";
import { narrowToDouble, narrowToSingle } from "./float80/narrow.ts";
import { copyRegister } from "./float80/store.ts";
import { Operation } from "./operations.ts";
import { Flag, FpuStatus } from "./state.ts";
import { fill, isEmpty, pop, report, slot, STACK_UNDERFLOW } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** Unmasked, these keep a result out of memory (SDM vol. 1, 8.5.4 and 8.5.5). */
const KEEPS_MEMORY = Flag.INVALID | Flag.OVERFLOW | Flag.UNDERFLOW;

/** FST, FSTP, FIST, FISTP and FBSTP to memory. */
export function storeMemory(fpu: FpuUnit, operation: number): FpuStatus {
  const w = fpu.words;
  const target = fpu.operand;
  const a = slot(w, 0);
  const d = State.FPU_LATCH_A;
  // An empty register reads as the default NaN: real, integer or decimal indefinite comes of it.
  const empty = isEmpty(w, 0);
  if (empty) storeIndefinite(w, State.FPU_LATCH_B);
  const source = empty ? State.FPU_LATCH_B : a;
  const control = w[State.FPU_CONTROL];
  let flags = 0;
  let length = 0;
  let pops = false;
  switch (operation) {
    case Operation.FSTP_SINGLE:
      pops = true;
    case Operation.FST_SINGLE:
      flags = narrowToSingle(w, d, source, control);
      length = 4;
      break;
    case Operation.FSTP_DOUBLE:
      pops = true;
    case Operation.FST_DOUBLE:
      flags = narrowToDouble(w, d, source, control);
      length = 8;
      break;
    case Operation.FSTP_EXTENDED:
      pops = true;
      copyRegister(w, d, source);
      length = 10;
      break;
    case Operation.FISTP_WORD:
      pops = true;
    case Operation.FIST_WORD:
      flags = toInteger(w, d, source, 16, control);
      length = 2;
      break;
    case Operation.FISTP_DWORD:
      pops = true;
    case Operation.FIST_DWORD:
      flags = toInteger(w, d, source, 32, control);
      length = 4;
      break;
    case Operation.FISTP_QWORD:
      pops = true;
      flags = toInteger(w, d, source, 64, control);
      length = 8;
      break;
    default:
      pops = true;
      flags = toDecimal(w, d, source, target, control);
      length = 10;
  }
  if (empty) flags = STACK_UNDERFLOW;
  if ((flags & ~control & KEEPS_MEMORY) !== 0) {
    // Nothing was rounded, then.
    report(w, flags & ~(Flag.PRECISION | (empty ? 0 : Flag.C1)));
    return FpuStatus.DONE;
  }
  if (operation !== Operation.FBSTP) {
    target[0] = w[d];
    target[1] = w[d + 1];
    target[2] = w[d + 2];
  }
  if (!fpu.port.storeOperand(length)) return FpuStatus.MEMORY_FAULT;
  report(w, flags);
  if (pops) pop(w);
  return FpuStatus.DONE;
}

/** FST and FSTP to st(i). */
export function storeRegister(w: Int32Array, i: number, pops: boolean): void {
  if (isEmpty(w, 0)) {
    report(w, STACK_UNDERFLOW);
    if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
    storeIndefinite(w, slot(w, i));
  } else {
    report(w, 0);
    copyRegister(w, slot(w, i), slot(w, 0));
  }
  fill(w, i);
  if (pops) pop(w);
}
