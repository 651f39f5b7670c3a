// `npm run bench`: our guests on this emulator, v86, QEMU and the bare processor.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildGuests } from "./build_guests.ts";
import { bundleChild } from "./bundles.ts";
import { type Guest, guests } from "./guests.ts";
import {
  disagreements,
  type FirstByte,
  formatReport,
  inProcessorTime,
  mips,
  ratio,
  type Row,
  RUNNERS,
  seconds,
} from "./report.ts";
import { type Artifacts, faultline, findFirmware, native, qemu, type Runner, type RunnerName, v86 } from "./runners.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const HELP = `Usage: npm run bench -- [options]

Measures guests, compiled by our own toolchain, on this emulator, v86 (with its JIT and without), QEMU and natively.
Prints medians in seconds and how many times as fast this emulator is. docs/bench.md explains the guests.

  --runs N          alternating runs of each (default 3)
  --only NAMES      only these guests, separated by commas: ${guests.map(({ name }) => name).join(" ")}
  --on NAMES        only these machines: ${RUNNERS.join(" ")}
  --scale X         multiplies the work sizes (default 1)
  --firmware DIR    where bios.bin and vgabios.bin for v86 are
  --processor-time  table of the processor time of v86 and this emulator, for a machine that is busy otherwise (Linux)
  --json            all samples as JSON instead of the table
  --help            this text

Exit status: 0; 1 when a run failed or results differ between machines; 2 for wrong options.
`;

class UsageError extends Error {}

interface Options {
  runs: number;
  guests: readonly Guest[];
  runners: readonly RunnerName[];
  scale: number;
  firmware: string | undefined;
  processorTime: boolean;
  json: boolean;
}

function readOptions(args: string[]): Options | "help" {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        runs: { type: "string", default: "3" },
        only: { type: "string", default: guests.map(({ name }) => name).join() },
        on: { type: "string", default: RUNNERS.join() },
        scale: { type: "string", default: "1" },
        firmware: { type: "string" },
        "processor-time": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return "help";
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError(`--runs ${values.runs}: not a number of runs`);
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1000)) throw new UsageError(`--scale ${values.scale}: not a number between 0 and 1000`);
  const list = <T>(option: string, text: string, known: readonly T[], nameOf: (item: T) => string): T[] =>
    text.split(",").map((name) => {
      const found = known.find((item) => nameOf(item) === name);
      if (!found) throw new UsageError(`--${option} ${name}: unknown; known: ${known.map(nameOf).join(" ")}`);
      return found;
    });
  return {
    runs,
    scale,
    guests: list("only", values.only, guests, ({ name }) => name),
    runners: list("on", values.on, RUNNERS, (name) => name),
    firmware: values.firmware,
    processorTime: values["processor-time"],
    json: values.json,
  };
}

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

function buildArtifacts(): Artifacts {
  // Below node_modules, from where the bundles find v86; of its own, so that two runs don't disturb each other.
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "faultline-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes, { mode: 0o755 });
    return path;
  };
  return {
    root,
    kernel: write("kernel.elf", buildGuests("machine")),
    program: write("program", buildGuests("native")),
    faultlineChild: bundleChild(root, "faultline_child", folder),
    v86Child: bundleChild(root, "v86_child", folder),
  };
}

/** Those of the wanted runners that there are here; says what is missing. */
function findRunners(options: Options, files: Artifacts): Runner[] {
  const firmware = findFirmware(options.firmware === undefined ? undefined : [options.firmware]);
  const noFirmware = "skipped: no bios.bin and vgabios.bin for it (Debian: apt-get install seabios; or --firmware DIR)";
  const make: Record<RunnerName, () => Runner | string> = {
    native: () => native(files) ?? "skipped: 32-bit Linux programs don't run here",
    qemu: () => qemu(files) ?? "skipped: qemu-system-i386 is not installed",
    "v86-jit": () => (firmware ? v86(files, firmware, true) : noFirmware),
    "v86-nojit": () => (firmware ? v86(files, firmware, false) : noFirmware),
    faultline: () => faultline(files),
  };
  return options.runners.flatMap((name) => {
    const runner = make[name]();
    if (typeof runner !== "string") return [runner];
    say(`${name} ${runner}`);
    return [];
  });
}

let failures = 0;

/** One run; a failure is said and counted, and the rest goes on. */
async function attempt<T>(what: string, run: Promise<T>): Promise<T | null> {
  try {
    return await run;
  } catch (error) {
    failures++;
    say(`${what}: ${(error as Error).message}`);
    return null;
  }
}

async function measureGuests(options: Options, runners: readonly Runner[]): Promise<Row[]> {
  const rows: Row[] = options.guests.map((guest) => ({
    guest,
    count: Math.max(1, Math.round(guest.count * options.scale)),
    samples: {},
  }));
  for (let run = 0; run < options.runs; run++) {
    // Neighbours in time share the machine's load; the order turns round so that none always comes after the same other.
    const order = run % 2 === 0 ? runners : [...runners].reverse();
    for (const row of rows) {
      const said: string[] = [];
      for (const runner of order) {
        const started = runner.run(row.guest, row.count);
        const result = started && (await attempt(`${row.guest.name} on ${runner.name}`, started));
        if (!result) continue;
        (row.samples[runner.name] ??= []).push(result);
        said.push(`${runner.name} ${result.seconds.toFixed(3)}`);
      }
      say(`run ${run + 1}/${options.runs}  ${row.guest.name}: ${said.join("  ")}`);
    }
  }
  return rows;
}

async function measureFirstByte(options: Options, runners: readonly Runner[]): Promise<FirstByte> {
  const times: FirstByte = {};
  for (let run = 0; run < options.runs; run++) {
    for (const { name, firstByte } of runners) {
      const time = firstByte && (await attempt(`start of ${name}`, firstByte()));
      if (time) (times[name] ??= []).push(time);
    }
  }
  return times;
}

function json(options: Options, rows: readonly Row[], firstByte: FirstByte): string {
  const guestRows = rows.map((row) => ({
    guest: row.guest.name,
    count: row.count,
    samples: row.samples,
    seconds: Object.fromEntries(RUNNERS.map((name) => [name, seconds(row, name)])),
    mips: mips(row),
    ratios: Object.fromEntries(RUNNERS.map((name) => [name, ratio(row, name)])),
  }));
  const about = { node: process.version, platform: `${process.platform} ${process.arch}`, load: loadavg()[0] };
  return `${JSON.stringify({ ...about, runs: options.runs, guests: guestRows, firstByteMilliseconds: firstByte }, null, 2)}\n`;
}

async function main(options: Options): Promise<void> {
  say("building the guests and the emulator");
  const files = buildArtifacts();
  const runners = findRunners(options, files);
  const begin = performance.now();
  const rows = await measureGuests(options, runners);
  const firstByte = await measureFirstByte(options, runners);
  say(
    `took ${Math.round((performance.now() - begin) / 1000)} s, load ${loadavg()[0].toFixed(1)}, Node ${process.version}`,
  );
  const shown = options.processorTime ? inProcessorTime(rows) : rows;
  process.stdout.write(options.json ? json(options, shown, firstByte) : formatReport(shown, firstByte));
  const differences = disagreements(rows);
  for (const line of differences) say(`results differ: ${line}`);
  if (failures > 0 || differences.length > 0) process.exitCode = 1;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(HELP);
  else await main(options);
} catch (error) {
  if (error instanceof UsageError) {
    say(`${error.message} (--help lists the options)`);
    process.exitCode = 2;
  } else {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
