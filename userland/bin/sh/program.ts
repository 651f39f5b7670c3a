// Starting programs: the search along PATH, execve, and how a program's end becomes a status.
import { Char } from "../../lib/ctype";
import { complain } from "../../lib/err";
import { Errno, errno, set_errno } from "../../lib/errno";
import { exit } from "../../lib/exit";
import { fprintf } from "../../lib/printf";
import { fflush, stderr, stdout } from "../../lib/stdio";
import { at, skip, strchr, strlen } from "../../lib/string";
import { SIG_IGN, Signal, set_signal } from "../../lib/signal";
import { strsignal } from "../../lib/strsignal";
import { WCOREDUMP, WEXITSTATUS, WIFEXITED, WTERMSIG, waitpid } from "../../lib/wait";
import { Open, STDIN_FILENO, close, execve, open, read } from "../../lib/unistd";
import { set_interrupted } from "./interrupt";
import { new_text, text_append, text_put, text_string } from "./memory";
import { get_variable, make_environment } from "./vars";

const NOT_FOUND: i32 = 127;
const NOT_EXECUTABLE: i32 = 126;

/** Runs a text file as a script: set by the file that reads scripts, which could not be imported from here. */
type ScriptRunner = (path: string, argv: Arr<string>) => i32;
let script_runner: usize = 0;

export function set_script_runner(runner: ScriptRunner): void {
  script_runner = changetype<usize>(runner);
}

/** As every shell decides it: a file with a NUL in its first bytes is no script. */
function is_text(path: string): bool {
  const fd = open(path, Open.RDONLY);
  if (fd < 0) return false;
  const buffer = alloca(64);
  const got = read(fd, buffer, 64);
  close(fd);
  for (let i: i32 = 0; i < got; i++) if (load<u8>(buffer + i) == 0) return false;
  return got >= 0;
}

/** Becomes the program at `path`; returns when that failed, with errno. */
function execute(path: string, argv: Arr<string>, environment: Arr<string>): void {
  execve(path, argv, environment);
  if (errno != Errno.ENOEXEC) return;
  if (is_text(path)) exit(changetype<ScriptRunner>(script_runner)(path, argv));
  set_errno(Errno.ENOEXEC);
}

/** Tries each directory of PATH. */
function search(name: string, argv: Arr<string>, environment: Arr<string>): void {
  const path = get_variable("PATH");
  let rest = path ? path : "/bin";
  let denied = false;
  for (;;) {
    const colon = strchr(rest, Char.COLON);
    const length = colon ? addr(colon) - addr(rest) : strlen(rest);
    const full = new_text();
    for (let i: u32 = 0; i < length; i++) text_put(full, at(rest, i));
    if (length > 0) text_put(full, Char.SLASH);
    text_append(full, name);
    execute(text_string(full), argv, environment);
    if (errno == Errno.EACCES) denied = true;
    else if (errno != Errno.ENOENT && errno != Errno.ENOTDIR) return;
    if (!colon) break;
    rest = skip(colon, 1);
  }
  set_errno(denied ? Errno.EACCES : Errno.ENOENT);
}

/** Becomes the program that argv[0] names. Does not return: a failure ends the process with 126 or 127. */
export function run_program(argv: Arr<string>): void {
  const name = argv[0];
  const environment = make_environment();
  const has_slash = strchr(name, Char.SLASH) != null;
  fflush(stdout);
  if (has_slash) execute(name, argv, environment);
  else if (at(name, 0) == 0) set_errno(Errno.ENOENT);
  else search(name, argv, environment);
  const missing = errno == Errno.ENOENT;
  if (missing && !has_slash) fprintf(stderr, "sh: %s: command not found\n", name);
  else complain(name);
  exit(missing ? NOT_FOUND : NOT_EXECUTABLE);
}

/** Says how a child was killed, as shells do, and makes its wait status a shell status. */
export function child_status(status: i32): i32 {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const signal = WTERMSIG(status);
  if (signal == Signal.INT)
    set_interrupted(true); // ^C is meant for the whole line, not for one program of it
  else if (signal != Signal.PIPE) fprintf(stderr, WCOREDUMP(status) ? "%s (core dumped)\n" : "%s\n", strsignal(signal));
  return 128 + signal;
}

/** Waits for `pid` and returns its shell status. */
export function wait_for(pid: i32): i32 {
  const status = alloca(4);
  while (waitpid(pid, status, 0) < 0) if (errno != Errno.EINTR) return NOT_FOUND;
  return child_status(load<i32>(status));
}

/** Commands in the background neither read what is typed nor end by ^C. */
export function detach_from_terminal(): void {
  set_signal(Signal.INT, SIG_IGN);
  set_signal(Signal.QUIT, SIG_IGN);
  const fd = open("/dev/null", Open.RDONLY);
  if (fd > STDIN_FILENO) close(STDIN_FILENO);
}
