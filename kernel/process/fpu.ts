// The FPU, lazily: its registers stay in the processor when tasks switch, and the first FPU instruction of another task
// traps (#NM, CR0.TS) and swaps them. Who never calculates with floats never pays.
import { clts, lcr0, lcr4, rcr0, rcr4 } from "~lib/cpu";
import { cpu_features, CPUID_FPU, CPUID_FXSR, CPUID_SSE } from "../boot/cpu";
import { kfree, kmalloc } from "../mm/kmalloc";
import { CR0_EM, CR0_MP, CR0_NE, CR0_TS, CR4_OSFXSR, CR4_OSXMMEXCPT } from "../mm/mmu";
import { copy_from_user, copy_to_user } from "../mm/uaccess";
import { memcpy } from "../lib/string";
import { current, task_struct } from "./task";

declare function fpu_save(state: usize, fxsr: bool): void;
declare function fpu_load(state: usize, fxsr: bool): void;
declare function fpu_reset(sse: bool): void;

const STATE_SIZE: u32 = 512;
/** In a signal frame: FNSAVE's 112 bytes of struct _fpstate, then FXSAVE's image, aligned. */
export const FPU_FRAME_SIZE: u32 = 112 + 512 + 16;

/** MXCSR bits that exist on every SSE processor; FXRSTOR faults on others. */
const MXCSR_MASK: u32 = 0xffbf;

let has_fpu: bool = false;
let fxsr: bool = false;
let sse: bool = false;
/** Whose state the registers hold. */
let owner: task_struct | null = null;

export function fpu_init(): void {
  const features = cpu_features();
  has_fpu = (features & CPUID_FPU) != 0;
  if (!has_fpu) {
    lcr0((rcr0() | CR0_EM) & ~CR0_MP);
    return;
  }
  fxsr = (features & CPUID_FXSR) != 0;
  sse = fxsr && (features & CPUID_SSE) != 0;
  if (fxsr) lcr4(rcr4() | CR4_OSFXSR);
  if (sse) lcr4(rcr4() | CR4_OSXMMEXCPT);
  lcr0((rcr0() & ~CR0_EM) | CR0_MP | CR0_NE | CR0_TS);
}

/** The scheduler's: `next` is about to run. */
export function fpu_switch(next: task_struct): void {
  if (!has_fpu) return;
  const owned = owner == next;
  const cr0 = rcr0();
  if (owned == ((cr0 & CR0_TS) != 0)) lcr0(owned ? cr0 & ~CR0_TS : cr0 | CR0_TS);
}

/** #NM: gives the FPU to the current task. False when there is none, or no memory for its state. */
export function fpu_take(): bool {
  if (!has_fpu) return false;
  const task = current;
  if (!task.fpu) {
    // FXSAVE wants 16-byte alignment: kmalloc aligns to the size
    const state = kmalloc(STATE_SIZE);
    if (!state) return false;
    clts();
    save_owner();
    task.fpu = state;
    fpu_reset(sse);
    fpu_save(state, fxsr);
  } else {
    clts();
    if (owner != task) {
      save_owner();
      fpu_load(task.fpu, fxsr);
    }
  }
  owner = task;
  return true;
}

function save_owner(): void {
  const task = owner;
  if (task) fpu_save(task.fpu, fxsr);
  owner = null;
}

/** Brings task.fpu up to date if the registers are newer. */
function sync(task: task_struct): void {
  if (owner == task) {
    clts();
    fpu_save(task.fpu, fxsr);
    fpu_switch(current);
  }
}

/** Fork: the child starts with the parent's state. False when out of memory. */
export function fpu_copy(to: task_struct, from: task_struct): bool {
  to.fpu = 0;
  if (!from.fpu) return true;
  const state = kmalloc(STATE_SIZE);
  if (!state) return false;
  sync(from);
  memcpy(state, from.fpu, STATE_SIZE);
  to.fpu = state;
  return true;
}

/** Exec and exit: the state is of no more use. */
export function fpu_drop(task: task_struct): void {
  if (owner == task) owner = null;
  if (task == current) fpu_switch(task);
  kfree(task.fpu);
  task.fpu = 0;
}

/** Signal delivery: 1 when the state was written at `to`, 0 when the task has none, -errno. */
export function fpu_save_to_user(to: usize): i32 {
  const task = current;
  if (!task.fpu) return 0;
  sync(task);
  return copy_to_user(to + 112, task.fpu, STATE_SIZE) < 0 ? -1 : 1;
}

/** Return from a signal handler. */
export function fpu_restore_from_user(from: usize): void {
  const task = current;
  if (!task.fpu) return;
  if (owner == task) owner = null;
  fpu_switch(task);
  copy_from_user(task.fpu, from + 112, STATE_SIZE);
  if (fxsr) store<u32>(task.fpu, load<u32>(task.fpu, 24) & MXCSR_MASK, 24);
}
