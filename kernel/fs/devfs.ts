// /dev: the console, null, zero, full, random.
import { tty_fops } from "../drivers/tty";
import { ENOSPC } from "../lib/errno";
import { panic } from "../lib/panic";
import { random_to_user } from "../lib/random";
import { strlen } from "../lib/string";
import { clear_out } from "../mm/uaccess";
import { file, file_operations } from "./file";
import { inode, inode_create, S_IFCHR } from "./inode";
import { tree_add, tree_iops, tree_mkdir } from "./tree";

const null_fops = changetype<file_operations>(memory.data(24));
const zero_fops = changetype<file_operations>(memory.data(24));
const full_fops = changetype<file_operations>(memory.data(24));
const random_fops = changetype<file_operations>(memory.data(24));

function null_read(f: file, to: usize, n: u32): i32 {
  return 0;
}

function null_write(f: file, from: usize, n: u32): i32 {
  return <i32>n;
}

function zero_read(f: file, to: usize, n: u32): i32 {
  return clear_out(to, n);
}

function full_write(f: file, from: usize, n: u32): i32 {
  return -ENOSPC;
}

function random_read(f: file, to: usize, n: u32): i32 {
  return random_to_user(to, n);
}

export function mkdev(major: u32, minor: u32): u32 {
  return (major << 8) | minor;
}

function add_device(dev: inode, name: string, fops: file_operations, rdev: u32, mode: u32): void {
  const node = inode_create(S_IFCHR | mode);
  if (!node) panic("no memory for /dev/%s", name);
  node!.iops = tree_iops;
  node!.fops = fops;
  node!.rdev = rdev;
  if (!tree_add(dev, addr(name), strlen(addr(name)), node!)) panic("no memory for /dev/%s", name);
}

/** Over whatever /dev the initrd may have brought. */
export function devfs_init(root: inode): void {
  null_fops.read = null_read;
  null_fops.write = null_write;
  zero_fops.read = zero_read;
  zero_fops.write = null_write;
  full_fops.read = zero_read;
  full_fops.write = full_write;
  random_fops.read = random_read;
  random_fops.write = null_write;
  const dev = tree_mkdir(0o755);
  if (!dev || !tree_add(root, addr("dev"), 3, dev)) panic("no memory for /dev");
  add_device(dev!, "console", tty_fops, mkdev(5, 1), 0o600);
  add_device(dev!, "tty", tty_fops, mkdev(5, 0), 0o666);
  add_device(dev!, "ttyS0", tty_fops, mkdev(4, 64), 0o660);
  add_device(dev!, "null", null_fops, mkdev(1, 3), 0o666);
  add_device(dev!, "zero", zero_fops, mkdev(1, 5), 0o666);
  add_device(dev!, "full", full_fops, mkdev(1, 7), 0o666);
  add_device(dev!, "random", random_fops, mkdev(1, 8), 0o666);
  add_device(dev!, "urandom", random_fops, mkdev(1, 9), 0o666);
}
