// The double fault's report. It runs as a task of its own, on its own stack (boot/gdt.ts): the state of the kernel that
// could not even push a trap frame is in the main TSS, where the task switch saved it.
import { rcr2 } from "~lib/cpu";
import { tss } from "../boot/gdt";
import { ksym_name, ksym_offset } from "../lib/ksyms";
import { stop_machine } from "../lib/panic";
import { pr_warn } from "../lib/printk";
import { current } from "../process/task";
import { KSTACK_PAGES, PGSIZE } from "../mm/memlayout";

export function double_fault_report(): void {
  const task = current;
  const bottom = task.kstack - KSTACK_PAGES * PGSIZE;
  pr_warn("kernel panic: double fault");
  if (tss.esp <= bottom + 64 && tss.esp > bottom - PGSIZE)
    pr_warn(": kernel stack overflow of %s[%u]", addr(task.comm), task.pid);
  pr_warn(
    "\neip %p %s+0x%x esp %p ebp %p cr2 %p\n",
    tss.eip,
    ksym_name(tss.eip),
    ksym_offset(tss.eip),
    tss.esp,
    tss.ebp,
    rcr2(),
  );
  pr_warn("eax %p ebx %p ecx %p edx %p esi %p edi %p\n", tss.eax, tss.ebx, tss.ecx, tss.edx, tss.esi, tss.edi);
  stop_machine();
}
