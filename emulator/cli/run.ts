// `faultline run`: one program on Faultline's kernel, as if it were a program of the host.
import { ElfFile } from "../debug/elf32.ts";
import { faultAsJson } from "../debug/fault_json.ts";
import { type FaultRow, faultRows } from "../debug/fault_report.ts";
import { FaultRing } from "../debug/fault_ring.ts";
import { formatFaultTable } from "../debug/fault_table.ts";
import { FaultTrace } from "../debug/fault_trace.ts";
import { GuestMemory } from "../debug/guest_memory.ts";
import { SymbolTable } from "../debug/symbols.ts";
import { DEFAULT_IDLE_LIMIT, type RunEnd, runMachine } from "../host/runner.ts";
import { openEndpoint } from "../host/serial.ts";
import { Machine } from "../machine/machine.ts";
import { parseMemorySize } from "../machine/memory_map.ts";
import { UserError } from "../machine/user_error.ts";
import { type Command, readOptions } from "./command.ts";
import { reportEnd } from "./end_report.ts";
import { watchFaults } from "./fault_chain.ts";
import { builtFile, readUserFile } from "./files.ts";
import { quoteArguments, splitRunArguments } from "./run_arguments.ts";
import { ProgramConsole } from "./run_console.ts";
import { readCpio } from "./run_cpio.ts";
import { findProgram } from "./run_program.ts";
import { ProgramSymbols } from "./run_symbols.ts";

const HELP = `Usage: faultline run [options] PROGRAM [ARGUMENTS]

Runs a program on Faultline's kernel. Its output alone goes to standard output, what the kernel has to say to standard error.
PROGRAM is a program of the guest (malloc, ls, ...) or, with a slash in it, a file of the host: an i386 ELF executable, statically linked.

  --faults               add a table of every page fault of the run, boot included
  --json                 print one JSON document instead: program, status, output, instructions, faults
  --memory SIZE          guest memory: 128M (default), 65536K, 1G; a bare number is in MiB
  --append TEXT          more words for the kernel's command line
  --idle-limit SECONDS   end a program that only waits although its input is over, after so many seconds of its time
                         (default ${DEFAULT_IDLE_LIMIT}; 0: never)
  --count                print the number of executed instructions on standard error at the end
  --help                 this text

Exit status: that of the program, 128+n when signal n killed it (139: SIGSEGV); 2 for a wrong option or program;
4, 6, 8 when the machine did not end well (see faultline boot --help).

Example: faultline run --faults malloc
`;

export const runCommand: Command = {
  name: "run",
  summary: "run one program on Faultline's kernel",
  help: HELP,
  ownArguments: (args) => splitRunArguments(args).own,
  run,
};

async function run(words: string[]): Promise<number> {
  const { own, program: name, args } = splitRunArguments(words);
  const { values } = readOptions("run", own, {
    faults: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    memory: { type: "string", default: "128M" },
    append: { type: "string", default: "" },
    "idle-limit": { type: "string", default: String(DEFAULT_IDLE_LIMIT) },
    count: { type: "boolean", default: false },
  });
  if (name === undefined) throw new UserError("run: no program named; faultline run --help explains");
  const idleLimit = Number(values["idle-limit"]);
  if (!/^\d+$/.test(values["idle-limit"])) {
    throw new UserError(`run: --idle-limit ${values["idle-limit"]}: not a number of seconds`);
  }
  const memoryBytes = parseMemorySize(values.memory);
  const images = readImages();
  const ramDisk = readCpio(images.initrd);
  const program = findProgram(name, ramDisk);

  const isPlain = values.json || !process.stdout.isTTY;
  const options = `init=${program.path} exit=debug quiet klog=ttyS1 console=ttyS0${isPlain ? ",raw" : ""}`;
  // Not the kernel's path: the same run must be the same wherever Faultline is installed.
  const commandLine = ["kernel.elf", options, values.append, "--", quoteArguments(args)].filter(Boolean).join(" ");
  const announce = (line: string): void => void process.stderr.write(`${line}\n`);
  const console = new ProgramConsole(values.json);
  const log = await openEndpoint("stderr", "COM2", announce);
  const machine = new Machine({ memoryBytes, output: { serial: (port, byte) => [console, log][port].put(byte) } });
  machine.loadMultiboot({
    kernel: images.kernel,
    name: "kernel.elf",
    modules: [
      { bytes: images.initrd, string: "initrd.cpio" },
      ...(program.module ? [{ bytes: program.module, string: "host.cpio" }] : []),
    ],
    commandLine,
  });

  const chain = watchFaults(machine.cpu, announce);
  const trace = values.faults || values.json ? traceFaults(machine, images.kernel) : undefined;
  const end = await runMachine({ machine, serial: [console, log], idleLimit });
  const report = reportEnd(end, chain);
  const status = programStatus(end) ?? report.status;
  if (report.line) announce(report.line);
  if (values.count) announce(`instructions: ${machine.cpu.instructionCount}`);
  if (!trace) return status;

  const rows = trace.rows(new ProgramSymbols(program, ramDisk));
  if (values.json) {
    const document = {
      program: name,
      status,
      output: console.takeOutput(),
      instructions: machine.cpu.instructionCount,
      faults: rows.map(faultAsJson),
    };
    await print(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const table = formatFaultTable(rows, process.stdout.columns ?? Infinity);
    await print(`${console.atLineStart ? "" : "\n"}${table.join("\n")}\n`);
  }
  return status;
}

interface Images {
  kernel: Uint8Array;
  initrd: Uint8Array;
}

function readImages(): Images {
  const kernel = builtFile("kernel.elf");
  const initrd = builtFile("initrd.cpio");
  if (!kernel || !initrd) throw new UserError("run: Faultline's kernel has not been built (npm run build)");
  return { kernel: readUserFile(kernel), initrd: readUserFile(initrd) };
}

function traceFaults(machine: Machine, image: Uint8Array): { rows(programs: ProgramSymbols): FaultRow[] } {
  const kernel = new SymbolTable(new ElfFile(image));
  const trace = new FaultTrace(machine.cpu, FaultRing.find(new GuestMemory(machine.cpu, kernel.info), kernel));
  return {
    rows: (programs) =>
      faultRows(trace.finish(), { folder: process.cwd(), kernel, program: (name) => programs.program(name) }),
  };
}

/** With `exit=debug` the kernel writes what wait(2) gives a shell to the debug-exit port. */
function programStatus(end: RunEnd): number | undefined {
  return end.kind === "debug-exit" ? end.value & 0xff : undefined;
}

function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
