// <unistd.h> and <fcntl.h>: one line over each system call. All return -1 and set errno on failure.
import { int80_0, int80_1, int80_2, int80_3 } from "~lib/cpu";
import { Errno, errno, syscall_result } from "./errno";
import { Sys } from "./syscall";

export const STDIN_FILENO: i32 = 0;
export const STDOUT_FILENO: i32 = 1;
export const STDERR_FILENO: i32 = 2;

/** open(2) flags of Linux on i386; the values are octal in the manual pages. */
export const enum Open {
  RDONLY = 0,
  WRONLY = 0x1,
  RDWR = 0x2,
  CREAT = 0x40,
  EXCL = 0x80,
  TRUNC = 0x200,
  APPEND = 0x400,
  DIRECTORY = 0x10000,
  CLOEXEC = 0x80000,
}

export const enum Seek {
  SET = 0,
  CUR = 1,
  END = 2,
}

export const enum Access {
  F_OK = 0,
  X_OK = 1,
  W_OK = 2,
  R_OK = 4,
}

/** `mode` counts only when the file is created. */
export function open(path: string, flags: u32, mode: u32 = 0): i32 {
  return syscall_result(int80_3(Sys.OPEN, addr(path), flags, mode));
}

export function close(fd: i32): i32 {
  return syscall_result(int80_1(Sys.CLOSE, fd));
}

export function read(fd: i32, buffer: usize, count: u32): i32 {
  return syscall_result(int80_3(Sys.READ, fd, buffer, count));
}

export function write(fd: i32, buffer: usize, count: u32): i32 {
  return syscall_result(int80_3(Sys.WRITE, fd, buffer, count));
}

/** Writes all of it: a pipe or terminal may take less at a time, a signal may come between. False on an error. */
export function write_all(fd: i32, buffer: usize, count: u32): bool {
  while (count > 0) {
    const done = write(fd, buffer, count);
    if (done < 0) {
      if (errno == Errno.EINTR) continue;
      return false;
    }
    buffer += done;
    count -= done;
  }
  return true;
}

export function lseek(fd: i32, offset: i32, whence: u32): i32 {
  return syscall_result(int80_3(Sys.LSEEK, fd, offset, whence));
}

export function dup(fd: i32): i32 {
  return syscall_result(int80_1(Sys.DUP, fd));
}

export function dup2(from: i32, to: i32): i32 {
  return syscall_result(int80_2(Sys.DUP2, from, to));
}

/** `ends[0]` is for reading, `ends[1]` for writing. */
export function pipe(ends: Arr<i32>): i32 {
  return syscall_result(int80_1(Sys.PIPE, addr(ends)));
}

export function fork(): i32 {
  return syscall_result(int80_0(Sys.FORK));
}

/** Returns only when it failed. `argv` and `envp` end with a null pointer. */
export function execve(path: string, argv: Arr<string>, envp: Arr<string>): i32 {
  return syscall_result(int80_3(Sys.EXECVE, addr(path), addr(argv), addr(envp)));
}

/** Ends the process at once: no atexit functions, nothing flushed. */
export function _exit(status: i32): void {
  int80_1(Sys.EXIT_GROUP, status);
  for (;;) int80_1(Sys.EXIT, status);
}

export function getpid(): i32 {
  return int80_0(Sys.GETPID);
}

export function getppid(): i32 {
  return int80_0(Sys.GETPPID);
}

export function getuid(): u32 {
  return int80_0(Sys.GETUID32);
}

export function kill(pid: i32, signal: i32): i32 {
  return syscall_result(int80_2(Sys.KILL, pid, signal));
}

export function chdir(path: string): i32 {
  return syscall_result(int80_1(Sys.CHDIR, addr(path)));
}

/** Returns the length including the NUL, as the kernel does, not C's pointer. */
export function getcwd(buffer: usize, size: u32): i32 {
  return syscall_result(int80_2(Sys.GETCWD, buffer, size));
}

export function access(path: string, mode: u32): i32 {
  return syscall_result(int80_2(Sys.ACCESS, addr(path), mode));
}

export function unlink(path: string): i32 {
  return syscall_result(int80_1(Sys.UNLINK, addr(path)));
}

/** The target of a symbolic link, without a NUL behind it; returns its length. */
export function readlink(path: string, buffer: usize, size: u32): i32 {
  return syscall_result(int80_3(Sys.READLINK, addr(path), buffer, size));
}

export function mkdir(path: string, mode: u32): i32 {
  return syscall_result(int80_2(Sys.MKDIR, addr(path), mode));
}

export function rmdir(path: string): i32 {
  return syscall_result(int80_1(Sys.RMDIR, addr(path)));
}
