// Making tasks: fork, vfork, clone, and threads of the kernel.
import { set_kernel_stack } from "../boot/gdt";
import { files_copy, files_create, files_destroy } from "../fs/file";
import { inode_get } from "../fs/inode";
import { root_inode } from "../fs/namei";
import { jiffies } from "../drivers/pit8254";
import { EAGAIN, EFAULT, EINVAL, ENOMEM } from "../lib/errno";
import { list_add_before, list_init } from "../lib/list";
import { panic } from "../lib/panic";
import { memcpy, memset, strlcpy } from "../lib/string";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { kstack_alloc, kstack_free } from "../mm/kstack";
import { fault_ring } from "../mm/fault_record";
import { dup_mmap, mm_get, mm_put } from "../mm/mm";
import { copy_from_user, put_user } from "../mm/uaccess";
import { TrapFrame } from "../trap/trapframe";
import { fpu_copy, fpu_drop } from "./fpu";
import { add_task, MAX_TASKS, task_count } from "./pid";
import { make_runnable, sleep_uninterruptible, TIME_SLICE, wakeup } from "./sched";
import { sighand_struct, Sig } from "./sigaction";
import { set_tls } from "./tls";
import { current, set_current, task_struct, TaskState, user_frame } from "./task";

declare const kernel_thread_entry: usize;
declare const boot_stack_top: usize;

export const CLONE_VM: u32 = 0x00000100;
export const CLONE_FS: u32 = 0x00000200;
export const CLONE_FILES: u32 = 0x00000400;
export const CLONE_SIGHAND: u32 = 0x00000800;
export const CLONE_VFORK: u32 = 0x00004000;
export const CLONE_PARENT: u32 = 0x00008000;
export const CLONE_THREAD: u32 = 0x00010000;
export const CLONE_SETTLS: u32 = 0x00080000;
export const CLONE_PARENT_SETTID: u32 = 0x00100000;
export const CLONE_CHILD_CLEARTID: u32 = 0x00200000;
export const CLONE_CHILD_SETTID: u32 = 0x01000000;
const EXIT_SIGNAL_MASK: u32 = 0xff;

export type thread_function = (argument: usize) => void;

/** A task with its kernel stack and no mm, children, files; null when out of memory or tasks. */
function alloc_task(): task_struct | null {
  if (task_count() >= MAX_TASKS) return null;
  const task = changetype<task_struct | null>(kzalloc(offsetof<task_struct>()));
  if (!task) return null;
  task.kstack = kstack_alloc();
  if (!task.kstack) {
    kfree(addr(task));
    return null;
  }
  list_init(task.children);
  task.fault = fault_ring[0];
  task.time_slice = TIME_SLICE;
  task.start_time = jiffies;
  return task;
}

function free_task(task: task_struct): void {
  kstack_free(task.kstack);
  kfree(addr(task));
}

/** The stack as switch_to expects it: four registers, then where to return to. `fn(argument)` runs first. */
function prepare_switch(task: task_struct, below: usize, fn: usize, argument: u32): void {
  const sp = below - 20;
  store<u32>(sp, 0); // edi
  store<u32>(sp, argument, 4); // esi
  store<u32>(sp, fn, 8); // ebx
  store<u32>(sp, 0, 12); // ebp: backtraces end here
  store<u32>(sp, kernel_thread_entry, 16);
  task.esp = sp;
}

function adopt(task: task_struct, parent: task_struct): void {
  task.parent = parent;
  list_add_before(parent.children, task.sibling);
  add_task(task);
}

/** pid 0: what has been running since boot, on the boot stack. Becomes the idle task. */
export function idle_task_init(): task_struct {
  const task = changetype<task_struct>(kzalloc(offsetof<task_struct>()));
  if (!addr(task)) panic("no memory for the idle task");
  task.state = TaskState.RUNNABLE;
  task.kstack = boot_stack_top;
  task.parent = task;
  task.fault = fault_ring[0];
  list_init(task.children);
  strlcpy(addr(task.comm), addr("idle"), 16);
  set_current(task);
  set_kernel_stack(task.kstack);
  return task;
}

/** Starts `fn(argument)` as a thread of the kernel: its pid, or -errno. When `fn` returns it goes to user mode (exec). */
export function kernel_thread(fn: thread_function, argument: usize, name: string): i32 {
  const task = alloc_task();
  if (!task) return -ENOMEM;
  const files = files_create();
  const sighand = changetype<sighand_struct | null>(kzalloc(offsetof<sighand_struct>()));
  if (!files || !sighand) {
    if (files) files_destroy(files);
    if (sighand) kfree(addr(sighand));
    free_task(task);
    return -ENOMEM;
  }
  task.files = files;
  task.sighand = sighand;
  task.cwd = root_inode();
  inode_get(task.cwd);
  task.umask = 0o022;
  task.exit_signal = Sig.CHLD;
  strlcpy(addr(task.comm), addr(name), 16);
  memset(addr(user_frame(task)), 0, offsetof<TrapFrame>());
  prepare_switch(task, addr(user_frame(task)), addr(fn), argument);
  adopt(task, current);
  task.pgrp = current.pgrp;
  task.session = current.session;
  make_runnable(task);
  return <i32>task.pid;
}

/** What only copying can fail at; on false everything taken so far is given back by the caller. */
function copy_process(task: task_struct, parent: task_struct, flags: u32): bool {
  const mm = parent.mm;
  if (mm) {
    if (flags & CLONE_VM) {
      mm_get(mm);
      task.mm = mm;
    } else {
      task.mm = dup_mmap(mm);
      if (!task.mm) return false;
    }
  }
  const sighand = changetype<sighand_struct | null>(kmalloc(offsetof<sighand_struct>()));
  if (!sighand) return false;
  memcpy(addr(sighand), addr(parent.sighand), offsetof<sighand_struct>());
  task.sighand = sighand;
  if (!fpu_copy(task, parent)) return false;
  const files = files_copy(parent.files);
  if (!files) return false;
  task.files = files;
  return true;
}

function undo_copy(task: task_struct): void {
  const mm = task.mm;
  if (mm) mm_put(mm);
  if (addr(task.sighand)) kfree(addr(task.sighand));
  fpu_drop(task);
  free_task(task);
}

/**
 * clone(2) without threads: fork is flags SIGCHLD, vfork CLONE_VM | CLONE_VFORK | SIGCHLD. `stack` 0 keeps the parent's
 * ESP. The child's pid, or -errno.
 */
export function do_fork(flags: u32, stack: usize, tf: TrapFrame, parent_tid: usize, tls: usize, child_tid: usize): i32 {
  if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_PARENT)) return -EINVAL;
  // sharing memory is only safe while the parent waits
  if (flags & CLONE_VM && !(flags & CLONE_VFORK)) return -EINVAL;
  const tls_request = alloca(16);
  if (flags & CLONE_SETTLS && copy_from_user(tls_request, tls, 16) < 0) return -EFAULT;
  const parent = current;
  const task = alloc_task();
  if (!task) return -EAGAIN;
  if (!copy_process(task, parent, flags)) {
    undo_copy(task);
    return -ENOMEM;
  }
  task.pgrp = parent.pgrp;
  task.session = parent.session;
  task.cwd = parent.cwd;
  inode_get(task.cwd);
  task.umask = parent.umask;
  task.blocked = parent.blocked;
  if (!(flags & CLONE_VM)) {
    task.altstack = parent.altstack;
    task.altstack_size = parent.altstack_size;
  }
  task.exit_signal = flags & EXIT_SIGNAL_MASK;
  memcpy(addr(task.comm), addr(parent.comm), 16);
  memcpy(addr(task.tls), addr(parent.tls), 24);
  task.uses_tls = parent.uses_tls;
  if (flags & CLONE_SETTLS) set_tls(task, tls_request);
  const child_tf = user_frame(task);
  memcpy(addr(child_tf), addr(tf), offsetof<TrapFrame>());
  child_tf.eax = 0;
  if (stack) child_tf.esp = stack;
  prepare_switch(task, addr(child_tf), addr(child_start), 0);
  if (flags & CLONE_CHILD_CLEARTID) task.clear_child_tid = child_tid;
  if (flags & CLONE_CHILD_SETTID) task.set_child_tid = child_tid;
  adopt(task, parent);
  const pid = task.pid;
  if (flags & CLONE_PARENT_SETTID) put_user(parent_tid, pid);
  if (flags & CLONE_VFORK) {
    task.vfork_parent = parent;
    parent.in_vfork = true;
  }
  make_runnable(task);
  while (parent.in_vfork) sleep_uninterruptible(addr(parent));
  return <i32>pid;
}

/** A child's first steps, in its own address space. Then it goes to user mode. */
function child_start(): void {
  const task = current;
  if (task.set_child_tid) put_user(task.set_child_tid, task.pid);
}

/** The child of a vfork has left the shared memory, by exec or exit: the parent may go on. */
export function vfork_done(task: task_struct): void {
  const parent = task.vfork_parent;
  if (!parent) return;
  task.vfork_parent = null;
  parent.in_vfork = false;
  wakeup(addr(parent));
}
