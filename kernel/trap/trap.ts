// Every trap comes here: exceptions, interrupts, system calls.
import { tty_interrupt } from "../drivers/tty";
import { pic_acknowledge } from "../drivers/pic8259";
import { pit_tick } from "../drivers/pit8254";
import { oops } from "../lib/panic";
import { pgfault_handler } from "../mm/pgfault";
import { exception_signal } from "../process/fault_signal";
import { fpu_take } from "../process/fpu";
import { need_resched, sched_tick, schedule } from "../process/sched";
import { do_signal, signal_pending } from "../process/signal";
import { Sig } from "../process/sigaction";
import { current } from "../process/task";
import { syscall } from "../syscall/syscall";
import { from_user, IRQ_COM1, IRQ_TIMER, Trap, TrapFrame } from "./trapframe";

declare const trapret_segments: usize;
declare const trapret_fs: usize;
declare const trapret_segments_end: usize;

const exception_names: StaticArray<string> = [
  "divide error",
  "debug",
  "NMI",
  "breakpoint",
  "overflow",
  "bounds",
  "invalid opcode",
  "no FPU",
  "double fault",
  "coprocessor segment overrun",
  "invalid TSS",
  "segment not present",
  "stack fault",
  "general protection",
  "page fault",
  "reserved exception",
  "FPU error",
  "alignment check",
  "machine check",
  "SIMD error",
];

/** Called by alltraps (vectors.asm), interrupts off. */
export function trap(tf: TrapFrame): void {
  trap_dispatch(tf);
  if (!from_user(tf)) return;
  // the way back to user mode: another task's turn, signals
  const task = current;
  if (need_resched) schedule();
  if (signal_pending(task)) do_signal(tf, tf.trapno == Trap.SYSCALL);
}

export function trap_dispatch(tf: TrapFrame): void {
  const trapno = tf.trapno;
  if (trapno == Trap.PAGE_FAULT) pgfault_handler(tf);
  else if (trapno == Trap.SYSCALL) syscall(tf);
  else if (trapno >= <u32>Trap.IRQ0) interrupt(tf, trapno - Trap.IRQ0);
  else exception(tf, trapno);
}

function interrupt(tf: TrapFrame, irq: u32): void {
  if (!pic_acknowledge(irq)) return;
  if (irq == IRQ_TIMER) {
    pit_tick();
    sched_tick(from_user(tf));
  } else if (irq == IRQ_COM1) {
    tty_interrupt();
  }
}

function exception(tf: TrapFrame, trapno: u32): void {
  if (trapno == Trap.NO_FPU && from_user(tf) && fpu_take()) return;
  if (!from_user(tf)) {
    kernel_exception(tf, trapno);
    return;
  }
  let signal: u32 = Sig.SEGV;
  let name = "SIGSEGV";
  let code: i32 = 0x80; // SI_KERNEL
  switch (trapno) {
    case Trap.DIVIDE:
      signal = Sig.FPE;
      name = "SIGFPE";
      code = 1; // FPE_INTDIV
      break;
    case Trap.FPU:
    case Trap.SIMD:
      signal = Sig.FPE;
      name = "SIGFPE";
      code = 7; // FPE_FLTINV; the status word has the details
      break;
    case Trap.DEBUG:
    case Trap.BREAKPOINT:
      tf.eflags &= ~0x100;
      signal = Sig.TRAP;
      name = "SIGTRAP";
      break;
    case Trap.INVALID_OPCODE:
    case Trap.NO_FPU:
      signal = Sig.ILL;
      name = "SIGILL";
      code = 2; // ILL_ILLOPN
      break;
    case Trap.ALIGNMENT:
      signal = Sig.BUS;
      name = "SIGBUS";
      code = 1; // BUS_ADRALN
  }
  exception_signal(tf, exception_names[trapno], signal, name, code);
}

/**
 * An exception in the kernel is a bug, except at the pops of trapret: there it is the user's selector that has become
 * invalid, and a null selector takes its place. (No ESP is pushed for a trap from ring 0: the interrupted stack goes on
 * where the frame's esp would be.) GS and FS may still hold what the program had, so the frame of this very trap, which
 * is popped first, must not bring it back either.
 */
function kernel_exception(tf: TrapFrame, trapno: u32): void {
  const selector_fault = trapno == Trap.PROTECTION || trapno == Trap.SEGMENT;
  if (selector_fault && tf.eip >= trapret_segments && tf.eip < trapret_segments_end) {
    store<u32>(addr(tf) + offsetof<TrapFrame>("esp"), 0);
    if (tf.eip == trapret_segments) tf.gs = 0;
    else if (tf.eip == trapret_fs) tf.fs = 0;
    return;
  }
  oops(exception_names[trapno], tf);
}
