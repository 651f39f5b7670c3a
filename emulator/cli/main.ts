// The `faultline` command: finds the subcommand, prints help, turns mistakes into one line and a status.
import { constants } from "node:os";
import { UserError } from "../machine/user_error.ts";
import { bootCommand } from "./boot.ts";
import { closest } from "./closest.ts";
import { type Command, ExitStatus } from "./command.ts";
import { runCommand } from "./run.ts";
import { startCommand } from "./start.ts";
import { VERSION } from "./version.ts";

const commands: readonly Command[] = [startCommand, runCommand, bootCommand];

const HELP = `Usage: faultline COMMAND [options]

An i386 PC with a kernel written in TypeScript.

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}

faultline COMMAND --help explains a command. faultline --version prints ${VERSION}.
`;

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return print(HELP, ExitStatus.USAGE);
  if (name === "--version" || name === "-V") return print(`faultline ${VERSION}\n`);
  if (name === "--help" || name === "-h") return print(HELP);
  if (name === "help") return print(rest.length > 0 ? find(rest[0]).help : HELP);
  const command = find(name);
  const own = command.ownArguments?.(rest) ?? beforeSeparator(rest);
  const asksHelp = own.some((arg) => arg === "--help" || arg === "-h");
  return asksHelp ? print(command.help) : command.run(rest);
}

function find(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command) return command;
  const near = closest(
    name,
    commands.map((each) => each.name),
  );
  const what = name.startsWith("-") ? "option" : "command";
  throw new UserError(
    `unknown ${what} ${name}${near ? `; did you mean ${near}?` : "; faultline --help lists the commands"}`,
  );
}

function beforeSeparator(args: string[]): string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}

async function print(text: string, status: number = ExitStatus.OK): Promise<number> {
  const stream = status === ExitStatus.OK ? process.stdout : process.stderr;
  stream.on("error", () => {}); // `faultline --help | head -1`
  await new Promise<void>((resolve) => stream.write(text, () => resolve()));
  return status;
}

function report(error: unknown): number {
  if (error instanceof UserError) {
    process.stderr.write(`faultline: ${error.message}\n`);
    return ExitStatus.USAGE;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`faultline: internal error, please report it\n${detail}\n`);
  return ExitStatus.INTERNAL;
}

/** Node aborts in process.exit() when its terminal has gone: a hangup ends the process as signals do. */
function leave(status: number): void {
  if (status === ExitStatus.SIGNAL + constants.signals.SIGHUP) process.kill(process.pid, "SIGHUP");
  else process.exit(status);
}

leave(await main(process.argv.slice(2)).catch(report));
