// The system call entry: number in EAX, arguments in EBX ECX EDX ESI EDI EBP, result in EAX (Linux i386, INT 80h).
import { ENOSYS } from "../lib/errno";
import { pr_warn } from "../lib/printk";
import { do_rt_sigreturn, do_sigreturn } from "../process/sigframe";
import { sys_set_thread_area } from "../process/tls";
import { current, user_frame } from "../process/task";
import { TrapFrame } from "../trap/trapframe";
import {
  sys_access,
  sys_chdir,
  sys_faccessat,
  sys_fchdir,
  sys_fstat64,
  sys_fstatat64,
  sys_getcwd,
  sys_getdents64,
  sys_lstat64,
  sys_read_only,
  sys_readlink,
  sys_readlinkat,
  sys_stat64,
} from "./dirs";
import {
  sys_close,
  sys_creat,
  sys_dup,
  sys_dup2,
  sys_dup3,
  sys_fcntl64,
  sys_ioctl,
  sys_llseek,
  sys_lseek,
  sys_open,
  sys_openat,
  sys_pipe,
  sys_pipe2,
  sys_poll,
  sys_pread64,
  sys_read,
  sys_readv,
  sys_write,
  sys_writev,
} from "./files";
import { sys_brk, sys_madvise, sys_mmap, sys_mmap2, sys_mprotect, sys_mremap, sys_msync, sys_munmap } from "./memory";
import {
  sys_getrandom,
  sys_getuid32,
  sys_nothing,
  sys_prlimit64,
  sys_reboot,
  sys_ugetrlimit,
  sys_umask,
  sys_uname,
} from "./misc";
import {
  sys_clone,
  sys_execve,
  sys_exit,
  sys_fork,
  sys_futex,
  sys_getpgid,
  sys_getpgrp,
  sys_getpid,
  sys_getppid,
  sys_getrusage,
  sys_getsid,
  sys_sched_yield,
  sys_set_tid_address,
  sys_setpgid,
  sys_setsid,
  sys_times,
  sys_vfork,
  sys_wait4,
  sys_waitpid,
} from "./processes";
import {
  sys_kill,
  sys_pause,
  sys_rt_sigaction,
  sys_rt_sigpending,
  sys_rt_sigprocmask,
  sys_rt_sigsuspend,
  sys_sigaltstack,
  sys_tgkill,
} from "./signals";
import {
  sys_clock_getres,
  sys_clock_gettime,
  sys_clock_gettime64,
  sys_clock_nanosleep,
  sys_clock_nanosleep_time64,
  sys_gettimeofday,
  sys_nanosleep,
  sys_time,
} from "./times";
import { Sys } from "./numbers";

/** Every handler is called with all six arguments; the C calling convention lets it take as few as it likes. */
type handler = (a: u32, b: u32, c: u32, d: u32, e: u32, f: u32) => i32;

const NR_SYSCALLS: u32 = 450;
const table = changetype<Arr<usize>>(memory.data(450 * 4));
/** A byte per number: its absence has been logged. */
const reported = changetype<Arr<u8>>(memory.data(450));

export function syscall(tf: TrapFrame): void {
  const number = tf.eax;
  tf.err = number; // for restarting: EAX is about to become the result
  const entry = number < NR_SYSCALLS ? table[number] : 0;
  if (!entry) {
    tf.eax = unknown(number);
    return;
  }
  tf.eax = changetype<handler>(entry)(tf.ebx, tf.ecx, tf.edx, tf.esi, tf.edi, tf.ebp);
}

function unknown(number: u32): i32 {
  if (number >= NR_SYSCALLS || !reported[number]) {
    if (number < NR_SYSCALLS) reported[number] = 1;
    pr_warn("syscall %u (not implemented) by %s\n", number, addr(current.comm));
  }
  return -ENOSYS;
}

/** The calls that replace the frame they came with. */
function sys_sigreturn(): i32 {
  return do_sigreturn(user_frame(current));
}

function sys_rt_sigreturn(): i32 {
  return do_rt_sigreturn(user_frame(current));
}

/** Known, and answered by -ENOSYS without a word: C libraries ask for these and have another way. */
function sys_absent(): i32 {
  return -ENOSYS;
}

function set(number: u32, entry: usize): void {
  table[number] = entry;
}

export function syscall_init(): void {
  set(Sys.EXIT, addr(sys_exit));
  set(Sys.FORK, addr(sys_fork));
  set(Sys.READ, addr(sys_read));
  set(Sys.WRITE, addr(sys_write));
  set(Sys.OPEN, addr(sys_open));
  set(Sys.CLOSE, addr(sys_close));
  set(Sys.WAITPID, addr(sys_waitpid));
  set(Sys.CREAT, addr(sys_creat));
  set(Sys.UNLINK, addr(sys_read_only));
  set(Sys.EXECVE, addr(sys_execve));
  set(Sys.CHDIR, addr(sys_chdir));
  set(Sys.TIME, addr(sys_time));
  set(Sys.CHMOD, addr(sys_read_only));
  set(Sys.LSEEK, addr(sys_lseek));
  set(Sys.GETPID, addr(sys_getpid));
  set(Sys.PAUSE, addr(sys_pause));
  set(Sys.ACCESS, addr(sys_access));
  set(Sys.SYNC, addr(sys_nothing));
  set(Sys.KILL, addr(sys_kill));
  set(Sys.RENAME, addr(sys_read_only));
  set(Sys.MKDIR, addr(sys_read_only));
  set(Sys.RMDIR, addr(sys_read_only));
  set(Sys.DUP, addr(sys_dup));
  set(Sys.PIPE, addr(sys_pipe));
  set(Sys.TIMES, addr(sys_times));
  set(Sys.BRK, addr(sys_brk));
  set(Sys.IOCTL, addr(sys_ioctl));
  set(Sys.SETPGID, addr(sys_setpgid));
  set(Sys.UMASK, addr(sys_umask));
  set(Sys.DUP2, addr(sys_dup2));
  set(Sys.GETPPID, addr(sys_getppid));
  set(Sys.GETPGRP, addr(sys_getpgrp));
  set(Sys.SETSID, addr(sys_setsid));
  set(Sys.GETRUSAGE, addr(sys_getrusage));
  set(Sys.GETTIMEOFDAY, addr(sys_gettimeofday));
  set(Sys.READLINK, addr(sys_readlink));
  set(Sys.REBOOT, addr(sys_reboot));
  set(Sys.MMAP, addr(sys_mmap));
  set(Sys.MUNMAP, addr(sys_munmap));
  set(Sys.MREMAP, addr(sys_mremap));
  set(Sys.WAIT4, addr(sys_wait4));
  set(Sys.SIGRETURN, addr(sys_sigreturn));
  set(Sys.CLONE, addr(sys_clone));
  set(Sys.UNAME, addr(sys_uname));
  set(Sys.MPROTECT, addr(sys_mprotect));
  set(Sys.GETPGID, addr(sys_getpgid));
  set(Sys.FCHDIR, addr(sys_fchdir));
  set(Sys.LLSEEK, addr(sys_llseek));
  set(Sys.MSYNC, addr(sys_msync));
  set(Sys.READV, addr(sys_readv));
  set(Sys.WRITEV, addr(sys_writev));
  set(Sys.GETSID, addr(sys_getsid));
  set(Sys.SCHED_YIELD, addr(sys_sched_yield));
  set(Sys.NANOSLEEP, addr(sys_nanosleep));
  set(Sys.POLL, addr(sys_poll));
  set(Sys.RT_SIGRETURN, addr(sys_rt_sigreturn));
  set(Sys.RT_SIGACTION, addr(sys_rt_sigaction));
  set(Sys.RT_SIGPROCMASK, addr(sys_rt_sigprocmask));
  set(Sys.RT_SIGPENDING, addr(sys_rt_sigpending));
  set(Sys.RT_SIGSUSPEND, addr(sys_rt_sigsuspend));
  set(Sys.PREAD64, addr(sys_pread64));
  set(Sys.GETCWD, addr(sys_getcwd));
  set(Sys.SIGALTSTACK, addr(sys_sigaltstack));
  set(Sys.VFORK, addr(sys_vfork));
  set(Sys.UGETRLIMIT, addr(sys_ugetrlimit));
  set(Sys.MMAP2, addr(sys_mmap2));
  set(Sys.STAT64, addr(sys_stat64));
  set(Sys.LSTAT64, addr(sys_lstat64));
  set(Sys.FSTAT64, addr(sys_fstat64));
  set(Sys.GETUID32, addr(sys_getuid32));
  set(Sys.GETGID32, addr(sys_getuid32));
  set(Sys.GETEUID32, addr(sys_getuid32));
  set(Sys.GETEGID32, addr(sys_getuid32));
  set(Sys.MADVISE, addr(sys_madvise));
  set(Sys.GETDENTS64, addr(sys_getdents64));
  set(Sys.FCNTL64, addr(sys_fcntl64));
  set(Sys.GETTID, addr(sys_getpid));
  set(Sys.FUTEX, addr(sys_futex));
  set(Sys.SET_THREAD_AREA, addr(sys_set_thread_area));
  set(Sys.EXIT_GROUP, addr(sys_exit));
  set(Sys.SET_TID_ADDRESS, addr(sys_set_tid_address));
  set(Sys.CLOCK_GETTIME, addr(sys_clock_gettime));
  set(Sys.CLOCK_GETRES, addr(sys_clock_getres));
  set(Sys.CLOCK_NANOSLEEP, addr(sys_clock_nanosleep));
  set(Sys.TGKILL, addr(sys_tgkill));
  set(Sys.OPENAT, addr(sys_openat));
  set(Sys.FSTATAT64, addr(sys_fstatat64));
  set(Sys.READLINKAT, addr(sys_readlinkat));
  set(Sys.FACCESSAT, addr(sys_faccessat));
  set(Sys.SET_ROBUST_LIST, addr(sys_nothing));
  set(Sys.DUP3, addr(sys_dup3));
  set(Sys.PIPE2, addr(sys_pipe2));
  set(Sys.PRLIMIT64, addr(sys_prlimit64));
  set(Sys.GETRANDOM, addr(sys_getrandom));
  set(Sys.CLOCK_GETTIME64, addr(sys_clock_gettime64));
  set(Sys.CLOCK_NANOSLEEP_TIME64, addr(sys_clock_nanosleep_time64));
  set(Sys.STATX, addr(sys_absent));
  set(Sys.RSEQ, addr(sys_absent));
  set(Sys.CLONE3, addr(sys_absent));
}
