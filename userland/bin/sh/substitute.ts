// Command substitution: what commands print, as text.
import { Char } from "../../lib/ctype";
import { complain } from "../../lib/err";
import { Errno, errno } from "../../lib/errno";
import { exit } from "../../lib/exit";
import { fflush, stdout } from "../../lib/stdio";
import { STDOUT_FILENO, close, dup2, fork, pipe, read } from "../../lib/unistd";
import { run_text } from "./input";
import { default_interrupts } from "./interrupt";
import { Text, new_text, text_put, text_string } from "./memory";
import { wait_for } from "./program";
import { set_last_status } from "./vars";

/** Status of the last substitution: that of a command which is nothing but assignments. */
export let substitution_status: i32 = 0;

export function set_substitution_status(status: i32): void {
  substitution_status = status;
}

const BUFFER_SIZE: u32 = 512;

function read_all(fd: i32, text: Text): void {
  const buffer = alloca(BUFFER_SIZE);
  for (;;) {
    const got = read(fd, buffer, BUFFER_SIZE);
    if (got < 0 && errno == Errno.EINTR) continue;
    if (got <= 0) return;
    // A NUL would end the text for everybody who reads it.
    for (let i: i32 = 0; i < got; i++) if (load<u8>(buffer + i) != 0) text_put(text, load<u8>(buffer + i));
  }
}

/** Runs `commands` in a child and returns its standard output without the newlines at the end. $? is its status. */
export function output_of(commands: string): string {
  const ends = changetype<Arr<i32>>(alloca(8));
  fflush(stdout);
  if (pipe(ends) < 0) {
    complain("pipe");
    return "";
  }
  const pid = fork();
  if (pid == 0) {
    default_interrupts();
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    exit(run_text(commands));
  }
  close(ends[1]);
  const text = new_text();
  if (pid < 0) complain("cannot fork");
  else {
    read_all(ends[0], text);
    substitution_status = wait_for(pid);
    set_last_status(substitution_status);
  }
  close(ends[0]);
  while (text.length > 0 && load<u8>(text.data + text.length - 1) == Char.NEWLINE) text.length--;
  return text_string(text);
}
