// `faultline boot`: any multiboot kernel, its serial port on the terminal.
import { existsSync } from "node:fs";
import { type Endpoint, NoEndpoint } from "../host/endpoint.ts";
import { DEFAULT_IDLE_LIMIT, runMachine } from "../host/runner.ts";
import { openEndpoint } from "../host/serial.ts";
import { Machine } from "../machine/machine.ts";
import type { MultibootModule } from "../machine/multiboot.ts";
import { parseMemorySize } from "../machine/memory_map.ts";
import { UserError } from "../machine/user_error.ts";
import { type Command, readOptions } from "./command.ts";
import { reportEnd } from "./end_report.ts";
import { builtFile, readUserFile } from "./files.ts";
import { watchFaults } from "./fault_chain.ts";

const HELP = `Usage: faultline boot [--kernel FILE] [options]

Boots a multiboot kernel with its first serial port on standard input and output.
Without --kernel: Faultline's own kernel with its initrd.

  --kernel FILE          multiboot 1 kernel: ELF, or any format with address fields in its header
  --module FILE          module for the kernel; may be repeated. --module "FILE ARGUMENTS" gives it a string
  --append TEXT          kernel command line, after the kernel's file name
  --memory SIZE          guest memory: 128M (default), 65536K, 1G; a bare number is in MiB
  --serial WHERE         COM1: stdio (default), stderr, pty, unix:PATH, file:PATH or none.
                         Given twice, the second is COM2 (default stderr)
  --debugcon WHERE       what the guest writes to port E9h: none (default), stderr or file:PATH
  --rtc TIME             start of the real-time clock, UTC: 2026-01-01T00:00:00 (default)
  --idle-limit SECONDS   end a guest whose input is over when it only waits, after so many seconds of its time
                         (default ${DEFAULT_IDLE_LIMIT}; 0: never)
  --count                print the number of executed instructions on standard error at the end
  --help                 this text

In the terminal: Ctrl-A x leaves, Ctrl-A h helps; every other key goes to the guest, Ctrl-C too.
When standard input is not a terminal, its lines are typed to the guest as it waits for them, then ^D.

Exit status:
  (v<<1)|1   the guest wrote v to port F4h (isa-debug-exit)
  0          power-off (port 604h), reset by the guest, or Ctrl-A x
  2          wrong option or image
  4          halted for good: HLT with interrupts off
  6          triple fault
  8          the guest ignored the end of its input and waits for good
  128+n      ended by signal n (130: Ctrl-C)

Example: faultline boot --kernel build/kernel.elf --module build/initrd.cpio --append "console=ttyS0"
`;

export const bootCommand: Command = {
  name: "boot",
  summary: "boot a multiboot kernel with its serial port on the terminal",
  help: HELP,
  run: boot,
};

async function boot(args: string[]): Promise<number> {
  const { values } = readOptions("boot", args, {
    kernel: { type: "string" },
    module: { type: "string", multiple: true, default: [] },
    append: { type: "string", default: "" },
    memory: { type: "string", default: "128M" },
    serial: { type: "string", multiple: true, default: [] },
    debugcon: { type: "string", default: "none" },
    rtc: { type: "string" },
    "idle-limit": { type: "string", default: String(DEFAULT_IDLE_LIMIT) },
    count: { type: "boolean", default: false },
  });
  const memoryBytes = parseMemorySize(values.memory);
  const epoch = values.rtc === undefined ? undefined : parseTime(values.rtc);
  const idleLimit = parseSeconds(values["idle-limit"]);
  const images = readImages(values.kernel, values.module);
  const commandLine = values.append === "" ? images.path : `${images.path} ${values.append}`;

  // The machine is loaded before anything is opened: a bad image must leave terminal and files alone.
  const outputs: { serial: readonly Endpoint[]; debugcon: Endpoint } = { serial: [], debugcon: new NoEndpoint() };
  const machine = new Machine({
    memoryBytes,
    epoch,
    output: {
      serial: (port, byte) => outputs.serial[port].put(byte),
      debugConsole: (byte) => outputs.debugcon.put(byte),
    },
  });
  machine.loadMultiboot({ kernel: images.kernel, name: images.path, modules: images.modules, commandLine });

  const announce = (line: string): void => void process.stderr.write(`${line}\n`);
  const serial = await openSerial(values.serial, announce);
  outputs.serial = serial;
  outputs.debugcon = await openDebugConsole(values.debugcon, announce);

  const faults = watchFaults(machine.cpu, announce);
  const end = await runMachine({ machine, serial, outputs: [outputs.debugcon], idleLimit });
  const report = reportEnd(end, faults);
  if (report.line) announce(report.line);
  if (values.count) announce(`instructions: ${machine.cpu.instructionCount}`);
  return report.status;
}

interface Images {
  path: string;
  kernel: Uint8Array;
  modules: MultibootModule[];
}

function readImages(kernelPath: string | undefined, moduleTexts: readonly string[]): Images {
  let path = kernelPath;
  let texts = moduleTexts;
  if (path === undefined) {
    const ours = builtFile("kernel.elf");
    const initrd = builtFile("initrd.cpio");
    if (!ours || !initrd) throw new UserError("boot: no --kernel given, and Faultline's own has not been built");
    path = ours;
    texts = [initrd, ...moduleTexts];
  }
  const modules = texts.map((text) => ({ bytes: readUserFile(moduleFile(text)), string: text }));
  return { path, kernel: readUserFile(path), modules };
}

/** `FILE` or `FILE ARGUMENTS`; a file whose whole name has spaces wins. */
function moduleFile(text: string): string {
  const space = text.indexOf(" ");
  return space < 0 || existsSync(text) ? text : text.slice(0, space);
}

async function openSerial(texts: readonly string[], announce: (line: string) => void): Promise<[Endpoint, Endpoint]> {
  if (texts.length > 2) throw new UserError("boot: --serial more than twice; there are two serial ports");
  const [com1, com2] = [texts[0] ?? "stdio", texts[1] ?? "stderr"];
  if (com1 === "stdio" && com2 === "stdio") throw new UserError("boot: --serial stdio can be given once only");
  return [await openEndpoint(com1, "COM1", announce), await openEndpoint(com2, "COM2", announce)];
}

function openDebugConsole(text: string, announce: (line: string) => void): Promise<Endpoint> {
  if (!/^(none|stderr|file:.+)$/.test(text)) {
    throw new UserError(`boot: --debugcon ${text}: unknown; it is one of none, stderr or file:PATH`);
  }
  return openEndpoint(text, "port E9h", announce);
}

function parseSeconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new UserError(`boot: --idle-limit ${text}: not a number of seconds`);
  return Number(text);
}

function parseTime(text: string): number {
  const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?Z?$/.exec(text);
  const time = form ? Date.parse(`${form[1]}T${form[2] ?? "00:00"}Z`) : NaN;
  if (Number.isNaN(time)) throw new UserError(`boot: --rtc ${text}: not a time; write it like 2026-01-01T00:00:00`);
  return time / 1000;
}
