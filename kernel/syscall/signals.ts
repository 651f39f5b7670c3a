// Signals.
import { EFAULT, EINVAL, ENOMEM, EPERM, ERESTARTNOHAND, ESRCH } from "../lib/errno";
import { copy_from_user, copy_to_user } from "../mm/uaccess";
import { sleep_on } from "../process/sched";
import { action_of, do_kill, send_signal, set_blocked } from "../process/signal";
import { k_sigaction, NSIG, Sig } from "../process/sigaction";
import { find_task } from "../process/pid";
import { current, user_frame } from "../process/task";
import { memcpy } from "../lib/string";

export function sys_kill(pid: u32, signal: u32): i32 {
  return do_kill(<i32>pid, signal);
}

export function sys_tgkill(group: u32, pid: u32, signal: u32): i32 {
  if (signal > NSIG || <i32>pid <= 0) return -EINVAL;
  const task = find_task(pid);
  if (!task) return -ESRCH;
  if (signal) send_signal(task, signal);
  return 0;
}

export function sys_rt_sigaction(signal: u32, action: usize, old: usize, size: u32): i32 {
  if (size != 8 || signal < 1 || signal > NSIG) return -EINVAL;
  const fresh = alloca(20);
  if (action && copy_from_user(fresh, action, 20) < 0) return -EFAULT;
  const slot: k_sigaction = action_of(current, signal);
  if (old && copy_to_user(old, addr(slot), 20) < 0) return -EFAULT;
  if (action) {
    if (signal == Sig.KILL || signal == Sig.STOP) return -EINVAL;
    memcpy(addr(slot), fresh, 20);
  }
  return 0;
}

const SIG_BLOCK: u32 = 0;
const SIG_UNBLOCK: u32 = 1;
const SIG_SETMASK: u32 = 2;

export function sys_rt_sigprocmask(how: u32, set: usize, old: usize, size: u32): i32 {
  if (size != 8) return -EINVAL;
  const task = current;
  const word = alloca(8);
  const before = task.blocked;
  if (set) {
    if (copy_from_user(word, set, 8) < 0) return -EFAULT;
    const mask = load<u64>(word);
    if (how == SIG_BLOCK) set_blocked(task, before | mask);
    else if (how == SIG_UNBLOCK) set_blocked(task, before & ~mask);
    else if (how == SIG_SETMASK) set_blocked(task, mask);
    else return -EINVAL;
  }
  if (!old) return 0;
  store<u64>(word, before);
  return copy_to_user(old, word, 8);
}

export function sys_rt_sigpending(set: usize, size: u32): i32 {
  if (size != 8) return -EINVAL;
  const word = alloca(8);
  store<u64>(word, current.pending & current.blocked);
  return copy_to_user(set, word, 8);
}

/** Sleeps until a signal's handler has run. The old mask comes back with the handler's frame. */
export function sys_rt_sigsuspend(set: usize, size: u32): i32 {
  if (size != 8) return -EINVAL;
  const task = current;
  const word = alloca(8);
  if (copy_from_user(word, set, 8) < 0) return -EFAULT;
  task.saved_blocked = task.blocked;
  task.restore_blocked = true;
  set_blocked(task, load<u64>(word));
  return sys_pause();
}

export function sys_pause(): i32 {
  const channel = addr(current) + 1; // nobody wakes it
  while (!sleep_on(channel)) {}
  return -ERESTARTNOHAND;
}

/** stack_t: pointer, flags, size. */
export function sys_sigaltstack(fresh: usize, old: usize): i32 {
  const task = current;
  const s = changetype<Arr<u32>>(alloca(12));
  const inside = user_frame(task).esp - task.altstack < task.altstack_size;
  if (old) {
    s[0] = task.altstack;
    s[1] = !task.altstack_size ? 2 : inside ? 1 : 0; // SS_DISABLE, SS_ONSTACK
    s[2] = task.altstack_size;
    if (copy_to_user(old, addr(s), 12) < 0) return -EFAULT;
  }
  if (!fresh) return 0;
  if (copy_from_user(addr(s), fresh, 12) < 0) return -EFAULT;
  if (inside) return -EPERM;
  if (s[1] & 2) {
    task.altstack_size = 0;
    return 0;
  }
  if (s[2] < 2048) return -ENOMEM;
  task.altstack = s[0];
  task.altstack_size = s[2];
  return 0;
}
