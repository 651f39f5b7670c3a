// <sys/wait.h>: how a child ended.
import { int80_4 } from "~lib/cpu";
import { syscall_result } from "./errno";
import { Sys } from "./syscall";

export const WNOHANG: i32 = 1;

/** Waits for the child `pid` (-1: any) and stores its status word at `status`. */
export function waitpid(pid: i32, status: usize, options: i32): i32 {
  return syscall_result(int80_4(Sys.WAIT4, pid, status, options, 0));
}

export function WIFEXITED(status: i32): bool {
  return (status & 0x7f) == 0;
}

export function WEXITSTATUS(status: i32): i32 {
  return (status >> 8) & 0xff;
}

export function WTERMSIG(status: i32): i32 {
  return status & 0x7f;
}

export function WCOREDUMP(status: i32): bool {
  return (status & 0x80) != 0;
}
