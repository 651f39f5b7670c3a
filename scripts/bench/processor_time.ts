import { readFileSync } from "node:fs";

/**
 * Processor time of this process's main thread in milliseconds, NaN where the host is not Linux. Where other programs want the
 * processor, too, it varies far less than elapsed time. What V8 compiles on its other threads is not in it.
 */
export function processorTime(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]) / 1e6;
  } catch {
    return NaN;
  }
}
