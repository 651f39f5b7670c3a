// Open files: read, write, seek, descriptors.
import {
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ELOOP,
  EMFILE,
  ENOENT,
  ENOMEM,
  ENOTDIR,
  ENOTTY,
  ERESTARTNOHAND,
  EROFS,
  ESPIPE,
  is_error,
} from "../lib/errno";
import { kfree, kmalloc } from "../mm/kmalloc";
import { access_ok, copy_from_user, copy_to_user } from "../mm/uaccess";
import { sleep_until } from "../process/sched";
import { current } from "../process/task";
import { ticks_of } from "../lib/time";
import { jiffies } from "../drivers/pit8254";
import {
  fd_close,
  fd_get,
  fd_install,
  file,
  file_create,
  file_get,
  file_put,
  file_readable,
  file_writable,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  OPEN_MAX,
} from "../fs/file";
import { inode, inode_put, is_dir, is_regular, is_symlink, S_IFCHR, S_IFMT } from "../fs/inode";
import { pipe_create } from "../fs/pipe";
import { lookup_user_path } from "./path";

export const AT_FDCWD: u32 = 0xffffff9c;

function fd_file(fd: u32): file | null {
  return fd_get(current.files, fd);
}

export function sys_openat(dirfd: u32, path: usize, flags: u32, mode: u32): i32 {
  const found = lookup_user_path(dirfd, path, !(flags & O_NOFOLLOW));
  if (is_error(found)) {
    // nothing can be made on a read-only file system
    return <i32>found == -ENOENT && flags & O_CREAT ? -EROFS : <i32>found;
  }
  const node = changetype<inode>(found);
  const result = open_inode(node, flags);
  inode_put(node);
  return result;
}

function open_inode(node: inode, flags: u32): i32 {
  const writing = (flags & O_ACCMODE) != O_RDONLY;
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return -EEXIST;
  if (flags & O_DIRECTORY && !is_dir(node)) return -ENOTDIR;
  if (is_dir(node) && (writing || flags & O_CREAT)) return -EISDIR;
  if (is_symlink(node)) return -ELOOP; // O_NOFOLLOW
  if (is_regular(node) && (writing || flags & O_TRUNC)) return -EROFS;
  const f = file_create(node, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC));
  if (!f) return -ENOMEM;
  let result: i32 = 0;
  if (addr(f.fops) && addr(f.fops.open)) result = f.fops.open(f);
  if (result == 0) result = fd_install(current.files, f, 0, (flags & O_CLOEXEC) != 0);
  if (result < 0) file_put(f);
  return result;
}

export function sys_open(path: usize, flags: u32, mode: u32): i32 {
  return sys_openat(AT_FDCWD, path, flags, mode);
}

export function sys_creat(path: usize, mode: u32): i32 {
  return sys_openat(AT_FDCWD, path, O_CREAT | O_TRUNC | 1, mode);
}

export function sys_close(fd: u32): i32 {
  return fd_close(current.files, fd);
}

// --- transfer

/** The file may be closed by nobody else while its owner sleeps in here: a descriptor table has one task. */
function file_read(f: file, to: usize, n: u32): i32 {
  if (!file_readable(f)) return -EBADF;
  if (is_dir(f.node)) return -EISDIR;
  if (!addr(f.fops) || !addr(f.fops.read)) return -EINVAL;
  if (!access_ok(to, n)) return -EFAULT;
  return f.fops.read(f, to, n & 0x7fffffff);
}

function file_write(f: file, from: usize, n: u32): i32 {
  if (!file_writable(f)) return -EBADF;
  if (!addr(f.fops) || !addr(f.fops.write)) return -EINVAL;
  if (!access_ok(from, n)) return -EFAULT;
  return f.fops.write(f, from, n & 0x7fffffff);
}

export function sys_read(fd: u32, to: usize, n: u32): i32 {
  const f = fd_file(fd);
  return f ? file_read(f, to, n) : -EBADF;
}

export function sys_write(fd: u32, from: usize, n: u32): i32 {
  const f = fd_file(fd);
  return f ? file_write(f, from, n) : -EBADF;
}

export function sys_pread64(fd: u32, to: usize, n: u32, offset_low: u32, offset_high: u32): i32 {
  const f = fd_file(fd);
  if (!f) return -EBADF;
  if (!is_regular(f.node)) return -ESPIPE;
  if (offset_high) return <i32>offset_high < 0 ? -EINVAL : 0;
  const position = f.pos;
  f.pos = offset_low;
  const result = file_read(f, to, n);
  f.pos = position;
  return result;
}

/** readv and writev: an array of {base, length}. Stops at the first short transfer. */
function transfer_vector(fd: u32, vector: usize, count: u32, writing: bool): i32 {
  const f = fd_file(fd);
  if (!f) return -EBADF;
  if (count > 1024) return -EINVAL;
  const piece = changetype<Arr<u32>>(alloca(8));
  let done: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (copy_from_user(addr(piece), vector + (i << 3), 8) < 0) return done ? done : -EFAULT;
    const length = piece[1];
    if (<i32>length < 0) return -EINVAL;
    if (!length) continue;
    const result = writing ? file_write(f, piece[0], length) : file_read(f, piece[0], length);
    if (result < 0) return done ? done : result;
    done += result;
    if (<u32>result < length) break;
  }
  return done;
}

export function sys_readv(fd: u32, vector: usize, count: u32): i32 {
  return transfer_vector(fd, vector, count, false);
}

export function sys_writev(fd: u32, vector: usize, count: u32): i32 {
  return transfer_vector(fd, vector, count, true);
}

// --- position

/** Seeks; 0 or -errno. Files are below 2 GiB. */
function seek(f: file, offset: i32, whence: u32): i32 {
  const seekable = is_regular(f.node) || is_dir(f.node);
  if (!seekable) return (f.node.mode & S_IFMT) == S_IFCHR && !offset ? 0 : -ESPIPE;
  let base: i32 = 0;
  if (whence == 1) base = <i32>f.pos;
  else if (whence == 2) base = <i32>f.node.size;
  else if (whence != 0) return -EINVAL;
  if (offset > 0x7fffffff - base || base + offset < 0) return -EINVAL;
  f.pos = <u32>(base + offset);
  return 0;
}

export function sys_lseek(fd: u32, offset: u32, whence: u32): i32 {
  const f = fd_file(fd);
  if (!f) return -EBADF;
  const error = seek(f, <i32>offset, whence);
  return error < 0 ? error : <i32>f.pos;
}

/** The 64-bit form: the position goes to `result`, a u64. */
export function sys_llseek(fd: u32, high: u32, low: u32, result: usize, whence: u32): i32 {
  const f = fd_file(fd);
  if (!f) return -EBADF;
  if (<i32>high != (<i32>low) >> 31) return -EINVAL;
  const error = seek(f, <i32>low, whence);
  if (error < 0) return error;
  const position = alloca(8);
  store<u64>(position, f.pos);
  return copy_to_user(result, position, 8);
}

// --- descriptors

export function sys_dup(fd: u32): i32 {
  const f = fd_file(fd);
  if (!f) return -EBADF;
  const result = fd_install(current.files, f, 0, false);
  if (result >= 0) file_get(f);
  return result;
}

export function sys_dup3(fd: u32, to: u32, flags: u32): i32 {
  const f = fd_file(fd);
  if (!f || to >= OPEN_MAX) return -EBADF;
  if (fd == to || flags & ~O_CLOEXEC) return -EINVAL;
  file_get(f);
  fd_close(current.files, to);
  return fd_install(current.files, f, to, (flags & O_CLOEXEC) != 0);
}

export function sys_dup2(fd: u32, to: u32): i32 {
  if (fd == to) return fd_file(fd) ? <i32>fd : -EBADF;
  return sys_dup3(fd, to, 0);
}

const F_DUPFD: u32 = 0;
const F_GETFD: u32 = 1;
const F_SETFD: u32 = 2;
const F_GETFL: u32 = 3;
const F_SETFL: u32 = 4;
const F_DUPFD_CLOEXEC: u32 = 1030;

export function sys_fcntl64(fd: u32, command: u32, argument: u32): i32 {
  const files = current.files;
  const f = fd_get(files, fd);
  if (!f) return -EBADF;
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      if (argument >= OPEN_MAX) return -EINVAL;
      const result = fd_install(files, f, argument, command == F_DUPFD_CLOEXEC);
      if (result >= 0) file_get(f);
      return result;
    }
    case F_GETFD:
      return files.close_on_exec[fd];
    case F_SETFD:
      files.close_on_exec[fd] = <u8>(argument & 1);
      return 0;
    case F_GETFL:
      return <i32>f.flags;
    case F_SETFL: {
      const settable = O_APPEND | O_NONBLOCK;
      f.flags = (f.flags & ~settable) | (argument & settable);
      return 0;
    }
    default:
      return -EINVAL;
  }
}

export function sys_ioctl(fd: u32, command: u32, argument: u32): i32 {
  const f = fd_file(fd);
  if (!f) return -EBADF;
  return addr(f.fops) && addr(f.fops.ioctl) ? f.fops.ioctl(f, command, argument) : -ENOTTY;
}

export function sys_pipe2(user: usize, flags: u32): i32 {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  const ends = changetype<Arr<usize>>(alloca(8));
  const error = pipe_create(ends, flags & O_NONBLOCK);
  if (error < 0) return error;
  const files = current.files;
  const close_on_exec = (flags & O_CLOEXEC) != 0;
  const reader = changetype<file>(ends[0]);
  const writer = changetype<file>(ends[1]);
  const fds = changetype<Arr<i32>>(alloca(8));
  fds[0] = fd_install(files, reader, 0, close_on_exec);
  fds[1] = fds[0] < 0 ? -EMFILE : fd_install(files, writer, 0, close_on_exec);
  if (fds[1] < 0) {
    if (fds[0] < 0) file_put(reader);
    else fd_close(files, <u32>fds[0]);
    file_put(writer);
    return -EMFILE;
  }
  if (copy_to_user(user, addr(fds), 8) < 0) {
    fd_close(files, <u32>fds[0]);
    fd_close(files, <u32>fds[1]);
    return -EFAULT;
  }
  return 0;
}

export function sys_pipe(user: usize): i32 {
  return sys_pipe2(user, 0);
}

// --- poll

@unmanaged
class pollfd {
  fd: i32;
  events: i16;
  revents: i16;
}

const POLLNVAL: u32 = 0x20;
const POLL_ALWAYS: u32 = 0x38; // POLLERR, POLLHUP, POLLNVAL need not be asked for

function poll_once(list: StructArr<pollfd>, count: u32): i32 {
  let ready: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const each = list[i];
    each.revents = 0;
    if (each.fd < 0) continue;
    const f = fd_file(<u32>each.fd);
    let events: u32 = POLLNVAL;
    if (f) events = addr(f.fops) && addr(f.fops.poll) ? f.fops.poll(f) : 5;
    each.revents = <i16>(events & ((<u32>each.events) | POLL_ALWAYS));
    if (each.revents) ready++;
  }
  return ready;
}

/** Looks again at every tick: simple, and the clock is the only thing all the sources have in common. */
export function sys_poll(user: usize, count: u32, timeout: u32): i32 {
  if (count > OPEN_MAX) return -EINVAL;
  const size = count * offsetof<pollfd>();
  const list = kmalloc(size);
  if (!list) return -ENOMEM;
  if (copy_from_user(list, user, size) < 0) {
    kfree(list);
    return -EFAULT;
  }
  const end = jiffies + ticks_of(timeout / 1000, (timeout % 1000) * 1000000);
  let result: i32 = 0;
  for (;;) {
    result = poll_once(changetype<StructArr<pollfd>>(list), count);
    if (result || !timeout) break;
    if (<i32>timeout > 0 && <i32>(jiffies - end) >= 0) break;
    if (sleep_until(list, jiffies + 1)) {
      result = -ERESTARTNOHAND;
      break;
    }
  }
  if (result >= 0 && copy_to_user(user, list, size) < 0) result = -EFAULT;
  kfree(list);
  return result;
}
