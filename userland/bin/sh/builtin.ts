// What must happen in the shell itself.
import { Char } from "../../lib/ctype";
import { complain } from "../../lib/err";
import { exit } from "../../lib/exit";
import { fprintf, printf } from "../../lib/printf";
import { fputs, stderr, stdout } from "../../lib/stdio";
import { strtol } from "../../lib/stdlib";
import { at, strchr } from "../../lib/string";
import { chdir, getcwd } from "../../lib/unistd";
import { allocate, copy_text } from "./memory";
import { is_name } from "./parse";
import { run_program } from "./program";
import { evaluate_test } from "./test";
import {
  export_variable,
  get_variable,
  last_status,
  print_exported,
  set_from_text,
  set_variable,
  unset_variable,
} from "./vars";

const PATH_MAX: u32 = 4096;

const help =
  "Programs are found along $PATH: see `ls /bin`; each explains itself with --help.\nIn the shell itself:\n  cd [DIRECTORY]        change the working directory; cd - goes back\n  exit [STATUS]         leave the shell\n  export [NAME[=VALUE]] give variables to programs, or list those that are given\n  unset NAME            forget a variable\n  exec PROGRAM          run a program in place of the shell\n  test EXPRESSION       -e -f -d -r -w -x -s FILE, -n -z TEXT, = !=, -eq -ne -lt -le -gt -ge, ! -a -o; also [ ]\n  help                  this text\nGrammar: a; b   a && b   a || b   a | b   ! a   a &   (a)   { a; }   < > >> 2> >&   # comment\n  if a; then b; [elif c; then d;] [else e;] fi   while a; do b; done   for x in a b; do c; done\n  'text' \"text $x\" \\c   $x ${x} ${x:-word} ${#x} $(a) $? $$ $! $# $0 $1 $@   * ? [a-z]\n";

type Builtin = (argv: Arr<string>) => i32;

const names: StaticArray<string> = ["cd", "exit", "export", "unset", "exec", "help", "test", "[", ":"];
const functions: StaticArray<Builtin> = [
  do_cd,
  do_exit,
  do_export,
  do_unset,
  do_exec,
  do_help,
  do_test,
  do_bracket,
  do_colon,
];

/** Index of the builtin called `name`, or -1. */
export function find_builtin(name: string): i32 {
  for (let i = 0; i < names.length; i++) if (names[i] == name) return i;
  return -1;
}

export function run_builtin(index: i32, argv: Arr<string>): i32 {
  return functions[index](argv);
}

function argument(argv: Arr<string>, index: u32): string | null {
  return changetype<string | null>(load<usize>(addr(argv) + index * 4));
}

function do_cd(argv: Arr<string>): i32 {
  let target = argument(argv, 1);
  if (!target) target = get_variable("HOME");
  if (!target) target = "/";
  const back = target == "-";
  if (back) target = get_variable("OLDPWD");
  if (!target) {
    fputs("sh: cd: OLDPWD is not set\n", stderr);
    return 1;
  }
  if (chdir(target) < 0) return complain(target);
  const old = get_variable("PWD");
  if (old) set_variable("OLDPWD", old);
  const path = allocate(PATH_MAX);
  if (getcwd(path, PATH_MAX) > 0) {
    set_variable("PWD", changetype<string>(path));
    if (back) printf("%s\n", path);
  }
  return 0;
}

function do_exit(argv: Arr<string>): i32 {
  const text = argument(argv, 1);
  let status = last_status;
  if (text) {
    const end = alloca(4);
    status = strtol(text, end, 10);
    if (load<u8>(load<usize>(end)) != 0 || at(text, 0) == 0) {
      fprintf(stderr, "sh: exit: %s: not a number\n", text);
      status = 2;
    }
  }
  exit(status & 0xff);
  return 0;
}

function do_export(argv: Arr<string>): i32 {
  if (!argument(argv, 1)) print_exported();
  let status = 0;
  for (let i: u32 = 1; ; i++) {
    const word = argument(argv, i);
    if (!word) return status;
    const equals = strchr(word, Char.EQUALS);
    const name = equals ? copy_text(word, addr(equals) - addr(word)) : word;
    if (!is_name(name)) {
      fprintf(stderr, "sh: export: %s: not a name\n", word);
      status = 1;
      continue;
    }
    if (equals) set_from_text(word);
    export_variable(name);
  }
}

function do_unset(argv: Arr<string>): i32 {
  for (let i: u32 = 1; ; i++) {
    const name = argument(argv, i);
    if (!name) return 0;
    unset_variable(name);
  }
}

/** The program takes the shell's place. Without one, only the redirections stay in force. */
function do_exec(argv: Arr<string>): i32 {
  if (argument(argv, 1)) run_program(changetype<Arr<string>>(addr(argv) + 4));
  return 0;
}

function argument_count(argv: Arr<string>): u32 {
  let count: u32 = 0;
  while (argument(argv, count)) count++;
  return count;
}

function do_test(argv: Arr<string>): i32 {
  return evaluate_test(changetype<Arr<string>>(addr(argv) + 4), argument_count(argv) - 1);
}

function do_bracket(argv: Arr<string>): i32 {
  const count = argument_count(argv);
  if (argv[count - 1] != "]") {
    fputs("sh: [: missing ]\n", stderr);
    return 2;
  }
  return evaluate_test(changetype<Arr<string>>(addr(argv) + 4), count - 2);
}

function do_colon(argv: Arr<string>): i32 {
  return 0;
}

function do_help(argv: Arr<string>): i32 {
  fputs(help, stdout);
  return 0;
}
