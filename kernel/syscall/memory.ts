// Memory: brk, mmap and their like.
import { EACCES, EBADF, EFAULT, EINVAL, ENODEV } from "../lib/errno";
import { fd_get, file_readable, file_writable } from "../fs/file";
import { inode, is_regular } from "../fs/inode";
import { do_brk, do_mmap, do_mprotect, do_munmap, do_zap, MAP_ANONYMOUS, MAP_SHARED, MAP_TYPE } from "../mm/mmap";
import { do_mremap } from "../mm/mremap";
import { PGSIZE } from "../mm/memlayout";
import { copy_from_user } from "../mm/uaccess";
import { VM_WRITE } from "../mm/vma";
import { current } from "../process/task";

export function sys_brk(address: usize): i32 {
  return <i32>do_brk(current.mm!, address);
}

/** The file behind a mapping, which must be a regular one open for what the mapping wants. */
function mmap_file(fd: u32, address: usize, length: u32, prot: u32, flags: u32, offset: u32): i32 {
  const f = fd_get(current.files, fd);
  if (!f) return -EBADF;
  if (!file_readable(f)) return -EACCES;
  if ((flags & MAP_TYPE) == MAP_SHARED && prot & VM_WRITE && !file_writable(f)) return -EACCES;
  const node: inode = f.node;
  if (!is_regular(node) || !node.data) return -ENODEV;
  return <i32>do_mmap(current.mm!, address, length, prot, flags, node, offset);
}

/** mmap2: the offset is in pages. */
export function sys_mmap2(address: usize, length: u32, prot: u32, flags: u32, fd: u32, page: u32): i32 {
  if (flags & MAP_ANONYMOUS) return <i32>do_mmap(current.mm!, address, length, prot, flags, null, 0);
  if (page >= 0x80000) return -EINVAL;
  return mmap_file(fd, address, length, prot, flags, page << 12);
}

/** The old mmap: its six arguments in memory, the offset in bytes. */
export function sys_mmap(user: usize): i32 {
  const a = changetype<Arr<u32>>(alloca(24));
  if (copy_from_user(addr(a), user, 24) < 0) return -EFAULT;
  if (a[5] & (PGSIZE - 1)) return -EINVAL;
  return sys_mmap2(a[0], a[1], a[2], a[3], a[4], a[5] >> 12);
}

export function sys_munmap(address: usize, length: u32): i32 {
  return do_munmap(current.mm!, address, length);
}

export function sys_mprotect(address: usize, length: u32, prot: u32): i32 {
  return do_mprotect(current.mm!, address, length, prot);
}

export function sys_mremap(address: usize, old_length: u32, new_length: u32, flags: u32, new_address: usize): i32 {
  return <i32>do_mremap(current.mm!, address, old_length, new_length, flags, new_address);
}

const MADV_DONTNEED: u32 = 4;

export function sys_madvise(address: usize, length: u32, advice: u32): i32 {
  if (address & (PGSIZE - 1)) return -EINVAL;
  // the others are hints
  return advice == MADV_DONTNEED ? do_zap(current.mm!, address, length) : advice > 25 ? -EINVAL : 0;
}

/** Nothing mapped is ever newer than its file. */
export function sys_msync(address: usize): i32 {
  return address & (PGSIZE - 1) ? -EINVAL : 0;
}
