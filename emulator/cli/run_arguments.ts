import { UserError } from "../machine/user_error.ts";

/** What `faultline run` was given: its own options, then a program with its arguments, which may look like options. */
export interface RunArguments {
  own: string[];
  program: string | undefined;
  args: string[];
}

const WITH_VALUE = new Set(["--memory", "--append", "--idle-limit"]);

/** Divides the command line at the program's name: the first word that is neither an option of ours nor the value of one. */
export function splitRunArguments(words: readonly string[]): RunArguments {
  let at = 0;
  while (at < words.length && words[at].startsWith("-") && words[at] !== "-") {
    if (words[at] === "--") {
      return { own: words.slice(0, at), program: words[at + 1], args: words.slice(at + 2) };
    }
    at += WITH_VALUE.has(words[at]) ? 2 : 1;
  }
  return { own: words.slice(0, at), program: words[at], args: words.slice(at + 1) };
}

/** What the kernel keeps of the words behind `--`. */
const MOST_ARGUMENTS = 62;

/** `args` as the kernel's command line wants them: quoted where the words would not stay together. */
export function quoteArguments(args: readonly string[]): string {
  if (args.length > MOST_ARGUMENTS) throw new UserError(`run: at most ${MOST_ARGUMENTS} arguments fit`);
  return args.map((arg) => (/^[^\s"\\]+$/.test(arg) ? arg : `"${arg.replace(/["\\]/g, "\\$&")}"`)).join(" ");
}
