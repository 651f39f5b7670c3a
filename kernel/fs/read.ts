// Regular files whose contents lie in memory (the initrd): read-only.
import { EINVAL, EROFS } from "../lib/errno";
import { memcpy } from "../lib/string";
import { copy_out } from "../mm/uaccess";
import { file, file_operations } from "./file";
import { inode } from "./inode";

export const regular_fops = changetype<file_operations>(memory.data(24));

/** Bytes [offset, offset + n) of the file to kernel memory: how many there were, or -errno. */
export function inode_read(node: inode, offset: u32, to: usize, n: u32): i32 {
  if (!node.data && node.size) return -EINVAL;
  if (offset >= node.size) return 0;
  const count = min<u32>(n, node.size - offset);
  memcpy(to, node.data + offset, count);
  return <i32>count;
}

function regular_read(f: file, to: usize, n: u32): i32 {
  const node = f.node;
  if (f.pos >= node.size) return 0;
  const count = min<u32>(n, node.size - f.pos);
  const done = copy_out(to, node.data + f.pos, count);
  if (done > 0) f.pos += done;
  return done;
}

function regular_write(f: file, from: usize, n: u32): i32 {
  return -EROFS;
}

export function regular_init(): void {
  regular_fops.read = regular_read;
  regular_fops.write = regular_write;
}
