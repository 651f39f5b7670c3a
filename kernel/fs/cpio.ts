// cpio archives in the "newc" format (what `cpio -H newc` writes and Linux takes as an initrd), used in place: file contents
// and names stay where the boot loader put them.
import { boot_modules, get_boot_module } from "../boot/multiboot";
import { pr_warn, printk } from "../lib/printk";
import { str_is } from "../lib/string";
import { kaddr } from "../mm/memlayout";
import { kfree, kmalloc } from "../mm/kmalloc";
import { regular_fops } from "./read";
import { inode, inode_create, is_dir, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "./inode";
import { tree_add, tree_find, tree_iops, tree_mkdir } from "./tree";

/** Every field is eight hexadecimal digits. */
@unmanaged
class cpio_header {
  @array(6) magic: Arr<u8>;
  @array(8) ino: Arr<u8>;
  @array(8) mode: Arr<u8>;
  @array(8) uid: Arr<u8>;
  @array(8) gid: Arr<u8>;
  @array(8) nlink: Arr<u8>;
  @array(8) mtime: Arr<u8>;
  @array(8) filesize: Arr<u8>;
  @array(8) devmajor: Arr<u8>;
  @array(8) devminor: Arr<u8>;
  @array(8) rdevmajor: Arr<u8>;
  @array(8) rdevminor: Arr<u8>;
  @array(8) namesize: Arr<u8>;
  @array(8) check: Arr<u8>;
}

const HEADER_SIZE: u32 = 110;

function hex(field: Arr<u8>): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    const c: u32 = field[i];
    value = (value << 4) | (c <= 0x39 ? c - 0x30 : (c & 0xdf) - 0x37);
  }
  return value;
}

function align4(address: usize): usize {
  return (address + 3) & ~3;
}

/** The directory `name` (first `n` bytes) under `dir`, made if it is not there. */
function enter_directory(dir: inode, name: usize, n: u32): inode | null {
  const entry = tree_find(dir, name, n);
  if (entry) return is_dir(entry.node) ? entry.node : null;
  const made = tree_mkdir(0o755);
  if (!made || !tree_add(dir, name, n, made)) return null;
  return made;
}

/** Enters one archive member. */
function add_member(root: inode, header: cpio_header, path: usize, data: usize): bool {
  let dir = root;
  let name = path;
  for (;;) {
    while (load<u8>(name) == 0x2f) name++;
    let end = name;
    while (load<u8>(end) && load<u8>(end) != 0x2f) end++;
    const n: u32 = end - name;
    if (!n) return true;
    let rest = end;
    while (load<u8>(rest) == 0x2f) rest++;
    if (n == 1 && load<u8>(name) == 0x2e) {
      name = rest;
      continue;
    }
    if (load<u8>(rest)) {
      const next = enter_directory(dir, name, n);
      if (!next) return false;
      dir = next;
      name = rest;
      continue;
    }
    return add_leaf(dir, name, n, header, data);
  }
}

/** A file with several names: the archive has a member for each, with the contents at one of them only (the last). */
@unmanaged
class hard_link {
  ino: u32;
  device: u32;
  node: inode;
  next: usize;
}

let hard_links: usize = 0;

function find_hard_link(header: cpio_header): inode | null {
  const ino = hex(header.ino);
  const device = (hex(header.devmajor) << 8) | hex(header.devminor);
  for (let at = hard_links; at; at = changetype<hard_link>(at).next) {
    const link = changetype<hard_link>(at);
    if (link.ino == ino && link.device == device) return link.node;
  }
  return null;
}

function remember_hard_link(header: cpio_header, node: inode): void {
  const link = changetype<hard_link | null>(kmalloc(offsetof<hard_link>()));
  if (!link) return; // the names then have a file each
  link.ino = hex(header.ino);
  link.device = (hex(header.devmajor) << 8) | hex(header.devminor);
  link.node = node;
  link.next = hard_links;
  hard_links = addr(link);
}

/** Numbers of inodes are an archive's own. */
function forget_hard_links(): void {
  while (hard_links) {
    const next = changetype<hard_link>(hard_links).next;
    kfree(hard_links);
    hard_links = next;
  }
}

function add_leaf(dir: inode, name: usize, n: u32, header: cpio_header, data: usize): bool {
  const mode = hex(header.mode);
  const type = mode & S_IFMT;
  const size = hex(header.filesize);
  let node: inode | null = null;
  if (type == S_IFDIR) {
    node = enter_directory(dir, name, n);
    if (!node) return false;
  } else if (type == S_IFREG || type == S_IFLNK) {
    const several = type == S_IFREG && hex(header.nlink) > 1;
    node = several ? find_hard_link(header) : null;
    if (node) {
      node.nlink++;
      if (size) {
        node.data = data;
        node.size = size;
      }
      return tree_add(dir, name, n, node);
    }
    node = inode_create(mode);
    if (!node) return false;
    node.iops = tree_iops;
    node.fops = regular_fops;
    node.data = data;
    node.size = size;
    if (!tree_add(dir, name, n, node)) return false;
    if (several) remember_hard_link(header, node);
  } else {
    return true; // device files are /dev's business
  }
  node.mode = mode;
  node.uid = hex(header.uid);
  node.gid = hex(header.gid);
  node.mtime = hex(header.mtime);
  return true;
}

/** Enters the archives in [start, end), one behind the other. The number of members. */
function cpio_unpack(root: inode, start: usize, end: usize): u32 {
  let at = start;
  let members: u32 = 0;
  while (at + HEADER_SIZE < end) {
    if (!load<u8>(at)) {
      at++; // padding between archives
      continue;
    }
    const header = changetype<cpio_header>(at);
    if (!str_is(at, 6, "070701") && !str_is(at, 6, "070702")) break;
    const name = at + HEADER_SIZE;
    const name_size = hex(header.namesize);
    const size = hex(header.filesize);
    if (name_size > end - name || size > end - name) break;
    const data = align4(name + name_size);
    if (data + size > end) break;
    at = align4(data + size);
    if (str_is(name, name_size - 1, "TRAILER!!!")) {
      forget_hard_links();
      continue;
    }
    if (!add_member(root, header, name, data)) pr_warn("initrd: cannot enter %s\n", name);
    members++;
  }
  return members;
}

/** All modules that are archives, the later over the earlier. */
export function initrd_init(root: inode): void {
  for (let i: u32 = 0; i < boot_modules(); i++) {
    const module = get_boot_module(i);
    const members = cpio_unpack(root, kaddr(module.start), kaddr(module.end));
    forget_hard_links();
    if (members) printk("initrd: module %u, %u KiB, %u files\n", i, (module.end - module.start + 1023) >> 10, members);
    else pr_warn("initrd: module %u is not a cpio archive (newc)\n", i);
  }
}
