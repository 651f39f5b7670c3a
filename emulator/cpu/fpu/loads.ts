import { State } from "../layout.ts";
import { loadConstant } from "./float80/constants.ts";
import { fromDecimal } from "./float80/decimal.ts";
import { fromInteger } from "./float80/integral.ts";
import { Kind, kindOf } from "./float80/kind.ts";
import { storeIndefinite } from "./float80/nan.ts";
import { widenDouble, widenSingle } from "./float80/widen.ts";
import { copyRegister } from "./float80/store.ts";
import { Operation } from "./operations.ts";
import { Flag, FpuStatus } from "./state.ts";
import { isEmpty, push, report, slot, STACK_OVERFLOW, STACK_UNDERFLOW } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** FLD, FILD and FBLD from memory. */
export function loadMemory(fpu: FpuUnit, operation: number): FpuStatus {
  const w = fpu.words;
  const source = fpu.operand;
  const d = State.FPU_LATCH_A;
  let flags = 0;
  switch (operation) {
    case Operation.FLD_SINGLE:
      if (!fpu.port.loadOperand(4)) return FpuStatus.MEMORY_FAULT;
      flags = widenSingle(w, d, source[0]) | quieted(w, d);
      break;
    case Operation.FLD_DOUBLE:
      if (!fpu.port.loadOperand(8)) return FpuStatus.MEMORY_FAULT;
      flags = widenDouble(w, d, source[1], source[0]) | quieted(w, d);
      break;
    case Operation.FLD_EXTENDED:
      if (!fpu.port.loadOperand(10)) return FpuStatus.MEMORY_FAULT;
      w[d] = source[0];
      w[d + 1] = source[1];
      w[d + 2] = source[2] & 0xffff;
      break;
    case Operation.FILD_WORD: {
      if (!fpu.port.loadOperand(2)) return FpuStatus.MEMORY_FAULT;
      const value = (source[0] << 16) >> 16;
      fromInteger(w, d, value >> 31, value);
      break;
    }
    case Operation.FILD_DWORD:
      if (!fpu.port.loadOperand(4)) return FpuStatus.MEMORY_FAULT;
      fromInteger(w, d, source[0] >> 31, source[0]);
      break;
    case Operation.FILD_QWORD:
      if (!fpu.port.loadOperand(8)) return FpuStatus.MEMORY_FAULT;
      fromInteger(w, d, source[1], source[0]);
      break;
    default:
      if (!fpu.port.loadOperand(10)) return FpuStatus.MEMORY_FAULT;
      fromDecimal(w, d, source);
  }
  pushLatch(w, flags);
  return FpuStatus.DONE;
}

/** Quiets a signalling NaN just loaded; returns INVALID if it was one. */
function quieted(w: Int32Array, d: number): number {
  if ((w[d + 2] & 0x7fff) !== 0x7fff || kindOf(w, d) !== Kind.SIGNALLING) return 0;
  w[d + 1] |= 0x40000000;
  return Flag.INVALID;
}

/** FLD st(i). */
export function loadRegister(w: Int32Array, i: number): void {
  if (isEmpty(w, i)) {
    report(w, STACK_UNDERFLOW);
    if ((w[State.FPU_CONTROL] & Flag.INVALID) === 0) return;
    push(w);
    storeIndefinite(w, slot(w, 0));
    return;
  }
  copyRegister(w, State.FPU_LATCH_A, slot(w, i));
  pushLatch(w, 0);
}

/** FLD1 .. FLDZ, by the low bits of the ModRM byte. */
export function pushConstant(w: Int32Array, index: number): void {
  loadConstant(w, State.FPU_LATCH_A, index, w[State.FPU_CONTROL]);
  pushLatch(w, 0);
}

/** Pushes the latch, unless the stack is full or an exception forbids it. */
function pushLatch(w: Int32Array, flags: number): void {
  const control = w[State.FPU_CONTROL];
  if (!isEmpty(w, 7)) {
    report(w, STACK_OVERFLOW);
    if ((control & Flag.INVALID) === 0) return;
    push(w);
    storeIndefinite(w, slot(w, 0));
    return;
  }
  report(w, flags);
  // Unlike in arithmetic an unmasked denormal exception doesn't keep the silicon from loading.
  if ((flags & ~control & Flag.INVALID) !== 0) return;
  push(w);
  copyRegister(w, slot(w, 0), State.FPU_LATCH_A);
}
