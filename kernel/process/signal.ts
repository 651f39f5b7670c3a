// Signals: sending, and what happens on the way back to user mode.
import { EINTR, EINVAL, ERESTARTNOHAND, ERESTARTSYS, ESRCH } from "../lib/errno";
import { list_entry_t } from "../lib/list";
import { TrapFrame } from "../trap/trapframe";
import { do_exit } from "./exit";
import { find_task, tasks_head } from "./pid";
import { setup_signal_frame } from "./sigframe";
import { k_sigaction, NSIG, SA_NODEFER, SA_RESETHAND, SA_RESTART, Sig, SIG_DFL, SIG_IGN, sigmask } from "./sigaction";
import { wake_for_signal } from "./sched";
import { all2task, current, task_struct, TaskState } from "./task";

/** Ignored by default. Stopping is not there yet, so what would stop a process is ignored, too. */
const DEFAULT_IGNORED: u64 =
  (1 << (Sig.CHLD - 1)) |
  (1 << (Sig.CONT - 1)) |
  (1 << (Sig.URG - 1)) |
  (1 << (Sig.WINCH - 1)) |
  (1 << (Sig.STOP - 1)) |
  (1 << (Sig.TSTP - 1)) |
  (1 << (Sig.TTIN - 1)) |
  (1 << (Sig.TTOU - 1));
const UNBLOCKABLE: u64 = (1 << (Sig.KILL - 1)) | (1 << (Sig.STOP - 1));

export function signal_pending(task: task_struct): bool {
  return (task.pending & ~task.blocked) != 0;
}

export function action_of(task: task_struct, signal: u32): k_sigaction {
  return task.sighand.action[signal - 1];
}

/** True if the signal would do nothing. */
function ignored(task: task_struct, signal: u32): bool {
  const handler = action_of(task, signal).handler;
  if (handler == SIG_IGN) return true;
  return handler == SIG_DFL && (DEFAULT_IGNORED & sigmask(signal)) != 0;
}

/** Sends a signal. What nobody would notice is dropped at once, so that it does not interrupt a sleep. */
export function send_signal(task: task_struct, signal: u32): void {
  if (task.state == TaskState.ZOMBIE || !task.mm) return;
  if (signal != Sig.KILL && ignored(task, signal) && !(task.blocked & sigmask(signal))) return;
  task.pending |= sigmask(signal);
  if (signal_pending(task)) wake_for_signal(task);
}

/** A signal for something the task itself did: it cannot block or ignore it and go on doing it. */
export function force_signal(task: task_struct, signal: u32): void {
  const action = action_of(task, signal);
  if (task.blocked & sigmask(signal) || action.handler == SIG_IGN) {
    action.handler = SIG_DFL;
    task.blocked &= ~sigmask(signal);
  }
  task.pending |= sigmask(signal);
}

/** True when the signal will end the task. */
export function signal_is_fatal(task: task_struct, signal: u32): bool {
  const handler = action_of(task, signal).handler;
  return handler == SIG_DFL || handler == SIG_IGN || (task.blocked & sigmask(signal)) != 0;
}

/** Sends to all members of a process group; the number of them. */
export function send_signal_group(pgrp: u32, signal: u32): u32 {
  let n: u32 = 0;
  const head: list_entry_t = tasks_head();
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    const task = all2task(link);
    if (task.pgrp != pgrp || !task.mm) continue;
    n++;
    if (signal) send_signal(task, signal);
  }
  return n;
}

export function set_blocked(task: task_struct, mask: u64): void {
  task.blocked = mask & ~UNBLOCKABLE;
}

/** A system call was broken off: it is made again, or it returns -EINTR. */
function restart_or_interrupt(tf: TrapFrame, restart: bool): void {
  if (restart) {
    tf.eax = tf.err; // the call's number, kept there by the system call entry
    tf.eip -= 2; // back onto the INT
  } else {
    tf.eax = <u32>-EINTR;
  }
}

/** The lowest signal that is pending and not blocked, pending no more; 0 if there is none. */
function take_signal(task: task_struct): u32 {
  const deliverable = task.pending & ~task.blocked;
  if (!deliverable) return 0;
  const signal = <u32>ctz<u64>(deliverable) + 1;
  task.pending &= ~sigmask(signal);
  return signal;
}

/** In a system call's TrapFrame.err, where the call's number is otherwise: there is no call to make again. */
export const NO_SYSCALL: u32 = 0xffffffff;

/** Called on the way back to user mode when signal_pending(current). `in_syscall`: tf is that of a system call. */
export function do_signal(tf: TrapFrame, in_syscall: bool): void {
  const task = current;
  const result = in_syscall && tf.err != NO_SYSCALL ? <i32>tf.eax : 0;
  const interrupted = result == -ERESTARTSYS || result == -ERESTARTNOHAND;
  for (let signal = take_signal(task); signal; signal = take_signal(task)) {
    const action = action_of(task, signal);
    if (action.handler == SIG_IGN) continue;
    if (action.handler == SIG_DFL) {
      if (DEFAULT_IGNORED & sigmask(signal)) continue;
      do_exit(signal);
    }
    if (interrupted) restart_or_interrupt(tf, result == -ERESTARTSYS && (action.flags & SA_RESTART) != 0);
    const mask = task.restore_blocked ? task.saved_blocked : task.blocked;
    task.restore_blocked = false;
    if (!setup_signal_frame(tf, signal, action, mask)) {
      action.handler = SIG_DFL; // no room for its frame: the same end as in Linux
      do_exit(Sig.SEGV);
    }
    let blocked = task.blocked | action.mask;
    if (!(action.flags & SA_NODEFER)) blocked |= sigmask(signal);
    if (action.flags & SA_RESETHAND) action.handler = SIG_DFL;
    set_blocked(task, blocked);
    return;
  }
  if (interrupted) restart_or_interrupt(tf, true);
  if (task.restore_blocked) {
    task.restore_blocked = false;
    task.blocked = task.saved_blocked;
  }
}

/** kill(2): pid > 0 one process, 0 the own group, -1 all but init, < -1 a group. 0 or -errno. */
export function do_kill(pid: i32, signal: u32): i32 {
  if (signal > NSIG) return -EINVAL;
  if (pid > 0) {
    const task = find_task(<u32>pid);
    if (!task) return -ESRCH;
    if (signal) send_signal(task, signal);
    return 0;
  }
  if (pid == 0) return send_signal_group(current.pgrp, signal) ? 0 : -ESRCH;
  if (pid < -1) return send_signal_group(<u32>-pid, signal) ? 0 : -ESRCH;
  let n: u32 = 0;
  const head: list_entry_t = tasks_head();
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    const task = all2task(link);
    if (!task.mm || task == current) continue;
    n++;
    if (signal) send_signal(task, signal);
  }
  return n ? 0 : -ESRCH;
}
