// The texts in /proc. Each function adds one record to the file and says whether there was one.
import { MAX_ORDER, buddy_nr_blocks } from "../mm/buddy";
import { FAULT_RING_SIZE, fault_ring, fault_seq, NO_FRAME } from "../mm/fault_record";
import { kmalloc_in_use } from "../mm/kmalloc";
import { npage } from "../mm/page";
import { kernel_frames } from "../mm/pmm_init";
import { nr_free_pages } from "../mm/pmm";
import { le2vma, VM_EXEC, VM_READ, VM_SHARED, VM_WRITE } from "../mm/vma";
import { find_task } from "../process/pid";
import { TaskState } from "../process/task";
import { seq_file, seq_printf } from "./seq";

const class_names: StaticArray<string> = ["minor", "major", "invalid"];
const action_names: StaticArray<string> = [
  "none",
  "demand-zero",
  "zero-page",
  "file-read",
  "file-cached",
  "cow-copy",
  "cow-reuse",
  "swap-in",
  "stack-grow",
  "spurious",
  "SIGSEGV-MAPERR",
  "SIGSEGV-ACCERR",
  "SIGBUS",
  "fixup",
  "oops",
  "elf-load",
];
const kind_names: StaticArray<string> = ["-", "text", "data", "bss", "heap", "stack", "mmap", "kernel"];

/** A line per fault, oldest first. The read itself may fault; what comes after the start of the read is not shown. */
export function proc_faults(seq: seq_file): bool {
  if (!seq.position) {
    seq.subject = fault_seq;
    seq.position = fault_seq > FAULT_RING_SIZE ? fault_seq - FAULT_RING_SIZE + 1 : 1;
    seq_printf(seq, "   seq   pid name     eip      cr2      err class   action         vma    frame pte\n");
    return true;
  }
  const number = seq.position - 1;
  if (number >= seq.subject) return false;
  seq.position++;
  const r = fault_ring[number & (FAULT_RING_SIZE - 1)];
  if (r.sequence != number) return true; // overwritten meanwhile
  const comm = alloca(12);
  store<u32>(comm, load<u32>(addr(r.comm)));
  store<u32>(comm, load<u32>(addr(r.comm), 4), 4);
  store<u8>(comm, 0, 8);
  seq_printf(
    seq,
    "%6u %5u %-8s %p %p %c%c%c %-7s %-14s %-6s ",
    r.sequence,
    r.pid,
    comm,
    r.eip,
    r.cr2,
    r.error_code & 4 ? 0x55 : 0x4b,
    r.error_code & 2 ? 0x57 : 0x52,
    r.error_code & 1 ? 0x50 : 0x2d,
    class_names[r.class],
    action_names[r.action],
    kind_names[r.vma_kind],
  );
  if (r.frame == NO_FRAME) seq_printf(seq, "    - %p->%p\n", r.pte_before, r.pte_after);
  else seq_printf(seq, "%5x %p->%p\n", r.frame, r.pte_before, r.pte_after);
  return true;
}

export function proc_meminfo(seq: seq_file): bool {
  if (seq.position++) return false;
  seq_printf(seq, "MemTotal:     %8u kB\n", npage << 2);
  seq_printf(seq, "MemFree:      %8u kB\n", nr_free_pages() << 2);
  seq_printf(seq, "Kernel:       %8u kB\n", kernel_frames() << 2);
  seq_printf(seq, "Slab:         %8u kB\n", kmalloc_in_use() >> 10);
  return true;
}

export function proc_buddyinfo(seq: seq_file): bool {
  if (seq.position++) return false;
  seq_printf(seq, "Node 0, zone   Normal ");
  for (let order: u32 = 0; order < MAX_ORDER; order++) seq_printf(seq, "%6u ", buddy_nr_blocks(order));
  seq_printf(seq, "\n");
  return true;
}

export function proc_version(seq: seq_file): bool {
  if (seq.position++) return false;
  seq_printf(seq, "Faultline 0.1 (TypeScript) i686\n");
  return true;
}

/** A range per line, as Linux writes them; the last column is the kind. */
export function proc_maps(seq: seq_file): bool {
  const task = find_task(seq.subject);
  const mm = task ? task.mm : null;
  if (!mm) return false;
  const head = mm.mmap_list;
  let skip = seq.position;
  for (let link = head.next; addr(link) != addr(head); link = link.next) {
    if (skip--) continue;
    const vma = le2vma(link);
    const file = vma.vm_file;
    seq_printf(
      seq,
      "%p-%p %c%c%c%c %p 00:00 %-8u [%s]\n",
      vma.vm_start,
      vma.vm_end,
      vma.vm_flags & VM_READ ? 0x72 : 0x2d,
      vma.vm_flags & VM_WRITE ? 0x77 : 0x2d,
      vma.vm_flags & VM_EXEC ? 0x78 : 0x2d,
      vma.vm_flags & VM_SHARED ? 0x73 : 0x70,
      vma.vm_offset,
      file ? file.ino : 0,
      kind_names[vma.vm_kind],
    );
    seq.position++;
    return true;
  }
  return false;
}

export function proc_status(seq: seq_file): bool {
  const task = find_task(seq.subject);
  if (seq.position++ || !task) return false;
  seq_printf(seq, "Name:\t%s\nPid:\t%u\nPPid:\t%u\n", addr(task.comm), task.pid, task.parent.pid);
  seq_printf(
    seq,
    "State:\t%s\n",
    task.state == TaskState.RUNNABLE ? "R (running)" : task.state == TaskState.ZOMBIE ? "Z (zombie)" : "S (sleeping)",
  );
  const mm = task.mm;
  if (mm) seq_printf(seq, "VmSize:\t%8u kB\n", mm.total_vm << 2);
  seq_printf(seq, "MinFlt:\t%u\nMajFlt:\t%u\n", task.min_flt, task.maj_flt);
  return true;
}
