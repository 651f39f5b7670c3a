// <sys/stat.h>: the 64-bit file status of Linux on i386 (struct stat64 in arch/x86/include/uapi/asm/stat.h).
import { int80_2 } from "~lib/cpu";
import { syscall_result } from "./errno";
import { Sys } from "./syscall";

@unmanaged
export class Stat {
  st_dev: u64;
  pad0: u32;
  old_ino: u32; // the low half; st_ino below is whole
  st_mode: u32;
  st_nlink: u32;
  st_uid: u32;
  st_gid: u32;
  st_rdev: u64;
  pad3: u32;
  st_size: u64;
  st_blksize: u32;
  st_blocks: u64;
  st_atime: u32;
  st_atime_nsec: u32;
  st_mtime: u32;
  st_mtime_nsec: u32;
  st_ctime: u32;
  st_ctime_nsec: u32;
  st_ino: u64;
}

export const STAT_SIZE: u32 = 96;

/** The file type bits of st_mode. */
export const enum Mode {
  TYPE = 0xf000,
  FIFO = 0x1000,
  CHAR = 0x2000,
  DIRECTORY = 0x4000,
  BLOCK = 0x6000,
  REGULAR = 0x8000,
  LINK = 0xa000,
  SOCKET = 0xc000,
  SET_UID = 0x800,
  SET_GID = 0x400,
  STICKY = 0x200,
}

export function is_directory(mode: u32): bool {
  return (mode & Mode.TYPE) == Mode.DIRECTORY;
}

export function major(device: u64): u32 {
  return (<u32>(device >> 8)) & 0xfff;
}

export function minor(device: u64): u32 {
  return ((<u32>device) & 0xff) | ((<u32>(device >> 12)) & 0xfff00);
}

export function stat(path: string, into: Stat): i32 {
  return syscall_result(int80_2(Sys.STAT64, addr(path), addr(into)));
}

/** As stat, but a symbolic link is not followed. */
export function lstat(path: string, into: Stat): i32 {
  return syscall_result(int80_2(Sys.LSTAT64, addr(path), addr(into)));
}

export function fstat(fd: i32, into: Stat): i32 {
  return syscall_result(int80_2(Sys.FSTAT64, fd, addr(into)));
}
