// The end of a process, and the parent's part in it.
import { files_destroy } from "../fs/file";
import { inode_put } from "../fs/inode";
import { ECHILD, EINVAL, ERESTARTSYS } from "../lib/errno";
import { list_add_before, list_del, list_empty } from "../lib/list";
import { panic } from "../lib/panic";
import { kfree } from "../mm/kmalloc";
import { kstack_free } from "../mm/kstack";
import { mm_put, mm_switch } from "../mm/mm";
import { put_user } from "../mm/uaccess";
import { vfork_done } from "./fork";
import { fpu_drop } from "./fpu";
import { find_task, remove_task } from "./pid";
import { schedule, sleep_on, wakeup } from "./sched";
import { action_of, send_signal } from "./signal";
import { SA_NOCLDWAIT, Sig, SIG_IGN } from "./sigaction";
import { current, sibling2task, task_struct, TaskState } from "./task";

export const WNOHANG: u32 = 1;
export const WUNTRACED: u32 = 2;

/** Leaves the user memory, if any. */
export function exit_mm(task: task_struct): void {
  const mm = task.mm;
  if (!mm) return;
  if (task.clear_child_tid && mm.mm_count > 1) put_user(task.clear_child_tid, 0);
  mm_switch(null);
  task.mm = null;
  vfork_done(task);
  mm_put(mm);
}

/** Children of the dead are init's. */
function reparent_children(task: task_struct): void {
  const init = find_task(1);
  while (!list_empty(task.children)) {
    const child = sibling2task(task.children.next);
    list_del(child.sibling);
    if (!init) panic("init has died with children left");
    child.parent = init!;
    list_add_before(child.parent.children, child.sibling);
    if (child.state == TaskState.ZOMBIE) wakeup(addr(child.parent));
  }
}

/** Ends the current task. `status` is wait4's word: exit code << 8, or the signal. Does not return. */
export function do_exit(status: u32): void {
  const task = current;
  if (task.pid <= 1) panic("attempt to end pid %u", task.pid);
  task.exit_status = status;
  fpu_drop(task);
  exit_mm(task);
  files_destroy(task.files);
  inode_put(task.cwd);
  kfree(addr(task.sighand));
  reparent_children(task);
  task.state = TaskState.ZOMBIE;
  const parent = task.parent;
  const action = parent.mm ? action_of(parent, Sig.CHLD) : null;
  if (action && (action.handler == SIG_IGN || action.flags & SA_NOCLDWAIT)) {
    // nobody will ask: it becomes init's, who asks for all
    const init = find_task(1);
    if (init) {
      list_del(task.sibling);
      task.parent = init;
      list_add_before(init.children, task.sibling);
      wakeup(addr(init));
    }
  } else if (task.exit_signal) {
    send_signal(parent, task.exit_signal);
  }
  wakeup(addr(parent));
  schedule();
  panic("a zombie runs");
}

/** Frees what a zombie still has: the last trace of it. */
function release_task(task: task_struct): void {
  list_del(task.sibling);
  remove_task(task);
  kstack_free(task.kstack);
  kfree(addr(task));
}

function matches(task: task_struct, pid: i32): bool {
  if (pid > 0) return task.pid == <u32>pid;
  if (pid == -1) return true;
  return task.pgrp == (pid == 0 ? current.pgrp : <u32>-pid);
}

/**
 * Waits for a child to end (waitpid's meaning of `pid`). Its pid with the status word at `status` (kernel memory) and its
 * faults and ticks at `usage` (four words: minor, major, user, system), 0 with WNOHANG when none has, -ECHILD,
 * -ERESTARTSYS.
 */
export function do_wait(pid: i32, status: usize, options: u32, usage: Arr<u32>): i32 {
  if (options & ~(WNOHANG | WUNTRACED | 0xe0000008)) return -EINVAL;
  const task = current;
  while (true) {
    let any = false;
    const head = task.children;
    for (let link = head.next; addr(link) != addr(head); link = link.next) {
      const child = sibling2task(link);
      if (!matches(child, pid)) continue;
      any = true;
      if (child.state != TaskState.ZOMBIE) continue;
      const found = child.pid;
      store<u32>(status, child.exit_status);
      usage[0] = child.min_flt + child.child_min_flt;
      usage[1] = child.maj_flt + child.child_maj_flt;
      usage[2] = child.utime + child.child_utime;
      usage[3] = child.stime + child.child_stime;
      task.child_min_flt += usage[0];
      task.child_maj_flt += usage[1];
      task.child_utime += usage[2];
      task.child_stime += usage[3];
      release_task(child);
      return <i32>found;
    }
    if (!any) return -ECHILD;
    if (options & WNOHANG) return 0;
    if (sleep_on(addr(task))) return -ERESTARTSYS;
  }
}
