// pid 1: starts the program that init= names, as pid 2, gives it the console, buries all orphans, and shuts the machine
// down when that program has ended.
import { init_arguments, init_program } from "../boot/cmdline";
import { power_off } from "../drivers/power";
import { tty_set_foreground } from "../drivers/tty";
import { fd_install, file_create, O_RDWR } from "../fs/file";
import { inode, inode_put } from "../fs/inode";
import { lookup_path } from "../fs/namei";
import { EACCES, ENOENT, ENOEXEC, is_error } from "../lib/errno";
import { panic } from "../lib/panic";
import { pr_warn } from "../lib/printk";
import { do_execve } from "./exec";
import { do_exit, do_wait } from "./exit";
import { kernel_thread } from "./fork";
import { current } from "./task";

const environment = changetype<Arr<usize>>(memory.data(5 * 4));

/** Descriptors 0, 1 and 2. */
function open_console(): void {
  const found = lookup_path(addr("/dev/console"), true);
  if (is_error(found)) panic("no /dev/console");
  const node = changetype<inode>(found);
  for (let fd: u32 = 0; fd < 3; fd++) {
    const f = file_create(node, O_RDWR);
    if (!f || fd_install(current.files, f, fd, false) < 0) panic("no memory for the console");
  }
  inode_put(node);
}

function reason(error: i32): string {
  if (error == -ENOENT) return "no such file";
  if (error == -EACCES) return "not an executable file";
  if (error == -ENOEXEC) return "not an i386 program";
  return "error";
}

/** pid 2, before it becomes the program. */
function user_main(argument: usize): void {
  const task = current;
  task.pgrp = task.pid;
  task.session = task.pid;
  tty_set_foreground(task.pgrp, task.session);
  open_console();
  environment[0] = addr("PATH=/bin:/usr/bin");
  environment[1] = addr("HOME=/");
  environment[2] = addr("TERM=vt100");
  environment[3] = addr("USER=root");
  const error = do_execve(init_program(), addr(init_arguments()), addr(environment), true);
  if (error == 0) return;
  pr_warn("init: %s: %s (%d)\n", init_program(), reason(error), -error);
  // the shells' convention: 127 not found, 126 found and not to be run
  do_exit(error == -ENOENT ? 127 << 8 : 126 << 8);
}

export function init_main(argument: usize): void {
  const pid = kernel_thread(user_main, 0, "init");
  if (pid < 0) panic("cannot start the first process");
  const status = alloca(4);
  const usage = changetype<Arr<u32>>(alloca(16));
  for (;;) {
    const ended = do_wait(-1, status, 0, usage);
    if (ended == pid) break;
    if (ended < 0) panic("init has no children");
  }
  const word = load<u32>(status);
  power_off(word & 0x7f ? 128 + (word & 0x7f) : (word >> 8) & 0xff);
}
