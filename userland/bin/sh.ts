// sh: the shell. Its parts are in sh/: lexer and parse make a tree of a command, expand its words, run carries it out.
import { Char } from "../lib/ctype";
import { helped, misused } from "../lib/err";
import "../lib/start";
import { at } from "../lib/string";
import { isatty } from "../lib/termios";
import { STDIN_FILENO, STDOUT_FILENO, getcwd } from "../lib/unistd";
import { run_file, run_input, run_text } from "./sh/input";
import { set_script_runner } from "./sh/program";
import { export_variable, get_variable, import_environment, set_arguments, set_variable } from "./sh/vars";

const help =
  "Usage: sh [-i] [-c COMMAND [NAME [ARGUMENT]...]] [FILE [ARGUMENT]...]\nRuns commands from COMMAND, from FILE, or from standard input. -i: prompt even where that is no terminal.\n";

const PATH_MAX: u32 = 4096;
const directory = memory.data(4096, 16);

/** What programs may count on, where the environment does not say otherwise. */
function set_defaults(): void {
  import_environment();
  if (!get_variable("PATH")) set_variable("PATH", "/bin");
  export_variable("PATH");
  if (getcwd(directory, PATH_MAX) > 0) {
    set_variable("PWD", changetype<string>(directory));
    export_variable("PWD");
  }
  set_script_runner(run_file);
}

/** The argument vector from `index` on. */
function rest(argv: Arr<string>, index: i32): Arr<string> {
  return changetype<Arr<string>>(addr(argv) + index * 4);
}

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, help)) return 0;
  set_defaults();
  let interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  let i = 1;
  for (; i < argc && at(argv[i], 0) == Char.MINUS; i++) {
    const option = argv[i];
    if (option == "-i") interactive = true;
    else if (option == "-c") {
      if (i + 1 >= argc) return misused("-c needs a command", "");
      // $0 is the word behind the command, or the shell's own name.
      if (i + 2 < argc) set_arguments(rest(argv, i + 2), argc - i - 2);
      else set_arguments(argv, 1);
      return run_text(argv[i + 1]);
    } else return misused("unknown option ", option);
  }
  if (i < argc) return run_file(argv[i], rest(argv, i));
  set_arguments(argv, 1);
  return run_input(interactive);
}
