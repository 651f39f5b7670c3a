// <sys/mman.h>: mappings by whole pages.
import { int80_2, int80_3, int80_4, int80_6 } from "~lib/cpu";
import { Errno, set_errno, syscall_result } from "./errno";
import { Sys } from "./syscall";

export const PAGE_SIZE: u32 = 4096;
export const MAP_FAILED: usize = 0xffffffff;

export const enum Prot {
  NONE = 0,
  READ = 1,
  WRITE = 2,
  EXEC = 4,
}

export const enum Map {
  SHARED = 0x1,
  PRIVATE = 0x2,
  FIXED = 0x10,
  ANONYMOUS = 0x20,
  NORESERVE = 0x4000,
}

export const MREMAP_MAYMOVE: u32 = 1;

/** `offset` is in bytes and a multiple of the page size. MAP_FAILED on an error. */
export function mmap(address: usize, length: u32, protection: u32, flags: u32, fd: i32, offset: u32): usize {
  if ((offset & (PAGE_SIZE - 1)) != 0) {
    set_errno(Errno.EINVAL);
    return MAP_FAILED;
  }
  return syscall_result(int80_6(Sys.MMAP2, address, length, protection, flags, fd, offset / PAGE_SIZE));
}

/** Anonymous private memory that reads as zero: the form every allocator uses. */
export function map_pages(pages: u32): usize {
  return mmap(0, pages * PAGE_SIZE, Prot.READ | Prot.WRITE, Map.PRIVATE | Map.ANONYMOUS | Map.NORESERVE, -1, 0);
}

export function munmap(address: usize, length: u32): i32 {
  return syscall_result(int80_2(Sys.MUNMAP, address, length));
}

export function mprotect(address: usize, length: u32, protection: u32): i32 {
  return syscall_result(int80_3(Sys.MPROTECT, address, length, protection));
}

export function mremap(address: usize, old_length: u32, new_length: u32, flags: u32): usize {
  return syscall_result(int80_4(Sys.MREMAP, address, old_length, new_length, flags));
}
