// All tasks, and their numbers.
import { list_add_before, list_del, list_entry_t, list_init } from "../lib/list";
import { all2task, task_struct } from "./task";

const PID_MAX: u32 = 32768;
export const MAX_TASKS: u32 = 1000; // below the number of kernel stacks

const all_tasks = changetype<list_entry_t>(memory.data(8));
let last_pid: u32 = 0;
let nr_tasks: u32 = 0;

export function pid_init(): void {
  list_init(all_tasks);
}

export function tasks_head(): list_entry_t {
  return all_tasks;
}

export function task_count(): u32 {
  return nr_tasks;
}

export function find_task(pid: u32): task_struct | null {
  for (let link = all_tasks.next; addr(link) != addr(all_tasks); link = link.next) {
    const task = all2task(link);
    if (task.pid == pid) return task;
  }
  return null;
}

/** The next number that no task, group or session has. */
function alloc_pid(): u32 {
  while (true) {
    last_pid = last_pid + 1 < PID_MAX ? last_pid + 1 : 2;
    let taken = false;
    for (let link = all_tasks.next; addr(link) != addr(all_tasks); link = link.next) {
      const task = all2task(link);
      if (task.pid == last_pid || task.pgrp == last_pid || task.session == last_pid) {
        taken = true;
        break;
      }
    }
    if (!taken) return last_pid;
  }
}

export function add_task(task: task_struct): void {
  task.pid = alloc_pid();
  list_add_before(all_tasks, task.all_link);
  nr_tasks++;
}

export function remove_task(task: task_struct): void {
  list_del(task.all_link);
  nr_tasks--;
}
