// The kernel's command line, as words. The first word may be the kernel's own name; unknown words are ignored, as in
// Linux. Everything behind `--` goes to init.
import { starts_with, str_is, strlen } from "../lib/string";
import { boot_command_line } from "./multiboot";

const MAX_INIT_ARGS: u32 = 62;

/** No echo, no translation of newlines, no control characters but ^D: standard output is not a person's terminal. */
export let option_raw: bool = false;
/** The kernel's own lines go to the second UART. */
export let option_klog_serial: bool = false;
/** Only warnings, kills and panics. */
export let option_quiet: bool = false;
/** The status of init is written to the debug-exit port instead of powering off. */
export let option_exit_debug: bool = false;
export let option_selfcheck: bool = false;
/** A bug to commit on purpose (mm/check/crash.ts); 0: none. */
export let option_crash: usize = 0;

let init_path: usize = 0;
const init_argv = changetype<Arr<usize>>(memory.data(64 * 4, 16));
let init_argc: u32 = 1;

function set_console(value: usize): void {
  // ttyS0[,option...]
  while (load<u8>(value)) {
    const start = value;
    while (load<u8>(value) && load<u8>(value) != 0x2c) value++;
    if (str_is(start, value - start, "raw")) option_raw = true;
    if (load<u8>(value)) value++;
  }
}

function option(word: usize): void {
  const n = strlen(word);
  if (starts_with(word, "console=")) set_console(word + 8);
  else if (str_is(word, n, "klog=ttyS1")) option_klog_serial = true;
  else if (str_is(word, n, "quiet")) option_quiet = true;
  else if (str_is(word, n, "selfcheck")) option_selfcheck = true;
  else if (str_is(word, n, "exit=debug")) option_exit_debug = true;
  else if (starts_with(word, "init=")) init_path = word + 5;
  else if (starts_with(word, "crash=")) option_crash = word + 6;
}

/**
 * Cuts the line into words in place: NULs take the place of spaces. Double quotes keep spaces together, a backslash takes
 * the next character as it is.
 */
export function cmdline_init(): void {
  let from = boot_command_line();
  let to = from;
  let rest_is_inits = false;
  for (;;) {
    while (load<u8>(from) == 0x20) from++;
    if (!load<u8>(from)) break;
    const word = to;
    let quoted = false;
    for (;;) {
      let c = load<u8>(from);
      if (!c || (c == 0x20 && !quoted)) break;
      const escaped = c == 0x5c && load<u8>(from, 1) != 0;
      if (escaped) c = load<u8>(++from);
      if (c == 0x22 && !escaped) quoted = !quoted;
      else store<u8>(to++, c);
      from++;
    }
    if (load<u8>(from)) from++;
    store<u8>(to++, 0);
    if (rest_is_inits) {
      if (init_argc <= MAX_INIT_ARGS) init_argv[init_argc++] = word;
    } else if (str_is(word, strlen(word), "--")) {
      rest_is_inits = true;
    } else {
      option(word);
    }
  }
  if (!init_path) init_path = addr("/bin/sh");
  init_argv[0] = init_path;
  init_argv[init_argc] = 0;
}

export function init_program(): usize {
  return init_path;
}
/** NULL-terminated, argv[0] being the path. */
export function init_arguments(): Arr<usize> {
  return init_argv;
}
