import { State } from "../layout.ts";
import { Kind, kindOf } from "./float80/kind.ts";
import { EnvironmentLayout } from "./port.ts";
import { Control, Flag, FpuStatus } from "./state.ts";
import { slot, summarise } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** Bits of the control word that can be written; bit 6 reads as one. */
const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_FIXED = 0x0040;
/** Bits of the stored status word, without TOP. */
const STATUS_WRITABLE = Flag.EXCEPTIONS | Flag.STACK_FAULT | Flag.CONDITIONS;

/** FNINIT, and the end of FNSAVE. The registers' contents stay. */
export function initialise(w: Int32Array): void {
  w[State.FPU_CONTROL] = Control.INITIAL;
  w[State.FPU_STATUS] = 0;
  w[State.FPU_TOP] = 0;
  w[State.FPU_TAGS] = 0;
  w[State.FPU_IP] = 0;
  w[State.FPU_CS] = 0;
  w[State.FPU_OPCODE] = 0;
  w[State.FPU_DP] = 0;
  w[State.FPU_DS] = 0;
}

/** Loads the control word: an exception that it unmasks becomes pending. */
export function setControl(w: Int32Array, value: number): void {
  w[State.FPU_CONTROL] = (value & CONTROL_WRITABLE) | CONTROL_FIXED;
  summarise(w);
}

/** The status word with TOP in it. */
export function statusWord(w: Int32Array): number {
  return w[State.FPU_STATUS] | (w[State.FPU_TOP] << 11);
}

/** Loads the status word. The summary bits are not loaded but follow from flags and masks. */
export function setStatus(w: Int32Array, value: number): void {
  w[State.FPU_STATUS] = value & STATUS_WRITABLE;
  w[State.FPU_TOP] = (value >> 11) & 7;
  summarise(w);
}

/** The full tag word: two bits for each physical register, 0 valid, 1 zero, 2 special, 3 empty. */
export function tagWord(w: Int32Array): number {
  let tags = 0;
  for (let i = 0; i < 8; i++) tags |= tagOf(w, i) << (2 * i);
  return tags;
}

function tagOf(w: Int32Array, physical: number): number {
  if (((w[State.FPU_TAGS] >>> physical) & 1) === 0) return 3;
  const kind = kindOf(w, State.FPU_REGISTERS + 4 * physical);
  return kind === Kind.NORMAL ? 0 : kind === Kind.ZERO ? 1 : 2;
}

/** Loads the full tag word: of a register only "empty" is kept, the rest follows from its contents. */
export function setTagWord(w: Int32Array, value: number): void {
  let tags = 0;
  for (let i = 0; i < 8; i++) if (((value >> (2 * i)) & 3) !== 3) tags |= 1 << i;
  w[State.FPU_TAGS] = tags;
}

/** FLDCW. */
export function loadControl(fpu: FpuUnit): FpuStatus {
  if (!fpu.port.loadOperand(2)) return FpuStatus.MEMORY_FAULT;
  setControl(fpu.words, fpu.operand[0]);
  return FpuStatus.DONE;
}

/** FNSTCW and FNSTSW m16. */
export function storeWord(fpu: FpuUnit, value: number): FpuStatus {
  fpu.operand[0] = value;
  return fpu.port.storeOperand(2) ? FpuStatus.DONE : FpuStatus.MEMORY_FAULT;
}

/** FNSTENV: the environment to memory, then all exceptions masked. */
export function storeEnvironment(fpu: FpuUnit): FpuStatus {
  const length = putEnvironment(fpu);
  if (!fpu.port.storeOperand(length)) return FpuStatus.MEMORY_FAULT;
  setControl(fpu.words, fpu.words[State.FPU_CONTROL] | Flag.EXCEPTIONS);
  return FpuStatus.DONE;
}

/** FLDENV. */
export function loadEnvironment(fpu: FpuUnit): FpuStatus {
  const layout = fpu.port.environmentLayout();
  if (!fpu.port.loadOperand(environmentLength(layout))) return FpuStatus.MEMORY_FAULT;
  takeEnvironment(fpu, layout);
  return FpuStatus.DONE;
}

/** FNSAVE: environment and registers to memory, then as FNINIT. */
export function saveState(fpu: FpuUnit): FpuStatus {
  const w = fpu.words;
  const length = putEnvironment(fpu);
  const halves = fpu.operand16;
  let at = length >> 1;
  for (let i = 0; i < 8; i++, at += 5) {
    const a = slot(w, i);
    halves[at] = w[a];
    halves[at + 1] = w[a] >>> 16;
    halves[at + 2] = w[a + 1];
    halves[at + 3] = w[a + 1] >>> 16;
    halves[at + 4] = w[a + 2];
  }
  if (!fpu.port.storeOperand(length + 80)) return FpuStatus.MEMORY_FAULT;
  initialise(w);
  return FpuStatus.DONE;
}

/** FRSTOR. */
export function restoreState(fpu: FpuUnit): FpuStatus {
  const layout = fpu.port.environmentLayout();
  const length = environmentLength(layout);
  if (!fpu.port.loadOperand(length + 80)) return FpuStatus.MEMORY_FAULT;
  takeEnvironment(fpu, layout);
  const w = fpu.words;
  const halves = fpu.operand16;
  let at = length >> 1;
  for (let i = 0; i < 8; i++, at += 5) {
    const a = slot(w, i);
    w[a] = halves[at] | (halves[at + 1] << 16);
    w[a + 1] = halves[at + 2] | (halves[at + 3] << 16);
    w[a + 2] = halves[at + 4];
  }
  return FpuStatus.DONE;
}

function environmentLength(layout: number): number {
  return (layout & EnvironmentLayout.WIDE) !== 0 ? 28 : 14;
}

/** Writes the environment to the operand buffer, returns its length. Reserved halves of the wide layouts are ones. */
function putEnvironment(fpu: FpuUnit): number {
  const w = fpu.words;
  const layout = fpu.port.environmentLayout();
  const control = w[State.FPU_CONTROL];
  const status = statusWord(w);
  const tags = tagWord(w);
  const isProtected = (layout & EnvironmentLayout.PROTECTED) !== 0;
  // Real and virtual-8086 mode: pointers are linear addresses (SDM vol. 1, figures 8-10 and 8-12).
  const instruction = isProtected ? w[State.FPU_IP] : (w[State.FPU_IP] + (w[State.FPU_CS] << 4)) | 0;
  const operand = isProtected ? w[State.FPU_DP] : (w[State.FPU_DP] + (w[State.FPU_DS] << 4)) | 0;
  const opcode = w[State.FPU_OPCODE];
  if ((layout & EnvironmentLayout.WIDE) !== 0) {
    const words = fpu.operand;
    const ones = 0xffff0000 | 0;
    words[0] = ones | control;
    words[1] = ones | status;
    words[2] = ones | tags;
    if (isProtected) {
      words[3] = instruction;
      words[4] = (opcode << 16) | w[State.FPU_CS];
      words[5] = operand;
      words[6] = ones | w[State.FPU_DS];
    } else {
      words[3] = ones | instruction;
      words[4] = ((instruction >>> 16) << 12) | opcode;
      words[5] = ones | operand;
      words[6] = (operand >>> 16) << 12;
    }
    return 28;
  }
  const halves = fpu.operand16;
  halves[0] = control;
  halves[1] = status;
  halves[2] = tags;
  halves[3] = instruction;
  halves[4] = isProtected ? w[State.FPU_CS] : (((instruction >>> 16) & 15) << 12) | opcode;
  halves[5] = operand;
  halves[6] = isProtected ? w[State.FPU_DS] : ((operand >>> 16) & 15) << 12;
  return 14;
}

/** Takes the environment from the operand buffer. */
function takeEnvironment(fpu: FpuUnit, layout: number): void {
  const w = fpu.words;
  const halves = fpu.operand16;
  const wide = (layout & EnvironmentLayout.WIDE) !== 0;
  const step = wide ? 2 : 1;
  w[State.FPU_CONTROL] = (halves[0] & CONTROL_WRITABLE) | CONTROL_FIXED;
  setStatus(w, halves[step]);
  setTagWord(w, halves[2 * step]);
  if ((layout & EnvironmentLayout.PROTECTED) !== 0) {
    w[State.FPU_IP] = wide ? fpu.operand[3] : halves[3];
    w[State.FPU_CS] = halves[4 * step];
    // The narrow protected layout has no room for the opcode.
    w[State.FPU_OPCODE] = wide ? halves[9] & 0x7ff : 0;
    w[State.FPU_DP] = wide ? fpu.operand[5] : halves[5];
    w[State.FPU_DS] = halves[6 * step];
    return;
  }
  const instruction = wide ? fpu.operand[4] : halves[4];
  const operand = wide ? fpu.operand[6] : halves[6];
  const mask = wide ? 0xffff : 15;
  w[State.FPU_IP] = halves[3 * step] | (((instruction >>> 12) & mask) << 16);
  w[State.FPU_CS] = 0;
  w[State.FPU_OPCODE] = instruction & 0x7ff;
  w[State.FPU_DP] = halves[5 * step] | (((operand >>> 12) & mask) << 16);
  w[State.FPU_DS] = 0;
}
