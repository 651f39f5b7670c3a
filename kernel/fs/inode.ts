// Inodes: files, directories and devices, whatever file system they are of. The operations are tables of functions, as in
// Linux; a missing operation is 0.
import { kfree, kzalloc } from "../mm/kmalloc";
import { list_entry_t, list_init } from "../lib/list";
import { filemap_free } from "./filemap";
import { file_operations } from "./file";

/** File types in `mode`. */
export const S_IFMT: u32 = 0o170000;
export const S_IFIFO: u32 = 0o010000;
export const S_IFCHR: u32 = 0o020000;
export const S_IFDIR: u32 = 0o040000;
export const S_IFREG: u32 = 0o100000;
export const S_IFLNK: u32 = 0o120000;

/** What readdir says of one entry. */
@unmanaged
export class dir_entry {
  ino: u32;
  mode: u32;
  /** NUL-terminated, valid until the next readdir. */
  name: usize;
}

@unmanaged
export class inode_operations {
  /** The entry of `dir` with this name (`n` bytes, not terminated), with a reference of its own, or null. */
  lookup: (dir: inode, name: usize, n: u32) => inode | null;
  /** Fills in the entry number `index`; false behind the last. `.` and `..` are not the file system's business. */
  readdir: (dir: inode, index: u32, entry: dir_entry) => bool;
  /** Copies the target of a symbolic link, at most `size` bytes, no NUL. Its length or -errno. */
  readlink: (node: inode, to: usize, size: u32) => i32;
}

@unmanaged
export class inode {
  /** Holders: directory entries, open files, working directories, memory ranges. The last one frees it. */
  count: u32;
  ino: u32;
  mode: u32;
  nlink: u32;
  uid: u32;
  gid: u32;
  size: u32;
  mtime: u32;
  /** Device number, for device files. */
  rdev: u32;
  iops: inode_operations;
  fops: file_operations;
  /** Contents, where they lie in memory in one piece (initrd). */
  data: usize;
  /** Page cache: an array of `nr_pages` struct Page pointers, made on first use. */
  pages: Arr<usize>;
  nr_pages: u32;
  /** The directory it is in; the root's is the root. */
  parent: inode;
  /** Directory: its entries. */
  @embed children: list_entry_t;
  /** The file system's own. */
  private_data: usize;
}

let next_ino: u32 = 1;

/** A new inode with one reference; null when out of memory. */
export function inode_create(mode: u32): inode | null {
  const node = changetype<inode | null>(kzalloc(offsetof<inode>()));
  if (!node) return null;
  node.count = 1;
  node.ino = next_ino++;
  node.mode = mode;
  node.nlink = 1;
  node.parent = node;
  list_init(node.children);
  return node;
}

export function inode_get(node: inode): void {
  node.count++;
}

export function inode_put(node: inode): void {
  if (--node.count) return;
  filemap_free(node);
  kfree(addr(node));
}

export function is_dir(node: inode): bool {
  return (node.mode & S_IFMT) == S_IFDIR;
}
export function is_regular(node: inode): bool {
  return (node.mode & S_IFMT) == S_IFREG;
}
export function is_symlink(node: inode): bool {
  return (node.mode & S_IFMT) == S_IFLNK;
}
