// Files whose text is made while it is read (/proc): a page at a time, record by record.
import { vsnprintf } from "../lib/format";
import { ENOMEM } from "../lib/errno";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { copy_to_user } from "../mm/uaccess";
import { file } from "./file";

const BUFFER_SIZE: u32 = 2048;

@unmanaged
export class seq_file {
  buffer: usize;
  /** Text made and not yet read: [start, length). */
  start: u32;
  length: u32;
  /** The generator's: which record comes next. */
  position: u32;
  /** The generator's: what the file is about (a pid). */
  subject: u32;
  /** Adds the record `position` and advances it; false behind the last. */
  next: (seq: seq_file) => bool;
}

export function seq_printf(seq: seq_file, format: string, ...args: va[]): void {
  const room = BUFFER_SIZE - seq.length;
  const n = vsnprintf(seq.buffer + seq.length, room, format, changetype<VaList>(args));
  seq.length += n < room ? n : room - 1;
}

/** Sets up `f`. 0 or -ENOMEM. */
export function seq_open(f: file, next: (seq: seq_file) => bool, subject: u32): i32 {
  const seq = changetype<seq_file | null>(kzalloc(offsetof<seq_file>()));
  if (!seq) return -ENOMEM;
  seq.buffer = kmalloc(BUFFER_SIZE);
  if (!seq.buffer) {
    kfree(addr(seq));
    return -ENOMEM;
  }
  seq.next = next;
  seq.subject = subject;
  f.private_data = addr(seq);
  return 0;
}

export function seq_read(f: file, to: usize, n: u32): i32 {
  const seq = changetype<seq_file>(f.private_data);
  if (!f.pos) {
    seq.position = 0; // opened, or rewound
    seq.start = 0;
    seq.length = 0;
  }
  let done: u32 = 0;
  while (done < n) {
    if (seq.start == seq.length) {
      seq.start = 0;
      seq.length = 0;
      if (!seq.next(seq)) break;
      continue;
    }
    const count = min<u32>(n - done, seq.length - seq.start);
    const error = copy_to_user(to + done, seq.buffer + seq.start, count);
    if (error < 0) return error;
    seq.start += count;
    done += count;
  }
  f.pos += done;
  return <i32>done;
}

export function seq_release(f: file): void {
  const seq = changetype<seq_file>(f.private_data);
  kfree(seq.buffer);
  kfree(addr(seq));
}
