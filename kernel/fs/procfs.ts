// /proc: what the kernel knows, as text. /proc/faults is the fault ring; a process has a directory by its number.
import { ENOENT, ENOMEM, EROFS } from "../lib/errno";
import { snprintf } from "../lib/format";
import { panic } from "../lib/panic";
import { memcpy, str_is, strlen } from "../lib/string";
import { kfree, kmalloc } from "../mm/kmalloc";
import { find_task, tasks_head } from "../process/pid";
import { all2task, current } from "../process/task";
import { file, file_operations } from "./file";
import { dir_entry, inode, inode_create, inode_operations, S_IFDIR, S_IFLNK, S_IFREG } from "./inode";
import { PATH_MAX, path_of } from "./namei";
import { proc_buddyinfo, proc_faults, proc_maps, proc_meminfo, proc_status, proc_version } from "./proc_text";
import { seq_open, seq_read, seq_release } from "./seq";
import { tree_add } from "./tree";

/** What a /proc inode stands for: in inode.private_data, above it the pid. */
const enum Proc {
  ROOT,
  PID,
  SELF,
  FAULTS,
  MEMINFO,
  BUDDYINFO,
  VERSION,
  MAPS,
  STATUS,
  EXE,
}

const PID_SHIFT: u32 = 8;
const ROOT_FILES: u32 = 5;
const PID_FILES: u32 = 3;

const root_names: StaticArray<string> = ["self", "faults", "meminfo", "buddyinfo", "version"];
const root_kinds: StaticArray<u32> = [Proc.SELF, Proc.FAULTS, Proc.MEMINFO, Proc.BUDDYINFO, Proc.VERSION];
const pid_names: StaticArray<string> = ["maps", "status", "exe"];
const pid_kinds: StaticArray<u32> = [Proc.MAPS, Proc.STATUS, Proc.EXE];

const proc_iops = changetype<inode_operations>(memory.data(12));
const proc_fops = changetype<file_operations>(memory.data(24));
let proc_root: inode = changetype<inode>(0);

function kind_of(node: inode): u32 {
  return node.private_data & 0xff;
}

function mode_of(kind: u32): u32 {
  if (kind == Proc.ROOT || kind == Proc.PID) return S_IFDIR | 0o555;
  return kind == Proc.SELF || kind == Proc.EXE ? S_IFLNK | 0o777 : S_IFREG | 0o444;
}

/** Numbers that stay the same while inodes come and go. */
function ino_of(kind: u32, pid: u32): u32 {
  return 0x10000000 + (pid << PID_SHIFT) + kind;
}

function make(kind: u32, pid: u32): inode | null {
  const node = inode_create(mode_of(kind));
  if (!node) return null;
  node.ino = ino_of(kind, pid);
  node.iops = proc_iops;
  node.fops = proc_fops;
  node.private_data = (pid << PID_SHIFT) | kind;
  if (kind != Proc.ROOT) node.parent = proc_root;
  return node;
}

function parse_pid(name: usize, n: u32): u32 {
  let pid: u32 = 0;
  for (let i: u32 = 0; i < n && i < 6; i++) {
    const c: u32 = load<u8>(name + i);
    if (c < 0x30 || c > 0x39) return 0;
    pid = pid * 10 + c - 0x30;
  }
  return pid;
}

function proc_lookup(dir: inode, name: usize, n: u32): inode | null {
  const pid = dir.private_data >> PID_SHIFT;
  if (kind_of(dir) == Proc.PID) {
    for (let i: u32 = 0; i < PID_FILES; i++) if (str_is(name, n, pid_names[i])) return make(pid_kinds[i], pid);
    return null;
  }
  for (let i: u32 = 0; i < ROOT_FILES; i++) if (str_is(name, n, root_names[i])) return make(root_kinds[i], 0);
  const number = parse_pid(name, n);
  return number && find_task(number) ? make(Proc.PID, number) : null;
}

const name_buffer = memory.data(12);

function set_entry(out: dir_entry, kind: u32, pid: u32, name: usize): bool {
  out.ino = ino_of(kind, pid);
  out.mode = mode_of(kind);
  out.name = name;
  return true;
}

function proc_readdir(dir: inode, index: u32, out: dir_entry): bool {
  const pid = dir.private_data >> PID_SHIFT;
  if (kind_of(dir) == Proc.PID) {
    return index < PID_FILES && set_entry(out, pid_kinds[index], pid, addr(pid_names[index]));
  }
  if (index < ROOT_FILES) return set_entry(out, root_kinds[index], 0, addr(root_names[index]));
  index -= ROOT_FILES;
  const head = tasks_head();
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    if (index--) continue;
    const number = all2task(link).pid;
    snprintf(name_buffer, 12, "%u", number);
    return set_entry(out, Proc.PID, number, name_buffer);
  }
  return false;
}

/** The program a process runs. */
function exe_path(pid: u32, to: usize, size: u32): i32 {
  const task = find_task(pid);
  const mm = task ? task.mm : null;
  const file = mm ? mm.executable : null;
  if (!file) return -ENOENT;
  const buffer = kmalloc(PATH_MAX);
  if (!buffer) return -ENOMEM;
  const path = path_of(file, buffer, PATH_MAX);
  let result = -ENOENT;
  if (path) {
    const n = min<u32>(buffer + PATH_MAX - 1 - path, size);
    memcpy(to, path, n);
    result = <i32>n;
  }
  kfree(buffer);
  return result;
}

function proc_readlink(node: inode, to: usize, size: u32): i32 {
  if (kind_of(node) == Proc.EXE) return exe_path(node.private_data >> PID_SHIFT, to, size);
  const text = alloca(12);
  snprintf(text, 12, "%u", current.pid);
  const n = min<u32>(strlen(text), size);
  memcpy(to, text, n);
  return <i32>n;
}

function proc_open(f: file): i32 {
  const pid = f.node.private_data >> PID_SHIFT;
  switch (kind_of(f.node)) {
    case Proc.FAULTS:
      return seq_open(f, proc_faults, 0);
    case Proc.MEMINFO:
      return seq_open(f, proc_meminfo, 0);
    case Proc.BUDDYINFO:
      return seq_open(f, proc_buddyinfo, 0);
    case Proc.VERSION:
      return seq_open(f, proc_version, 0);
    case Proc.MAPS:
      return seq_open(f, proc_maps, pid);
    case Proc.STATUS:
      return seq_open(f, proc_status, pid);
    default:
      return 0; // a directory
  }
}

function proc_read(f: file, to: usize, n: u32): i32 {
  return seq_read(f, to, n);
}

function proc_write(f: file, from: usize, n: u32): i32 {
  return -EROFS;
}

function proc_release(f: file): void {
  if (f.private_data) seq_release(f);
}

export function procfs_init(root: inode): void {
  proc_iops.lookup = proc_lookup;
  proc_iops.readdir = proc_readdir;
  proc_iops.readlink = proc_readlink;
  proc_fops.open = proc_open;
  proc_fops.read = proc_read;
  proc_fops.write = proc_write;
  proc_fops.release = proc_release;
  const made = make(Proc.ROOT, 0);
  if (!made || !tree_add(root, addr("proc"), 4, made)) panic("no memory for /proc");
  proc_root = made!;
}
