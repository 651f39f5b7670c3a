// One run on this emulator, in a process of its own: KERNEL NAME COUNT. Prints the measurement as JSON. Bundled by bundles.ts.
import { readFileSync } from "node:fs";
import { Machine } from "../../emulator/machine/machine.ts";
import { processorTime } from "./processor_time.ts";
import { MEMORY_MIB } from "./settings.ts";
import { Transcript } from "./transcript.ts";

const [kernel, name, count] = process.argv.slice(2);
const transcript = new Transcript({ instructions: () => machine.cpu.instructionCount, processorTime });
const machine = new Machine({
  memoryBytes: MEMORY_MIB << 20,
  output: { serial: (port, byte) => void (port === 0 && transcript.put(byte)) },
});
machine.loadMultiboot({
  kernel: readFileSync(kernel),
  name: "the benchmark kernel",
  commandLine: `bench ${name} ${count}`,
});
// Slices as long as those of `faultline boot` with input at its end.
const SLICE = 1_000_000;
let outcome = machine.run(SLICE);
while (outcome.kind === "time") outcome = machine.run(SLICE);
const result = transcript.result;
if (outcome.kind !== "debug-exit" || outcome.value !== 0 || !result) {
  process.stderr.write(`the guest ended by ${JSON.stringify(outcome)}\n`);
  process.exit(1);
}
process.stdout.write(`${JSON.stringify(result)}\n`);
