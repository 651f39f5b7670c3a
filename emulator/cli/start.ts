// `faultline start` (`npm start`): our kernel with a shell on the console.
import { bootCommand } from "./boot.ts";
import { type Command, readOptions } from "./command.ts";

const HELP = `Usage: faultline start [options]

Boots Faultline's kernel and stands at a shell prompt on the guest's serial console.

  --memory SIZE          guest memory: 128M (default), 65536K, 1G; a bare number is in MiB
  --append TEXT          words for the kernel's command line, such as quiet
  --count                print the number of executed instructions on standard error at the end
  --help                 this text

In the terminal: Ctrl-A x leaves, Ctrl-A h helps; every other key goes to the guest, Ctrl-C too.
When standard input is not a terminal, the shell runs the lines it is given; at their end the machine powers off, status 0.

Example: echo "ls /bin" | faultline start
`;

export const startCommand: Command = {
  name: "start",
  summary: "boot Faultline's kernel to a shell prompt",
  help: HELP,
  run: start,
};

async function start(args: string[]): Promise<number> {
  const { values } = readOptions("start", args, {
    memory: { type: "string", default: "128M" },
    append: { type: "string", default: "" },
    count: { type: "boolean", default: false },
  });
  if (process.stdin.isTTY) process.stderr.write("Ctrl-A x leaves, Ctrl-A h helps.\n");
  const append = `console=ttyS0 ${values.append}`.trimEnd();
  const count = values.count ? ["--count"] : [];
  return bootCommand.run(["--memory", values.memory, "--append", append, ...count]);
}
