// Directories in memory: what the initrd's entries and the device files hang in.
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { list_add_before, list_entry_t } from "../lib/list";
import { memcpy } from "../lib/string";
import { dir_entry, inode, inode_create, inode_get, inode_operations, is_dir, S_IFDIR } from "./inode";

/** A name in a directory. It holds a reference to the inode. */
@unmanaged
export class tree_entry {
  /** Not NUL-terminated where it lies in a path. */
  name: usize;
  length: u32;
  node: inode;
  @embed link: list_entry_t;
}

export const tree_iops = changetype<inode_operations>(memory.data(12));

function link2entry(link: list_entry_t): tree_entry {
  return changetype<tree_entry>(addr(link) - offsetof<tree_entry>("link"));
}

/** The entry called like this, or null. */
export function tree_find(dir: inode, name: usize, n: u32): tree_entry | null {
  const head = dir.children;
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    const entry = link2entry(link);
    if (entry.length != n) continue;
    let i: u32 = 0;
    while (i < n && load<u8>(entry.name + i) == load<u8>(name + i)) i++;
    if (i == n) return entry;
  }
  return null;
}

function tree_lookup(dir: inode, name: usize, n: u32): inode | null {
  const entry = tree_find(dir, name, n);
  if (!entry) return null;
  inode_get(entry.node);
  return entry.node;
}

/** Buffer for the name that readdir returns. */
const name_buffer = memory.data(256);

function tree_readdir(dir: inode, index: u32, out: dir_entry): bool {
  const head = dir.children;
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    if (index--) continue;
    const entry = link2entry(link);
    out.ino = entry.node.ino;
    out.mode = entry.node.mode;
    const n = entry.length < 255 ? entry.length : 255;
    memcpy(name_buffer, entry.name, n);
    store<u8>(name_buffer + n, 0);
    out.name = name_buffer;
    return true;
  }
  return false;
}

/** The target of a symbolic link is its file's contents. */
function tree_readlink(node: inode, to: usize, size: u32): i32 {
  const n = node.size < size ? node.size : size;
  memcpy(to, node.data, n);
  return <i32>n;
}

export function tree_init(): void {
  tree_iops.lookup = tree_lookup;
  tree_iops.readdir = tree_readdir;
  tree_iops.readlink = tree_readlink;
}

/** Enters `node` (a reference more) under a name that is copied. False when out of memory. An old entry is replaced. */
export function tree_add(dir: inode, name: usize, n: u32, node: inode): bool {
  inode_get(node);
  node.parent = dir;
  const old = tree_find(dir, name, n);
  if (old) {
    old.node = node;
    return true;
  }
  const entry = changetype<tree_entry | null>(kzalloc(offsetof<tree_entry>()));
  if (!entry) return false;
  entry.name = kmalloc(n);
  if (!entry.name) {
    kfree(addr(entry));
    return false;
  }
  memcpy(entry.name, name, n);
  entry.length = n;
  entry.node = node;
  list_add_before(dir.children, entry.link);
  if (is_dir(node)) dir.nlink++;
  return true;
}

/** A directory of this kind; null when out of memory. */
export function tree_mkdir(mode: u32): inode | null {
  const dir = inode_create(S_IFDIR | mode);
  if (!dir) return null;
  dir.iops = tree_iops;
  dir.nlink = 2;
  return dir;
}

/** The name `node` has in its directory, its length at `length`; 0 when it has none. getcwd is made of these. */
export function tree_name_of(node: inode, length: usize): usize {
  const head = node.parent.children;
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    const entry = link2entry(link);
    if (entry.node != node) continue;
    store<u32>(length, entry.length);
    return entry.name;
  }
  return 0;
}
