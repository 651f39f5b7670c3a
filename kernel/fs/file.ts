// Open files, and the tables of them that processes have.
import { EBADF, EMFILE } from "../lib/errno";
import { kfree, kzalloc } from "../mm/kmalloc";
import { inode, inode_get, inode_put } from "./inode";

/** Flags of open(2). */
export const O_ACCMODE: u32 = 3;
export const O_RDONLY: u32 = 0;
export const O_WRONLY: u32 = 1;
export const O_RDWR: u32 = 2;
export const O_CREAT: u32 = 0o100;
export const O_EXCL: u32 = 0o200;
export const O_TRUNC: u32 = 0o1000;
export const O_APPEND: u32 = 0o2000;
export const O_NONBLOCK: u32 = 0o4000;
export const O_DIRECTORY: u32 = 0o200000;
export const O_NOFOLLOW: u32 = 0o400000;
export const O_CLOEXEC: u32 = 0o2000000;

export const OPEN_MAX: u32 = 128;

/** Buffers are user addresses. Results: bytes, or -errno. */
@unmanaged
export class file_operations {
  open: (f: file) => i32;
  read: (f: file, to: usize, n: u32) => i32;
  write: (f: file, from: usize, n: u32) => i32;
  ioctl: (f: file, command: u32, argument: u32) => i32;
  /** The last descriptor is gone. */
  release: (f: file) => void;
  /** POLLIN 1, POLLOUT 4, POLLHUP 10h: what would not block now. 0 function: always ready. */
  poll: (f: file) => u32;
}

@unmanaged
export class file {
  /** Descriptors that refer to it. */
  count: u32;
  flags: u32;
  pos: u32;
  node: inode;
  fops: file_operations;
  /** The device's or file system's own. */
  private_data: usize;
}

@unmanaged
export class files_struct {
  @array(128) fd: Arr<usize>;
  @array(128) close_on_exec: Arr<u8>;
}

/** An open file on `node`, which gets a reference more; null when out of memory. */
export function file_create(node: inode, flags: u32): file | null {
  const f = changetype<file | null>(kzalloc(offsetof<file>()));
  if (!f) return null;
  f.count = 1;
  f.flags = flags;
  f.node = node;
  f.fops = node.fops;
  inode_get(node);
  return f;
}

export function file_get(f: file): void {
  f.count++;
}

export function file_put(f: file): void {
  if (--f.count) return;
  if (addr(f.fops) && addr(f.fops.release)) f.fops.release(f);
  inode_put(f.node);
  kfree(addr(f));
}

export function file_readable(f: file): bool {
  return (f.flags & O_ACCMODE) != O_WRONLY;
}
export function file_writable(f: file): bool {
  return (f.flags & O_ACCMODE) != O_RDONLY;
}

// --- descriptor tables

export function files_create(): files_struct | null {
  return changetype<files_struct | null>(kzalloc(offsetof<files_struct>()));
}

export function files_copy(from: files_struct): files_struct | null {
  const to = files_create();
  if (!to) return null;
  for (let i: u32 = 0; i < OPEN_MAX; i++) {
    const f = from.fd[i];
    if (!f) continue;
    file_get(changetype<file>(f));
    to.fd[i] = f;
    to.close_on_exec[i] = from.close_on_exec[i];
  }
  return to;
}

export function files_destroy(files: files_struct): void {
  for (let i: u32 = 0; i < OPEN_MAX; i++) fd_close(files, i);
  kfree(addr(files));
}

/** The open file behind a descriptor, or null. */
export function fd_get(files: files_struct, fd: u32): file | null {
  return fd < OPEN_MAX ? changetype<file | null>(files.fd[fd]) : null;
}

/** Puts `f` (its reference goes along) at the lowest free descriptor from `lowest` on: that descriptor, or -EMFILE. */
export function fd_install(files: files_struct, f: file, lowest: u32, close_on_exec: bool): i32 {
  for (let fd = lowest; fd < OPEN_MAX; fd++) {
    if (files.fd[fd]) continue;
    files.fd[fd] = addr(f);
    files.close_on_exec[fd] = close_on_exec ? 1 : 0;
    return <i32>fd;
  }
  return -EMFILE;
}

export function fd_close(files: files_struct, fd: u32): i32 {
  const f = fd_get(files, fd);
  if (!f) return -EBADF;
  files.fd[fd] = 0;
  file_put(f);
  return 0;
}

/** What exec does. */
export function fd_close_on_exec(files: files_struct): void {
  for (let i: u32 = 0; i < OPEN_MAX; i++) {
    if (files.fd[i] && files.close_on_exec[i]) fd_close(files, i);
  }
}
