// Paths to inodes.
import { ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, is_error } from "../lib/errno";
import { panic } from "../lib/panic";
import { memcpy } from "../lib/string";
import { kfree, kmalloc } from "../mm/kmalloc";
import { current } from "../process/task";
import { inode, inode_get, inode_put, is_dir, is_symlink } from "./inode";
import { tree_init, tree_mkdir, tree_name_of } from "./tree";

export const PATH_MAX: u32 = 4096;
export const NAME_MAX: u32 = 255;
const MAX_LINKS: u32 = 8;

let root: inode = changetype<inode>(0);

export function root_init(): void {
  tree_init();
  const made = tree_mkdir(0o755);
  if (!made) panic("no memory for the root directory");
  root = made!;
}

export function root_inode(): inode {
  return root;
}

/** The inode at `path` (kernel memory), seen from the current directory, with a reference; or -errno. */
export function lookup_path(path: usize, follow: bool): usize {
  return walk(current.cwd, path, follow, 0);
}

/** The same, seen from `base`. */
export function lookup_from(base: inode, path: usize, follow: bool): usize {
  return walk(base, path, follow, 0);
}

function walk(base: inode, path: usize, follow: bool, links: u32): usize {
  if (!load<u8>(path)) return -ENOENT;
  let node = load<u8>(path) == 0x2f ? root : base;
  inode_get(node);
  let at = path;
  while (true) {
    while (load<u8>(at) == 0x2f) at++;
    if (!load<u8>(at)) {
      // a slash at the end asks for a directory
      if (load<u8>(at - 1) == 0x2f && !is_dir(node)) {
        inode_put(node);
        return -ENOTDIR;
      }
      return addr(node);
    }
    let end = at;
    while (load<u8>(end) && load<u8>(end) != 0x2f) end++;
    const n: u32 = end - at;
    const last = !load<u8>(end);
    const next = step(node, at, n);
    if (is_error(next)) {
      inode_put(node);
      return next;
    }
    const child = changetype<inode>(next);
    if (is_symlink(child) && (follow || !last)) {
      const target = follow_link(node, child, links);
      inode_put(child);
      inode_put(node);
      if (is_error(target)) return target;
      node = changetype<inode>(target);
    } else {
      inode_put(node);
      node = child;
    }
    at = end;
  }
}

/** One component: the entry of `dir` called so, with a reference, or -errno. */
function step(dir: inode, name: usize, n: u32): usize {
  if (!is_dir(dir)) return -ENOTDIR;
  if (n > NAME_MAX) return -ENAMETOOLONG;
  if (load<u8>(name) == 0x2e && (n == 1 || (n == 2 && load<u8>(name, 1) == 0x2e))) {
    const target = n == 1 ? dir : dir.parent;
    inode_get(target);
    return addr(target);
  }
  const found = dir.iops.lookup(dir, name, n);
  return found ? addr(found) : -ENOENT;
}

/** Where a symbolic link in `dir` leads, with a reference, or -errno. */
function follow_link(dir: inode, link: inode, links: u32): usize {
  if (links >= MAX_LINKS) return -ELOOP;
  const buffer = kmalloc(PATH_MAX);
  if (!buffer) return -ENOMEM;
  const n = link.iops.readlink(link, buffer, PATH_MAX - 1);
  let target: usize = n;
  if (n >= 0) {
    store<u8>(buffer + n, 0);
    target = walk(dir, buffer, true, links + 1);
  }
  kfree(buffer);
  return target;
}

/**
 * The path of a file or directory, written to the end of the buffer with a NUL: where it begins, or 0 when it has none
 * (removed, or of /proc) or is too long.
 */
export function path_of(node: inode, buffer: usize, size: u32): usize {
  let at = buffer + size - 1;
  store<u8>(at, 0);
  if (node == root) store<u8>(--at, 0x2f);
  const length = alloca(4);
  while (node != root) {
    const name = tree_name_of(node, length);
    const n = load<u32>(length);
    if (!name || at - buffer <= n) return 0;
    at -= n;
    memcpy(at, name, n);
    store<u8>(--at, 0x2f);
    node = node.parent;
  }
  return at;
}
