// What a process gets for a fault nobody can resolve: a signal, and if that ends it, one line that says why.
import { FaultAction } from "../mm/fault_record";
import { PF } from "../mm/mmu";
import { pr_warn } from "../lib/printk";
import { TrapFrame } from "../trap/trapframe";
import { force_signal, signal_is_fatal } from "./signal";
import { Sig } from "./sigaction";
import { current } from "./task";

const SEGV_MAPERR: i32 = 1;
const SEGV_ACCERR: i32 = 2;
const BUS_ADRERR: i32 = 2;

function note_fault(tf: TrapFrame, code: i32, address: usize): void {
  const task = current;
  task.fault_code = code;
  task.fault_address = address;
  task.fault_trapno = tf.trapno;
  task.fault_error = tf.err;
}

/** A page fault in user mode that is an error: `action` says which. */
export function segfault(tf: TrapFrame, address: usize, action: u32): void {
  const task = current;
  const bus = action == FaultAction.SIGBUS;
  const code = bus ? BUS_ADRERR : action == FaultAction.SIGSEGV_ACCERR ? SEGV_ACCERR : SEGV_MAPERR;
  const signal: u32 = bus ? Sig.BUS : Sig.SEGV;
  note_fault(tf, code, address);
  if (signal_is_fatal(task, signal)) {
    pr_warn(
      "%s[%u]: %s at 0x%p ip 0x%p sp 0x%p error %x (%c/%c, %s): %s\n",
      addr(task.comm),
      task.pid,
      bus ? "bus error" : "segfault",
      address,
      tf.eip,
      tf.esp,
      tf.err,
      tf.err & PF.USER ? 0x55 : 0x4b,
      tf.err & PF.WRITE ? 0x57 : 0x52,
      tf.err & PF.PROT ? "protection" : "not present",
      bus ? "SIGBUS ADRERR" : code == SEGV_ACCERR ? "SIGSEGV ACCERR" : "SIGSEGV MAPERR",
    );
  }
  force_signal(task, signal);
}

/** A page it may have cannot be had. */
export function out_of_memory(tf: TrapFrame): void {
  const task = current;
  pr_warn("%s[%u]: out of memory at ip 0x%p: SIGKILL\n", addr(task.comm), task.pid, tf.eip);
  force_signal(task, Sig.KILL);
}

/** Another exception in user mode. */
export function exception_signal(tf: TrapFrame, what: string, signal: u32, name: string, code: i32): void {
  const task = current;
  note_fault(tf, code, tf.eip);
  if (signal_is_fatal(task, signal)) {
    pr_warn("%s[%u]: %s ip 0x%p sp 0x%p error %x: %s\n", addr(task.comm), task.pid, what, tf.eip, tf.esp, tf.err, name);
  }
  force_signal(task, signal);
}
