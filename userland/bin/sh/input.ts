// Where commands come from: a terminal or another shared input, read a line at a time, or a text that is there whole.
import { Char } from "../../lib/ctype";
import { complain } from "../../lib/err";
import { Errno, errno } from "../../lib/errno";
import { free, malloc, realloc } from "../../lib/malloc";
import { fprintf } from "../../lib/printf";
import { fflush, fputs, stderr, stdout } from "../../lib/stdio";
import { Open, STDIN_FILENO, close, open, read } from "../../lib/unistd";
import { WNOHANG, waitpid } from "../../lib/wait";
import { INTERRUPTED, catch_interrupts, interrupted, set_interrupted } from "./interrupt";
import { MARK_SIZE, Mark, new_text, out_of_memory, release, set_mark } from "./memory";
import { Text, text_put, text_string } from "./memory";
import { Outcome, Parse, parse } from "./parse";
import { run } from "./run";
import { get_variable, last_status, set_arguments, set_last_status } from "./vars";

const SYNTAX_ERROR: i32 = 2;

function syntax_error(what: string): void {
  fprintf(stderr, "sh: syntax error: unexpected %s\n", what);
  set_last_status(SYNTAX_ERROR);
}

/** Runs all commands of a text. A syntax error ends it. Returns the last status. */
export function run_text(text: string): i32 {
  const mark = changetype<Mark>(alloca(MARK_SIZE));
  const result = changetype<Parse>(alloca(offsetof<Parse>()));
  set_last_status(0);
  let rest = text;
  for (;;) {
    set_mark(mark);
    parse(rest, result);
    const outcome = result.outcome;
    const node = result.node;
    if (outcome == Outcome.ERROR) syntax_error(result.unexpected);
    if (outcome == Outcome.UNFINISHED) syntax_error("end of file");
    if (outcome == Outcome.DONE && node) run(node);
    rest = result.rest;
    release(mark);
    if (outcome != Outcome.DONE && outcome != Outcome.EMPTY) return last_status;
  }
}

/** The whole file with a NUL behind it, from malloc; null with errno. */
function read_file(path: string): string | null {
  const fd = open(path, Open.RDONLY | Open.CLOEXEC);
  if (fd < 0) return null;
  let capacity: u32 = 4096;
  let length: u32 = 0;
  let memory = malloc(capacity);
  if (memory == 0) out_of_memory();
  for (;;) {
    const got = read(fd, memory + length, capacity - length - 1);
    if (got < 0) {
      close(fd);
      return null;
    }
    if (got == 0) break;
    length += got;
    if (capacity - length > 1) continue;
    capacity *= 2;
    memory = realloc(memory, capacity);
    if (memory == 0) out_of_memory();
  }
  close(fd);
  store<u8>(memory + length, 0);
  return changetype<string>(memory);
}

/** Runs a script; `argv` ends with a null pointer and its first element becomes $0. */
export function run_file(path: string, argv: Arr<string>): i32 {
  const text = read_file(path);
  if (!text) {
    const missing = errno == Errno.ENOENT;
    complain(path);
    return missing ? 127 : 126;
  }
  let count: u32 = 0;
  while (load<usize>(addr(argv) + count * 4) != 0) count++;
  set_arguments(argv, count);
  const status = run_text(text);
  free(addr(text));
  return status;
}

/**
 * Appends one line to `text`; false at the end of the input. One byte at a time, because what is behind the line belongs
 * to the programs that the line starts.
 */
function read_line(text: Text): bool {
  const byte = alloca(1);
  let any = false;
  for (;;) {
    const got = read(STDIN_FILENO, byte, 1);
    if (interrupted) {
      // The terminal has thrown the line away too.
      text.length = 0;
      return true;
    }
    if (got < 0 && errno == Errno.EINTR) continue;
    if (got <= 0) return any;
    any = true;
    const c = <i32>load<u8>(byte);
    if (c == Char.NUL) continue;
    text_put(text, c);
    if (c == Char.NEWLINE) return true;
  }
}

function prompt(variable: string, fallback: string): void {
  const value = get_variable(variable);
  fputs(value ? value : fallback, stdout);
  fflush(stdout);
}

/** Background programs that ended are taken notice of between commands. */
function reap(): void {
  const status = alloca(4);
  while (waitpid(-1, status, WNOHANG) > 0) {}
}

/** Reads lines until there is a whole command, parses it and runs it; false at the end of the input. */
function run_one_command(interactive: bool, result: Parse): bool {
  const text = new_text();
  if (interactive) prompt("PS1", "$ ");
  for (;;) {
    const more = read_line(text);
    if (interrupted) return true;
    if (!more) {
      if (text.length > 0) syntax_error("end of file");
      return false;
    }
    parse(text_string(text), result);
    const node = result.node;
    switch (result.outcome) {
      case Outcome.DONE:
        if (node) run(node);
        return true;
      case Outcome.UNFINISHED:
        if (interactive) prompt("PS2", "> ");
        continue;
      case Outcome.ERROR:
        syntax_error(result.unexpected);
        return interactive;
      default:
        return true;
    }
  }
}

/** Runs what standard input gives until it ends. Returns the last status. */
export function run_input(interactive: bool): i32 {
  const mark = changetype<Mark>(alloca(MARK_SIZE));
  const result = changetype<Parse>(alloca(offsetof<Parse>()));
  if (interactive) catch_interrupts();
  for (let more: bool = true; more;) {
    set_mark(mark);
    set_interrupted(false);
    more = run_one_command(interactive, result);
    if (interrupted) {
      fputs("\n", stdout); // the cursor is behind the ^C
      set_last_status(INTERRUPTED);
    }
    release(mark);
    if (interactive) reap();
  }
  if (interactive) fputs("\n", stdout); // the cursor is behind the prompt
  return last_status;
}
