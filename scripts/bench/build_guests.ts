// The benchmark guests, compiled by our own toolchain: one multiboot kernel with all of them, and one Linux program with those that
// need no machine.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../toolchain/index.ts";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDER = "scripts/bench/guests";

export type Target = "machine" | "native";

/** The ELF image. Throws Error with the toolchain's messages. */
export function buildGuests(target: Target): Uint8Array {
  const machine = target === "machine";
  const result = build({
    name: `bench-${target}`,
    root: repository,
    entry: `${FOLDER}/${target}.ts`,
    asm: [`${FOLDER}/${machine ? "boot" : "linux"}.asm`],
    textBase: machine ? 0x0010_0000 : 0x0804_8000,
    entrySymbol: "_start",
    ...(machine ? { multibootPhysicalBase: 0x0010_0000 } : {}),
  });
  if ("errors" in result) throw new Error(result.errors.join("\n"));
  return result.elf;
}
