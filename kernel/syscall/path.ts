// Paths given by user programs.
import { EBADF, ENOMEM, ENOTDIR, is_error } from "../lib/errno";
import { fd_get } from "../fs/file";
import { inode, is_dir } from "../fs/inode";
import { lookup_from, PATH_MAX } from "../fs/namei";
import { kfree, kmalloc } from "../mm/kmalloc";
import { strncpy_from_user } from "../mm/uaccess";
import { current } from "../process/task";

const AT_FDCWD: u32 = 0xffffff9c;

/** A copy in kernel memory, to be given to kfree; or -errno. */
export function get_path(user: usize): usize {
  const path = kmalloc(PATH_MAX);
  if (!path) return -ENOMEM;
  const n = strncpy_from_user(path, user, PATH_MAX);
  if (n >= 0) return path;
  kfree(path);
  return n;
}

/** The inode at a user's path, relative to the directory `dirfd`, with a reference; or -errno. */
export function lookup_user_path(dirfd: u32, user: usize, follow: bool): usize {
  const path = get_path(user);
  if (is_error(path)) return path;
  let base: inode = current.cwd;
  if (load<u8>(path) != 0x2f && dirfd != AT_FDCWD) {
    const f = fd_get(current.files, dirfd);
    if (!f || !is_dir(f.node)) {
      kfree(path);
      return f ? -ENOTDIR : -EBADF;
    }
    base = f.node;
  }
  const found = lookup_from(base, path, follow);
  kfree(path);
  return found;
}
