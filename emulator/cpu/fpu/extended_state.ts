import { State } from "../layout.ts";
import { setControl, setStatus, statusWord } from "./environment.ts";
import { FpuStatus } from "./state.ts";
import { slot } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** Bits of MXCSR that exist (Pentium III: no denormals-are-zeros). */
export const MXCSR_MASK = 0xffbf;

/** Bytes FXSAVE writes of its 512: the rest is reserved or left to software. Without the XMM registers: 160. */
const WITH_XMM = 288;
const WITHOUT_XMM = 160;

/** FXSAVE. `xmm`: CR4.OSFXSR is set, MXCSR and the XMM registers are included. No pending exception is taken. */
export function saveExtended(fpu: FpuUnit, xmm: boolean): FpuStatus {
  const w = fpu.words;
  const words = fpu.operand;
  words[0] = w[State.FPU_CONTROL] | (statusWord(w) << 16);
  words[1] = w[State.FPU_TAGS] | (w[State.FPU_OPCODE] << 16);
  words[2] = w[State.FPU_IP];
  words[3] = w[State.FPU_CS];
  words[4] = w[State.FPU_DP];
  words[5] = w[State.FPU_DS];
  words[6] = w[State.MXCSR];
  words[7] = MXCSR_MASK;
  for (let i = 0, at = 8; i < 8; i++, at += 4) {
    const a = slot(w, i);
    words[at] = w[a];
    words[at + 1] = w[a + 1];
    words[at + 2] = w[a + 2];
    words[at + 3] = 0;
  }
  for (let i = 0; i < 32; i++) words[40 + i] = w[State.XMM_REGISTERS + i];
  return fpu.port.storeOperand(xmm ? WITH_XMM : WITHOUT_XMM) ? FpuStatus.DONE : FpuStatus.MEMORY_FAULT;
}

/** FXRSTOR. `xmm` as for FXSAVE. */
export function restoreExtended(fpu: FpuUnit, xmm: boolean): FpuStatus {
  if (!fpu.port.loadOperand(xmm ? WITH_XMM : WITHOUT_XMM)) return FpuStatus.MEMORY_FAULT;
  const w = fpu.words;
  const words = fpu.operand;
  if (xmm) {
    if ((words[6] & ~MXCSR_MASK) !== 0) return FpuStatus.PROTECTION;
    w[State.MXCSR] = words[6];
    for (let i = 0; i < 32; i++) w[State.XMM_REGISTERS + i] = words[40 + i];
  }
  setStatus(w, words[0] >>> 16);
  setControl(w, words[0]);
  w[State.FPU_TAGS] = words[1] & 0xff;
  w[State.FPU_OPCODE] = (words[1] >>> 16) & 0x7ff;
  w[State.FPU_IP] = words[2];
  w[State.FPU_CS] = words[3] & 0xffff;
  w[State.FPU_DP] = words[4];
  w[State.FPU_DS] = words[5] & 0xffff;
  for (let i = 0, at = 8; i < 8; i++, at += 4) {
    const a = slot(w, i);
    w[a] = words[at];
    w[a + 1] = words[at + 1];
    w[a + 2] = words[at + 2] & 0xffff;
  }
  return FpuStatus.DONE;
}
