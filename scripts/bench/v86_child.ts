// One run on the npm package v86, in a process of its own: KERNEL NAME COUNT jit|nojit FIRMWARE-FOLDER VGA-BIOS. Prints the measurement
// as JSON, or with FIRST set in the environment only a mark as soon as the guest's first byte is there. Bundled by bundles.ts.
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { V86, type V86Options } from "v86";
import { processorTime } from "./processor_time.ts";
import { MEMORY_MIB } from "./settings.ts";
import { Transcript } from "./transcript.ts";

const [kernel, name, count, jit, bios, vgaBios] = process.argv.slice(2);

function image(path: string): { buffer: ArrayBuffer } {
  return { buffer: new Uint8Array(readFileSync(path)).buffer };
}

const wasm = join(createRequire(import.meta.url).resolve("v86"), "../v86.wasm");
const transcript = new Transcript({ processorTime });
const options: V86Options & { disable_jit: boolean } = {
  wasm_path: wasm,
  bios: image(bios),
  vga_bios: image(vgaBios),
  multiboot: image(kernel),
  cmdline: `bench ${name} ${count}`,
  memory_size: MEMORY_MIB << 20,
  autostart: true,
  disable_jit: jit === "nojit",
  disable_speaker: true,
  disable_keyboard: true,
  disable_mouse: true,
};
const emulator = new V86(options);
emulator.add_listener("serial0-output-byte", (byte: number) => {
  if (process.env.FIRST) end("first");
  transcript.put(byte);
  if (transcript.result) end(JSON.stringify(transcript.result));
});

/** At once: the guest's next step is a write to port F4h, which v86 answers with an exception. */
function end(line: string): never {
  writeSync(1, `${line}\n`);
  process.exit(0);
}
