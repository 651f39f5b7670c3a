// ^C. A shell at a terminal survives it and gives up the line it is at; programs die of it, as they always do.
import { SIG_DFL, SIG_IGN, Signal, set_signal } from "../../lib/signal";

/** Status of a command that ^C ended. */
export const INTERRUPTED: i32 = 130;

/** Set by ^C; nothing of the current line is run any more. */
export let interrupted: bool = false;

let catching: bool = false;

export function set_interrupted(value: bool): void {
  interrupted = value;
}

function on_interrupt(signal: i32): void {
  interrupted = true;
}

/** For an interactive shell. */
export function catch_interrupts(): void {
  catching = true;
  set_signal(Signal.INT, addr(on_interrupt));
  set_signal(Signal.QUIT, SIG_IGN);
}

/** In a child: what a program expects to find. A shell that was told to ignore the signals passes that on. */
export function default_interrupts(): void {
  if (!catching) return;
  catching = false;
  set_signal(Signal.INT, SIG_DFL);
  set_signal(Signal.QUIT, SIG_DFL);
}
