// Names and what stands behind them: stat, directories, links. The file system is read-only so far; what would change it
// says so.
import { EACCES, EBADF, EFAULT, EINVAL, ENOENT, ENOMEM, ENOTDIR, ERANGE, EROFS, is_error } from "../lib/errno";
import { dir_entry, inode, inode_get, inode_put, is_dir, is_symlink } from "../fs/inode";
import { fd_get } from "../fs/file";
import { PATH_MAX, path_of } from "../fs/namei";
import { memcpy, memset, strlen } from "../lib/string";
import { kfree, kmalloc } from "../mm/kmalloc";
import { copy_to_user } from "../mm/uaccess";
import { current } from "../process/task";
import { AT_FDCWD } from "./files";
import { get_path, lookup_user_path } from "./path";

const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const AT_EMPTY_PATH: u32 = 0x1000;

/** struct stat64 of the i386 ABI: 96 bytes. */
@unmanaged
class stat64 {
  dev: u64;
  pad0: u32;
  ino32: u32;
  mode: u32;
  nlink: u32;
  uid: u32;
  gid: u32;
  rdev: u64;
  pad3: u32;
  size: u64;
  blksize: u32;
  blocks: u64;
  atime: u32;
  atime_nsec: u32;
  mtime: u32;
  mtime_nsec: u32;
  ctime: u32;
  ctime_nsec: u32;
  ino: u64;
}

function put_stat(node: inode, user: usize): i32 {
  const s = changetype<stat64>(alloca(96));
  memset(addr(s), 0, 96);
  s.dev = 1;
  s.ino32 = node.ino;
  s.ino = node.ino;
  s.mode = node.mode;
  s.nlink = node.nlink;
  s.uid = node.uid;
  s.gid = node.gid;
  s.rdev = node.rdev;
  s.size = node.size;
  s.blksize = 4096;
  s.blocks = (node.size + 511) >> 9;
  s.atime = node.mtime;
  s.mtime = node.mtime;
  s.ctime = node.mtime;
  return copy_to_user(user, addr(s), 96);
}

function stat_path(dirfd: u32, path: usize, user: usize, follow: bool): i32 {
  const found = lookup_user_path(dirfd, path, follow);
  if (is_error(found)) return <i32>found;
  const node = changetype<inode>(found);
  const result = put_stat(node, user);
  inode_put(node);
  return result;
}

export function sys_stat64(path: usize, user: usize): i32 {
  return stat_path(AT_FDCWD, path, user, true);
}

export function sys_lstat64(path: usize, user: usize): i32 {
  return stat_path(AT_FDCWD, path, user, false);
}

export function sys_fstat64(fd: u32, user: usize): i32 {
  const f = fd_get(current.files, fd);
  return f ? put_stat(f.node, user) : -EBADF;
}

export function sys_fstatat64(dirfd: u32, path: usize, user: usize, flags: u32): i32 {
  if (flags & AT_EMPTY_PATH) {
    const copy = get_path(path);
    if (is_error(copy)) return <i32>copy;
    const empty = !load<u8>(copy);
    kfree(copy);
    if (empty && dirfd == AT_FDCWD) return put_stat(current.cwd, user);
    if (empty) return sys_fstat64(dirfd, user);
  }
  return stat_path(dirfd, path, user, !(flags & AT_SYMLINK_NOFOLLOW));
}

/** Everyone is root: reading is always allowed, writing never is, executing needs an x bit. */
export function sys_faccessat(dirfd: u32, path: usize, mode: u32): i32 {
  if (mode & ~7) return -EINVAL;
  const found = lookup_user_path(dirfd, path, true);
  if (is_error(found)) return <i32>found;
  const node = changetype<inode>(found);
  let result: i32 = 0;
  if (mode & 1 && !(node.mode & 0o111)) result = -EACCES;
  else if (mode & 2 && (node.mode & 0o170000) != 0o020000) result = -EROFS;
  inode_put(node);
  return result;
}

export function sys_access(path: usize, mode: u32): i32 {
  return sys_faccessat(AT_FDCWD, path, mode);
}

export function sys_readlinkat(dirfd: u32, path: usize, to: usize, size: u32): i32 {
  if (<i32>size <= 0) return -EINVAL;
  const found = lookup_user_path(dirfd, path, false);
  if (is_error(found)) return <i32>found;
  const node = changetype<inode>(found);
  let result = -EINVAL;
  if (is_symlink(node)) {
    const buffer = kmalloc(4096);
    result = buffer ? node.iops.readlink(node, buffer, size < 4096 ? size : 4096) : -ENOENT;
    if (result > 0 && copy_to_user(to, buffer, <u32>result) < 0) result = -EFAULT;
    kfree(buffer);
  }
  inode_put(node);
  return result;
}

export function sys_readlink(path: usize, to: usize, size: u32): i32 {
  return sys_readlinkat(AT_FDCWD, path, to, size);
}

function set_cwd(node: inode): i32 {
  if (!is_dir(node)) return -ENOTDIR;
  const old = current.cwd;
  inode_get(node);
  current.cwd = node;
  inode_put(old);
  return 0;
}

export function sys_chdir(path: usize): i32 {
  const found = lookup_user_path(AT_FDCWD, path, true);
  if (is_error(found)) return <i32>found;
  const node = changetype<inode>(found);
  const result = set_cwd(node);
  inode_put(node);
  return result;
}

export function sys_fchdir(fd: u32): i32 {
  const f = fd_get(current.files, fd);
  return f ? set_cwd(f.node) : -EBADF;
}

/** The path with its NUL: its length, or -errno. */
export function sys_getcwd(to: usize, size: u32): i32 {
  const buffer = kmalloc(PATH_MAX);
  if (!buffer) return -ENOMEM;
  const path = path_of(current.cwd, buffer, PATH_MAX);
  let result = -ENOENT;
  if (path) {
    const n = buffer + PATH_MAX - path;
    if (n > size) result = -ERANGE;
    else result = copy_to_user(to, path, n) < 0 ? -EFAULT : <i32>n;
  }
  kfree(buffer);
  return result;
}

/** struct linux_dirent64: u64 ino, u64 offset, u16 length, u8 type, name. */
const DIRENT_NAME: u32 = 19;

/** Stores one entry if it fits: its size, 0 if it does not fit, or -EFAULT. */
function put_dirent(to: usize, room: u32, ino: u32, mode: u32, name: usize, next: u32): i32 {
  const length = strlen(name);
  const size = (DIRENT_NAME + length + 1 + 7) & ~7;
  if (size > room) return 0;
  const entry = alloca(288);
  memset(entry, 0, size);
  store<u64>(entry, ino);
  store<u64>(entry, next, 8);
  store<u16>(entry, <u16>size, 16);
  store<u8>(entry, <u8>(mode >> 12), 18);
  memcpy(entry + DIRENT_NAME, name, length);
  return copy_to_user(to, entry, size) < 0 ? -EFAULT : <i32>size;
}

export function sys_getdents64(fd: u32, to: usize, size: u32): i32 {
  const f = fd_get(current.files, fd);
  if (!f) return -EBADF;
  const dir = f.node;
  if (!is_dir(dir)) return -ENOTDIR;
  const entry = changetype<dir_entry>(alloca(12));
  let done: u32 = 0;
  for (;;) {
    const index = f.pos;
    if (index == 0) {
      entry.ino = dir.ino;
      entry.mode = dir.mode;
      entry.name = addr(".");
    } else if (index == 1) {
      entry.ino = dir.parent.ino;
      entry.mode = dir.mode;
      entry.name = addr("..");
    } else if (!dir.iops.readdir(dir, index - 2, entry)) {
      break;
    }
    const n = put_dirent(to + done, size - done, entry.ino, entry.mode, entry.name, index + 1);
    if (n < 0) return done ? <i32>done : n;
    if (!n) return done ? <i32>done : -EINVAL;
    done += <u32>n;
    f.pos++;
  }
  return <i32>done;
}

/** mkdir, unlink and their like: the path must make sense first. */
export function sys_read_only(path: usize): i32 {
  const copy = get_path(path);
  if (is_error(copy)) return <i32>copy;
  kfree(copy);
  return -EROFS;
}
