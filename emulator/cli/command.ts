// What a subcommand is, and how every command reads its options and reports mistakes.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UserError } from "../machine/user_error.ts";
import { closest } from "./closest.ts";

export interface Command {
  name: string;
  /** One line for `faultline --help`. */
  summary: string;
  /** `faultline NAME --help`: usage, options with defaults, exit statuses, an example. */
  help: string;
  /** The words of the command line that are the command's own, when others (a program's arguments) follow them. */
  ownArguments?(args: string[]): string[];
  /** @returns the exit status @throws UserError for what the user got wrong */
  run(args: string[]): Promise<number>;
}

/** Exit statuses that mean the same for every command. */
export const enum ExitStatus {
  OK = 0,
  /** Wrong option, file that can not be used: one line on stderr. */
  USAGE = 2,
  HALTED = 4,
  TRIPLE_FAULT = 6,
  IDLE_FOR_GOOD = 8,
  /** A bug in Faultline. */
  INTERNAL = 70,
  SIGNAL = 128,
  /** As for a process that SIGPIPE killed. */
  OUTPUT_CLOSED = 141,
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Reads options as node:util's parseArgs does, with messages for users.
 * @throws UserError for an unknown option or a missing value; `command` is named in it
 */
export function readOptions<T extends Options>(command: string, args: string[], options: T, allowPositionals = false) {
  for (const arg of args) {
    if (arg === "--") break;
    const match = /^--(?:no-)?([^=]+)/.exec(arg);
    if (match && !(match[1] in options)) {
      const near = closest(match[1], Object.keys(options));
      const hint = near ? `; did you mean --${near}?` : `; faultline ${command} --help lists the options`;
      throw new UserError(`${command}: unknown option --${match[1]}${hint}`);
    }
  }
  try {
    return parseArgs({ args, options, allowPositionals, strict: true });
  } catch (error) {
    throw new UserError(`${command}: ${plainMessage(error as Error)}`);
  }
}

/** parseArgs explains itself over several sentences: the first says what is wrong. */
function plainMessage(error: Error): string {
  const first = error.message.split("\n")[0].split(". ")[0];
  return first.charAt(0).toLowerCase() + first.slice(1);
}
