// How a program ends: exit, atexit, abort.
import { Signal } from "./signal";
import { _exit, getpid, kill } from "./unistd";

export const EXIT_SUCCESS: i32 = 0;
export const EXIT_FAILURE: i32 = 1;

type ExitFunction = () => void;

const ATEXIT_MAX: u32 = 32;

const exit_functions = changetype<Arr<ExitFunction>>(memory.data(128, 4)); // ATEXIT_MAX code addresses
let exit_function_count: u32 = 0;

/** Set by stdio once a stream holds anything, so that a program that never prints carries no stdio. */
let flush_streams: usize = 0;

export function set_flush_hook(hook: ExitFunction): void {
  flush_streams = changetype<usize>(hook);
}

/** Registers `fn` to run at exit, last registered first. Returns -1 when 32 are registered already. */
export function atexit(fn: ExitFunction): i32 {
  if (exit_function_count == ATEXIT_MAX) return -1;
  exit_functions[exit_function_count++] = fn;
  return 0;
}

export function exit(status: i32): void {
  // The count goes down before the call, so that a function that calls exit itself is not entered again.
  while (exit_function_count > 0) exit_functions[--exit_function_count]();
  if (flush_streams != 0) changetype<ExitFunction>(flush_streams)();
  _exit(status);
}

/** Dies by SIGABRT, status 134 to a shell. */
export function abort(): void {
  kill(getpid(), Signal.ABRT);
  _exit(128 + Signal.ABRT); // a kernel without signals
}
