// task_struct: a process, or a thread of the kernel.
import { list_entry_t } from "../lib/list";
import { files_struct } from "../fs/file";
import { inode } from "../fs/inode";
import { fault_record } from "../mm/fault_record";
import { mm_struct } from "../mm/vma";
import { TrapFrame } from "../trap/trapframe";
import { sighand_struct } from "./sigaction";

export const enum TaskState {
  RUNNABLE,
  /** Waits for `channel`; a signal does not end it. */
  UNINTERRUPTIBLE,
  /** Waits for `channel` or a signal. */
  SLEEPING,
  /** Ended; its parent has not asked yet. */
  ZOMBIE,
}

@unmanaged
export class task_struct {
  /** Kernel ESP while it does not run. switch.asm is given this field's address. */
  esp: usize;
  state: u32;
  pid: u32;
  /** Process group and session, for the terminal. */
  pgrp: u32;
  session: u32;
  parent: task_struct;
  @embed children: list_entry_t;
  /** In the parent's children. */
  @embed sibling: list_entry_t;
  /** In the list of all tasks. */
  @embed all_link: list_entry_t;
  /** In the run queue, or among the sleepers. */
  @embed run_link: list_entry_t;
  /** Ticks left before another gets the processor. */
  time_slice: u32;
  /** What it sleeps on: any address that both sides know. */
  channel: usize;
  /** Tick to wake at, with `timed`. */
  timed: bool;
  wake_at: u32;
  /** Address space; null for a kernel thread. */
  mm: mm_struct | null;
  /** Behind the top of its kernel stack. The user's TrapFrame lies right below. */
  kstack: usize;
  /** The page fault it is handling or handled last. */
  fault: fault_record;
  min_flt: u32;
  maj_flt: u32;
  /** Faults and ticks of children that were waited for. */
  child_min_flt: u32;
  child_maj_flt: u32;
  utime: u32;
  stime: u32;
  child_utime: u32;
  child_stime: u32;
  start_time: u32;
  /** wait4's status word. */
  exit_status: u32;
  /** Signal the parent gets when it ends; 0: none (clone). */
  exit_signal: u32;
  files: files_struct;
  cwd: inode;
  umask: u32;
  sighand: sighand_struct;
  /** Bit n - 1 is signal n. */
  pending: u64;
  blocked: u64;
  /** Mask to go back to when sigsuspend's handler has returned. */
  saved_blocked: u64;
  restore_blocked: bool;
  /** sigaltstack's. */
  altstack: usize;
  altstack_size: u32;
  /** si_code and si_addr of a fault signal that is pending. */
  fault_code: i32;
  fault_address: usize;
  fault_trapno: u32;
  fault_error: u32;
  /** Descriptors 6 to 8 of the GDT while it runs. */
  @array(3) tls: Arr<u64>;
  uses_tls: bool;
  /** FPU state while another task's is in the processor; 0 until first use. */
  fpu: usize;
  /** clone's and set_tid_address's: zeroed in user memory when it ends. */
  clear_child_tid: usize;
  /** clone's: gets the pid in the child's memory. */
  set_child_tid: usize;
  /** The parent that waits in vfork until this one executes or ends. */
  vfork_parent: task_struct | null;
  /** Waits for its vfork child. */
  in_vfork: bool;
  /** NUL-terminated. */
  @array(16) comm: Arr<u8>;
}

/** The task that runs. */
export let current: task_struct = changetype<task_struct>(0);

export function set_current(task: task_struct): void {
  current = task;
}

export function all2task(link: list_entry_t): task_struct {
  return changetype<task_struct>(addr(link) - offsetof<task_struct>("all_link"));
}
export function run2task(link: list_entry_t): task_struct {
  return changetype<task_struct>(addr(link) - offsetof<task_struct>("run_link"));
}
export function sibling2task(link: list_entry_t): task_struct {
  return changetype<task_struct>(addr(link) - offsetof<task_struct>("sibling"));
}

/** The registers its user program has: always at the top of the kernel stack. */
export function user_frame(task: task_struct): TrapFrame {
  return changetype<TrapFrame>(task.kstack - offsetof<TrapFrame>());
}
