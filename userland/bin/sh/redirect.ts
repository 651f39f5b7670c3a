// Redirections: of a child for good, of a builtin or a compound command for as long as it runs.
import { Char, isdigit } from "../../lib/ctype";
import { complain } from "../../lib/err";
import { Errno, set_errno } from "../../lib/errno";
import { fflush, stdout } from "../../lib/stdio";
import { at } from "../../lib/string";
import { Open, close, dup, dup2, open } from "../../lib/unistd";
import { expand_single } from "./expand";
import { allocate } from "./memory";
import { Redirect, RedirectKind } from "./tree";

/** A descriptor as it was before a redirection, to be put back. */
@unmanaged
class Saved {
  fd: i32;
  copy: i32; // -1: it was closed
  next: Saved | null;
}

let saved: Saved | null = null;

/** Where the list of saved descriptors stood; a nested command puts back only its own. */
export function saved_position(): usize {
  return addr(saved);
}

function save(fd: i32): void {
  const entry = changetype<Saved>(allocate(offsetof<Saved>()));
  entry.fd = fd;
  entry.copy = dup(fd);
  entry.next = saved;
  saved = entry;
}

/** Puts back what was redirected since `position`. */
export function restore(position: usize): void {
  if (addr(saved) != position) fflush(stdout);
  while (addr(saved) != position) {
    const entry = saved!;
    if (entry.copy < 0) close(entry.fd);
    else {
      dup2(entry.copy, entry.fd);
      close(entry.copy);
    }
    saved = entry.next;
  }
}

function open_target(redirect: Redirect, path: string): i32 {
  switch (redirect.kind) {
    case RedirectKind.READ:
      return open(path, Open.RDONLY);
    case RedirectKind.WRITE:
      return open(path, Open.WRONLY | Open.CREAT | Open.TRUNC, 0o666);
  }
  return open(path, Open.WRONLY | Open.CREAT | Open.APPEND, 0o666);
}

/** `>&2` and `>&-`. */
function duplicate(redirect: Redirect, target: string): bool {
  if (target == "-") {
    close(redirect.fd);
    return true;
  }
  if (!isdigit(at(target, 0)) || at(target, 1) != 0) {
    set_errno(Errno.EBADF);
    return false;
  }
  return dup2(at(target, 0) - Char.ZERO, redirect.fd) >= 0;
}

/** Carries out a command's redirections in order; false, with a message, when one fails. */
export function redirect_all(first: Redirect | null, keep: bool): bool {
  if (first) fflush(stdout); // what the shell wrote so far belongs to the old place
  for (let redirect = first; redirect; redirect = redirect!.next) {
    const target = expand_single(redirect.target.text);
    if (keep) save(redirect.fd);
    let done: bool = false;
    if (redirect.kind == RedirectKind.DUPLICATE) done = duplicate(redirect, target);
    else {
      const fd = open_target(redirect, target);
      done = fd >= 0;
      if (done && fd != redirect.fd) {
        done = dup2(fd, redirect.fd) >= 0;
        close(fd);
      }
    }
    if (!done) {
      complain(target);
      return false;
    }
  }
  return true;
}
