// Processes: making, ending, waiting for, naming.
import { EFAULT, EINVAL, EPERM, ESRCH, is_error } from "../lib/errno";
import { kfree } from "../mm/kmalloc";
import { copy_to_user, put_user } from "../mm/uaccess";
import { do_execve } from "../process/exec";
import { do_exit, do_wait } from "../process/exit";
import { CLONE_VFORK, CLONE_VM, do_fork } from "../process/fork";
import { find_task } from "../process/pid";
import { schedule } from "../process/sched";
import { Sig } from "../process/sigaction";
import { current, user_frame } from "../process/task";
import { HZ, jiffies } from "../drivers/pit8254";
import { memset } from "../lib/string";
import { get_path } from "./path";

export function sys_exit(code: u32): i32 {
  do_exit((code & 0xff) << 8);
  return 0;
}

export function sys_fork(): i32 {
  return do_fork(Sig.CHLD, 0, user_frame(current), 0, 0, 0);
}

export function sys_vfork(): i32 {
  return do_fork(CLONE_VM | CLONE_VFORK | Sig.CHLD, 0, user_frame(current), 0, 0, 0);
}

export function sys_clone(flags: u32, stack: usize, parent_tid: usize, tls: usize, child_tid: usize): i32 {
  return do_fork(flags, stack, user_frame(current), parent_tid, tls, child_tid);
}

export function sys_execve(user_path: usize, argv: usize, envp: usize): i32 {
  const path = get_path(user_path);
  if (is_error(path)) return <i32>path;
  const error = do_execve(path, argv, envp, false);
  kfree(path);
  // on success EAX is 0 in the new program's frame, which is where this result goes
  return error;
}

export function sys_wait4(pid: u32, status: usize, options: u32, rusage: usize): i32 {
  const word = alloca(4);
  const usage = changetype<Arr<u32>>(alloca(16));
  const result = do_wait(<i32>pid, word, options, usage);
  if (result <= 0) return result;
  if (status && put_user(status, load<u32>(word)) < 0) return -EFAULT;
  if (rusage && put_rusage(rusage, usage[0], usage[1], usage[2], usage[3]) < 0) return -EFAULT;
  return result;
}

export function sys_waitpid(pid: u32, status: usize, options: u32): i32 {
  return sys_wait4(pid, status, options, 0);
}

/** struct rusage: two timevals, then 14 words of which the 5th and 6th are the faults. */
function put_rusage(user: usize, minor: u32, major: u32, utime: u32, stime: u32): i32 {
  const words = changetype<Arr<u32>>(alloca(72));
  memset(addr(words), 0, 72);
  words[0] = utime / HZ;
  words[1] = (utime % HZ) * (1000000 / HZ);
  words[2] = stime / HZ;
  words[3] = (stime % HZ) * (1000000 / HZ);
  words[8] = minor;
  words[9] = major;
  return copy_to_user(user, addr(words), 72);
}

export function sys_getrusage(who: u32, user: usize): i32 {
  const task = current;
  if (who == 0 || who == 1) return put_rusage(user, task.min_flt, task.maj_flt, task.utime, task.stime);
  if (<i32>who != -1) return -EINVAL;
  return put_rusage(user, task.child_min_flt, task.child_maj_flt, task.child_utime, task.child_stime);
}

export function sys_times(user: usize): i32 {
  const task = current;
  const words = changetype<Arr<u32>>(alloca(16));
  words[0] = task.utime;
  words[1] = task.stime;
  words[2] = task.child_utime;
  words[3] = task.child_stime;
  if (user && copy_to_user(user, addr(words), 16) < 0) return -EFAULT;
  return <i32>jiffies;
}

export function sys_getpid(): i32 {
  return <i32>current.pid;
}

export function sys_getppid(): i32 {
  return <i32>current.parent.pid;
}

export function sys_sched_yield(): i32 {
  schedule();
  return 0;
}

/** There are no threads: nobody waits on a futex that its own process will not wake. */
export function sys_futex(): i32 {
  return 0;
}

export function sys_set_tid_address(user: usize): i32 {
  current.clear_child_tid = user;
  return <i32>current.pid;
}

// --- groups and sessions

export function sys_getpgid(pid: u32): i32 {
  const task = pid ? find_task(pid) : current;
  return task ? <i32>task.pgrp : -ESRCH;
}

export function sys_getpgrp(): i32 {
  return <i32>current.pgrp;
}

export function sys_getsid(pid: u32): i32 {
  const task = pid ? find_task(pid) : current;
  return task ? <i32>task.session : -ESRCH;
}

export function sys_setpgid(pid: u32, pgrp: u32): i32 {
  const task = pid ? find_task(pid) : current;
  if (!task || (task != current && task.parent != current)) return -ESRCH;
  if (<i32>pgrp < 0) return -EINVAL;
  if (task.session == task.pid || task.session != current.session) return -EPERM;
  task.pgrp = pgrp ? pgrp : task.pid;
  return 0;
}

export function sys_setsid(): i32 {
  const task = current;
  if (task.pgrp == task.pid) return -EPERM;
  task.session = task.pid;
  task.pgrp = task.pid;
  return <i32>task.pid;
}
