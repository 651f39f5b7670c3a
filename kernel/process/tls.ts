// Thread-local storage segments: set_thread_area (Linux i386, struct user_desc).
import { load_tls, Selector } from "../boot/gdt";
import { EFAULT, EINVAL, ESRCH } from "../lib/errno";
import { copy_from_user, copy_to_user } from "../mm/uaccess";
import { current, task_struct } from "./task";

@unmanaged
class user_desc {
  entry_number: u32;
  base_addr: u32;
  limit: u32;
  /** seg_32bit 1, contents 2 bits, read_exec_only 8, limit_in_pages 10h, seg_not_present 20h, useable 40h. */
  flags: u32;
}

const TLS_LAST: u32 = 8;

/** A DPL 3 data descriptor; 0 for "empty", which is how Linux spells removal. */
function descriptor(desc: user_desc): u64 {
  const flags = desc.flags;
  if (!desc.base_addr && !desc.limit && (flags & 0x39) == 0x28) return 0;
  // type: data, writable unless read_exec_only; expand-down and code segments are not for TLS
  const access: u32 = 0x70 | (flags & 8 ? 1 : 3) | (flags & 0x20 ? 0 : 0x80);
  const granularity: u32 = (flags & 0x10 ? 8 : 0) | (flags & 1 ? 4 : 0) | (flags & 0x40 ? 1 : 0);
  const low = (desc.limit & 0xffff) | (desc.base_addr << 16);
  const high =
    ((desc.base_addr >> 16) & 0xff) |
    (access << 8) |
    (desc.limit & 0xf0000) |
    (granularity << 20) |
    (desc.base_addr & 0xff000000);
  return ((<u64>high) << 32) | low;
}

/** Stores the request (a user_desc in kernel memory) in the task: the GDT entry number or -errno. */
export function set_tls(task: task_struct, request: usize): i32 {
  const desc = changetype<user_desc>(request);
  let entry = desc.entry_number;
  if (entry == 0xffffffff) {
    entry = Selector.TLS_FIRST;
    while (entry <= TLS_LAST && task.tls[entry - Selector.TLS_FIRST]) entry++;
    if (entry > TLS_LAST) return -ESRCH;
  }
  if (entry < <u32>Selector.TLS_FIRST || entry > TLS_LAST) return -EINVAL;
  task.tls[entry - Selector.TLS_FIRST] = descriptor(desc);
  task.uses_tls = true;
  return <i32>entry;
}

export function sys_set_thread_area(user: usize): i32 {
  const request = alloca(16);
  if (copy_from_user(request, user, 16) < 0) return -EFAULT;
  const entry = set_tls(current, request);
  if (entry < 0) return entry;
  load_tls(current.tls);
  store<u32>(request, entry);
  return copy_to_user(user, request, 16);
}
