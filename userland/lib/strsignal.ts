// What signals mean, in the words shells print when one has killed a program.
import { snprintf } from "./printf";

/** glibc's wording, from number 1 on. */
const descriptions: StaticArray<string> = [
  "Unknown signal 0",
  "Hangup",
  "Interrupt",
  "Quit",
  "Illegal instruction",
  "Trace/breakpoint trap",
  "Aborted",
  "Bus error",
  "Floating point exception",
  "Killed",
  "User defined signal 1",
  "Segmentation fault",
  "User defined signal 2",
  "Broken pipe",
  "Alarm clock",
  "Terminated",
  "Stack fault",
  "Child exited",
  "Continued",
  "Stopped (signal)",
  "Stopped",
  "Stopped (tty input)",
  "Stopped (tty output)",
  "Urgent I/O condition",
  "CPU time limit exceeded",
  "File size limit exceeded",
  "Virtual timer expired",
  "Profiling timer expired",
  "Window changed",
  "I/O possible",
  "Power failure",
  "Bad system call",
];

const DESCRIPTION_COUNT: i32 = 32;
const unknown = changetype<string>(memory.data(32, 4));

/** What a signal means; valid until the next call with an unknown number. */
export function strsignal(signal: i32): string {
  if (signal > 0 && signal < DESCRIPTION_COUNT) return descriptions[signal];
  snprintf(addr(unknown), 32, "Unknown signal %d", signal);
  return unknown;
}
