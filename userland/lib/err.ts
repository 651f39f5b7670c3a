// The messages every program writes the same way: `cat: nosuch: No such file or directory`.
import { errno } from "./errno";
import { fprintf, printf } from "./printf";
import { program_name } from "./start";
import { stderr } from "./stdio";
import { strerror } from "./strerror";

/** Says on stderr why `subject` failed, by errno, and returns 1, the usual exit status for it. */
export function complain(subject: string): i32 {
  const reason = errno; // printing may change it
  fprintf(stderr, "%s: %s: %s\n", program_name, subject, strerror(reason));
  return 1;
}

/** A mistake in how the program was called; returns 2, the exit status for that. */
export function misused(problem: string, what: string): i32 {
  fprintf(stderr, "%s: %s%s\nTry '%s --help'.\n", program_name, problem, what, program_name);
  return 2;
}

/** True when the only argument is --help, and then `text` was printed. */
export function helped(argc: i32, argv: Arr<string>, text: string): bool {
  if (argc != 2 || argv[1] != "--help") return false;
  printf("%s", text);
  return true;
}
