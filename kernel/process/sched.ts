// Scheduler: round-robin over one run queue, time slices of a few ticks, sleeping on channels.
//
// The kernel itself is never preempted: interrupts are off in it except in the idle loop, and a task gives the processor
// up only in schedule(), at the end of its slice on the way back to user mode, or when it sleeps. That is why nothing here
// takes locks.
import { cli, sti_hlt } from "~lib/cpu";
import { load_tls, set_kernel_stack } from "../boot/gdt";
import { jiffies } from "../drivers/pit8254";
import { list_add_before, list_del, list_entry_t, list_init } from "../lib/list";
import { mm_switch } from "../mm/mm";
import { fpu_switch } from "./fpu";
import { signal_pending } from "./signal";
import { current, run2task, set_current, task_struct, TaskState } from "./task";

export const TIME_SLICE: u32 = 5; // ticks of 10 ms

/** Saves the callee's registers and ESP through `save_esp`, goes on with `esp`. */
declare function switch_to(save_esp: usize, esp: usize): void;

const run_queue = changetype<list_entry_t>(memory.data(8));
const sleepers = changetype<list_entry_t>(memory.data(8));
let idle_task: task_struct = changetype<task_struct>(0);
export let need_resched: bool = false;
/** The GDT has somebody's thread-local storage descriptors. They stay there, too, until another user program runs. */
let tls_in_use: bool = false;
export let context_switches: u32 = 0;

export function sched_init(idle: task_struct): void {
  list_init(run_queue);
  list_init(sleepers);
  idle_task = idle;
}

function runnable(): bool {
  return addr(run_queue.next) != addr(run_queue);
}

/** Puts a task that can run at the end of the queue. */
export function make_runnable(task: task_struct): void {
  task.state = TaskState.RUNNABLE;
  list_add_before(run_queue, task.run_link);
  if (current == idle_task) need_resched = true;
}

/** Gives the processor to the next in the queue. A running task that can go on goes to the end of it. */
export function schedule(): void {
  const previous = current;
  need_resched = false;
  if (previous.state == TaskState.RUNNABLE && previous != idle_task) list_add_before(run_queue, previous.run_link);
  let next = idle_task;
  if (runnable()) {
    next = run2task(run_queue.next);
    list_del(next.run_link);
  }
  next.time_slice = TIME_SLICE;
  if (next == previous) return;
  context_switches++;
  set_current(next);
  set_kernel_stack(next.kstack);
  // A kernel thread borrows the address space that is there: the kernel's half is the same in all, and whoever frees an
  // address space leaves it first.
  const mm = next.mm;
  if (mm) {
    mm_switch(mm);
    if (next.uses_tls || tls_in_use) load_tls(next.tls);
    tls_in_use = next.uses_tls;
  }
  fpu_switch(next);
  switch_to(addr(previous), next.esp);
}

/** The timer's: one tick is used up. */
export function sched_tick(user: bool): void {
  const task = current;
  if (user) task.utime++;
  else task.stime++;
  for (let link = sleepers.next; addr(link) != addr(sleepers);) {
    const sleeper = run2task(link);
    link = link.next;
    if (sleeper.timed && <i32>(jiffies - sleeper.wake_at) >= 0) wake_task(sleeper);
  }
  if (task == idle_task) return;
  if (task.time_slice) task.time_slice--;
  if (!task.time_slice && runnable()) need_resched = true;
}

function wake_task(task: task_struct): void {
  list_del(task.run_link);
  task.channel = 0;
  task.timed = false;
  make_runnable(task);
}

function sleep(channel: usize, state: u32): void {
  const task = current;
  task.channel = channel;
  task.state = state;
  list_add_before(sleepers, task.run_link);
  schedule();
}

/** Sleeps until wakeup(channel) or a signal. True when a signal is there to be handled. */
export function sleep_on(channel: usize): bool {
  if (signal_pending(current)) return true;
  sleep(channel, TaskState.SLEEPING);
  return signal_pending(current);
}

/** Sleeps until wakeup(channel), whatever signals come. */
export function sleep_uninterruptible(channel: usize): void {
  sleep(channel, TaskState.UNINTERRUPTIBLE);
}

/** The same with a limit: wakes at tick `wake_at` at the latest. */
export function sleep_until(channel: usize, wake_at: u32): bool {
  if (signal_pending(current)) return true;
  current.timed = true;
  current.wake_at = wake_at;
  return sleep_on(channel);
}

/** Makes all who sleep on `channel` runnable. */
export function wakeup(channel: usize): void {
  for (let link = sleepers.next; addr(link) != addr(sleepers);) {
    const sleeper = run2task(link);
    link = link.next;
    if (sleeper.channel == channel) wake_task(sleeper);
  }
}

/** A signal has come for `task`: ends its sleep if it may. */
export function wake_for_signal(task: task_struct): void {
  if (task.state == TaskState.SLEEPING) wake_task(task);
}

/** pid 0: lets others run, and halts the processor when there are none. The only place with interrupts on in the kernel. */
export function cpu_idle(): void {
  for (;;) {
    while (runnable()) schedule();
    sti_hlt();
    cli();
  }
}
