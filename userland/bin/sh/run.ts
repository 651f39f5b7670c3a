// Walks the tree and runs it.
import { Char } from "../../lib/ctype";
import { complain } from "../../lib/err";
import { exit } from "../../lib/exit";
import { fflush, stdout } from "../../lib/stdio";
import { skip, strchr } from "../../lib/string";
import { STDIN_FILENO, STDOUT_FILENO, close, dup2, fork, pipe } from "../../lib/unistd";
import { find_builtin, run_builtin } from "./builtin";
import { expand_single, expand_words } from "./expand";
import { INTERRUPTED, default_interrupts, interrupted } from "./interrupt";
import { MARK_SIZE, Mark, allocate, copy_text, release, set_mark } from "./memory";
import { detach_from_terminal, run_program, wait_for } from "./program";
import { redirect_all, restore, saved_position } from "./redirect";
import { set_substitution_status, substitution_status } from "./substitute";
import { Node, NodeKind, Word } from "./tree";
import { export_variable, set_last_background, set_last_status, set_variable } from "./vars";

/** A new process that has nothing of ours left to print; -1 with a message when there is none. */
function fork_child(): i32 {
  fflush(stdout);
  const pid = fork();
  if (pid < 0) complain("cannot fork");
  if (pid == 0) default_interrupts();
  return pid;
}

function assign(assignments: Word | null, exported: bool): void {
  for (let word = assignments; word; word = word!.next) {
    const equals = strchr(word.text, Char.EQUALS)!;
    const name = copy_text(word.text, addr(equals) - addr(word.text));
    set_variable(name, expand_single(skip(equals, 1)));
    if (exported) export_variable(name);
  }
}

/** A list of words as an argument vector. */
function make_argv(words: Word): Arr<string> {
  let count: u32 = 0;
  for (let word: Word | null = words; word; word = word!.next) count++;
  const argv = changetype<Arr<string>>(allocate((count + 1) * 4));
  let i: u32 = 0;
  for (let word: Word | null = words; word; word = word!.next) argv[i++] = word.text;
  store<usize>(addr(argv) + count * 4, 0);
  return argv;
}

/** In a child: redirects, sets the variables of this command alone, and becomes the program. */
function exec_simple(node: Node, words: Word): void {
  if (!redirect_all(node.redirects, false)) exit(1);
  assign(node.assignments, true);
  run_program(make_argv(words));
}

function run_simple(node: Node): i32 {
  const words = expand_words(node.words);
  const builtin = words ? find_builtin(words.text) : -1;
  if (words && builtin < 0) {
    const pid = fork_child();
    if (pid < 0) return 1;
    if (pid == 0) exec_simple(node, words);
    return wait_for(pid);
  }
  const position = saved_position();
  const lasting = words ? words.text == "exec" : false;
  let status = 1;
  if (redirect_all(node.redirects, !lasting)) {
    set_substitution_status(0);
    assign(node.assignments, false);
    status = words ? run_builtin(builtin, make_argv(words)) : substitution_status;
  }
  restore(position);
  return status;
}

/** One side of a pipe, in a child of its own. */
function fork_side(node: Node, end: i32, as_fd: i32, other_end: i32): i32 {
  const pid = fork_child();
  if (pid != 0) return pid;
  close(other_end);
  dup2(end, as_fd);
  close(end);
  exit(run(node));
  return 0;
}

function run_pipe(node: Node): i32 {
  const ends = changetype<Arr<i32>>(alloca(8));
  if (pipe(ends) < 0) {
    complain("pipe");
    return 1;
  }
  const writer = fork_side(node.left!, ends[1], STDOUT_FILENO, ends[0]);
  const reader = writer < 0 ? -1 : fork_side(node.right!, ends[0], STDIN_FILENO, ends[1]);
  close(ends[0]);
  close(ends[1]);
  if (writer >= 0) wait_for(writer);
  return reader < 0 ? 1 : wait_for(reader);
}

function run_subshell(node: Node): i32 {
  const pid = fork_child();
  if (pid < 0) return 1;
  if (pid == 0) exit(run(node));
  return wait_for(pid);
}

function run_background(node: Node): i32 {
  const pid = fork_child();
  if (pid < 0) return 1;
  if (pid == 0) {
    detach_from_terminal();
    exit(run(node));
  }
  set_last_background(pid);
  return 0;
}

function run_for(node: Node): i32 {
  const name = node.words!;
  let status = 0;
  for (let word = expand_words(name.next); word && !interrupted; word = word!.next) {
    set_variable(name.text, word.text);
    status = run(node.left!);
  }
  return status;
}

function run_loop(node: Node): i32 {
  const wanted = node.kind == NodeKind.WHILE;
  let status = 0;
  while ((run(node.left!) == 0) == wanted && !interrupted) status = run(node.right!);
  return status;
}

function run_if(node: Node): i32 {
  if (run(node.left!) == 0) return run(node.right!);
  const otherwise = node.third;
  return otherwise ? run(otherwise) : 0;
}

function run_kind(node: Node): i32 {
  switch (node.kind) {
    case NodeKind.SIMPLE:
      return run_simple(node);
    case NodeKind.PIPE:
      return run_pipe(node);
    case NodeKind.AND: {
      const status = run(node.left!);
      return status == 0 ? run(node.right!) : status;
    }
    case NodeKind.OR: {
      const status = run(node.left!);
      return status == 0 ? 0 : run(node.right!);
    }
    case NodeKind.SEQUENCE:
      run(node.left!);
      return run(node.right!);
    case NodeKind.NOT:
      return run(node.left!) == 0 ? 1 : 0;
    case NodeKind.BACKGROUND:
      return run_background(node.left!);
    case NodeKind.SUBSHELL:
      return run_subshell(node.left!);
    case NodeKind.GROUP:
      return run(node.left!);
    case NodeKind.IF:
      return run_if(node);
    case NodeKind.FOR:
      return run_for(node);
  }
  return run_loop(node);
}

/** Runs a tree; the result is its exit status, also found in $?. */
export function run(node: Node): i32 {
  if (interrupted) return INTERRUPTED;
  const mark = changetype<Mark>(alloca(MARK_SIZE));
  set_mark(mark);
  let status = 1;
  const compound = node.kind >= NodeKind.SUBSHELL && node.redirects != null;
  const position = saved_position();
  if (!compound || redirect_all(node.redirects, true)) status = run_kind(node);
  if (compound) restore(position);
  set_last_status(status);
  release(mark);
  return status;
}
