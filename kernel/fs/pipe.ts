// Pipes: a page of bytes between two open files.
import { EAGAIN, EFAULT, ENOMEM, EPIPE, ERESTARTSYS } from "../lib/errno";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { copy_from_user, copy_out } from "../mm/uaccess";
import { sleep_on, wakeup } from "../process/sched";
import { send_signal } from "../process/signal";
import { Sig } from "../process/sigaction";
import { current } from "../process/task";
import { file, file_create, file_operations, file_put, O_NONBLOCK, O_RDONLY, O_WRONLY } from "./file";
import { inode, inode_create, inode_put, S_IFIFO } from "./inode";

const PIPE_SIZE: u32 = 4096; // PIPE_BUF: writes of up to this are not interleaved
const PIPE_MASK: u32 = 4095;

@unmanaged
class pipe_struct {
  buffer: usize;
  /** Free-running. */
  head: u32;
  tail: u32;
  readers: u32;
  writers: u32;
}

const read_fops = changetype<file_operations>(memory.data(24));
const write_fops = changetype<file_operations>(memory.data(24));

function pipe_of(f: file): pipe_struct {
  return changetype<pipe_struct>(f.private_data);
}

function pipe_read(f: file, to: usize, n: u32): i32 {
  const pipe = pipe_of(f);
  if (!n) return 0;
  while (pipe.head == pipe.tail) {
    if (!pipe.writers) return 0;
    if (f.flags & O_NONBLOCK) return -EAGAIN;
    if (sleep_on(addr(pipe))) return -ERESTARTSYS;
  }
  let done: u32 = 0;
  while (done < n && pipe.head != pipe.tail) {
    const at = pipe.tail & PIPE_MASK;
    const count = min<u32>(min<u32>(n - done, pipe.head - pipe.tail), PIPE_SIZE - at);
    const copied = copy_out(to + done, pipe.buffer + at, count);
    if (copied < 0) {
      if (!done) return -EFAULT;
      break;
    }
    pipe.tail += copied;
    done += copied;
    if (<u32>copied < count) break;
  }
  wakeup(addr(pipe));
  return <i32>done;
}

function pipe_write(f: file, from: usize, n: u32): i32 {
  const pipe = pipe_of(f);
  let done: u32 = 0;
  while (done < n) {
    if (!pipe.readers) {
      if (done) return <i32>done;
      send_signal(current, Sig.PIPE);
      return -EPIPE;
    }
    const room = PIPE_SIZE - (pipe.head - pipe.tail);
    // a small write goes in whole or waits
    if (!room || (n <= PIPE_SIZE && room < n)) {
      if (f.flags & O_NONBLOCK) return done ? <i32>done : -EAGAIN;
      if (sleep_on(addr(pipe))) return done ? <i32>done : -ERESTARTSYS;
      continue;
    }
    const at = pipe.head & PIPE_MASK;
    const count = min<u32>(min<u32>(n - done, room), PIPE_SIZE - at);
    if (copy_from_user(pipe.buffer + at, from + done, count) < 0) return done ? <i32>done : -EFAULT;
    pipe.head += count;
    done += count;
    wakeup(addr(pipe));
  }
  return <i32>n;
}

function pipe_free(pipe: pipe_struct): void {
  if (pipe.readers || pipe.writers) {
    wakeup(addr(pipe)); // the other side must notice
    return;
  }
  kfree(pipe.buffer);
  kfree(addr(pipe));
}

function release_read(f: file): void {
  pipe_of(f).readers--;
  pipe_free(pipe_of(f));
}

function release_write(f: file): void {
  pipe_of(f).writers--;
  pipe_free(pipe_of(f));
}

function poll_read(f: file): u32 {
  const pipe = pipe_of(f);
  return (pipe.head != pipe.tail ? 1 : 0) | (pipe.writers ? 0 : 0x10);
}

function poll_write(f: file): u32 {
  const pipe = pipe_of(f);
  return (pipe.head - pipe.tail < PIPE_SIZE ? 4 : 0) | (pipe.readers ? 0 : 8);
}

export function pipe_init(): void {
  read_fops.read = pipe_read;
  read_fops.release = release_read;
  read_fops.poll = poll_read;
  write_fops.write = pipe_write;
  write_fops.release = release_write;
  write_fops.poll = poll_write;
}

function open_end(node: inode, pipe: pipe_struct, fops: file_operations, flags: u32): file | null {
  const f = file_create(node, flags);
  if (!f) return null;
  f.fops = fops;
  f.private_data = addr(pipe);
  return f;
}

/** A new pipe: its two ends at ends[0] (read) and ends[1] (write). 0 or -ENOMEM. */
export function pipe_create(ends: Arr<usize>, flags: u32): i32 {
  const pipe = changetype<pipe_struct | null>(kzalloc(offsetof<pipe_struct>()));
  const node = inode_create(S_IFIFO | 0o600);
  if (!pipe || !node) {
    kfree(changetype<usize>(pipe));
    if (node) inode_put(node);
    return -ENOMEM;
  }
  pipe.buffer = kmalloc(PIPE_SIZE);
  const reader = open_end(node, pipe, read_fops, O_RDONLY | flags);
  const writer = open_end(node, pipe, write_fops, O_WRONLY | flags);
  inode_put(node); // the two files hold it
  pipe.readers = reader ? 1 : 0;
  pipe.writers = writer ? 1 : 0;
  if (!pipe.buffer || !reader || !writer) {
    if (!reader && !writer) pipe_free(pipe);
    if (reader) file_put(reader);
    if (writer) file_put(writer);
    return -ENOMEM;
  }
  ends[0] = addr(reader);
  ends[1] = addr(writer);
  return 0;
}
