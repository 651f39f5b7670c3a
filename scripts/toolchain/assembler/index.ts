/**
 * The i386 assembler: NASM syntax to an object for the linker or to flat bytes. Pure: files
 * come in through callbacks, mistakes in the source come back as "file:line: error: text", all of them at once.
 */
import { Assembler } from "./assembler.ts";
import { placeFlat, toFlat, toObject } from "./output.ts";
import type { AssembleOptions, FlatOptions, FlatResult, ObjectResult } from "./types.ts";

export * from "./types.ts";

/** Assembles 32-bit code (unless the source says `bits 16`) for linking. */
export function assembleObject(source: string, options: AssembleOptions): ObjectResult {
  const assembler = new Assembler(options, 32, false);
  assembler.run(source, () => {});
  const { errors, program } = assembler;
  const object = toObject(program);
  return errors.messages.length ? { errors: errors.messages } : { object };
}

/** Assembles a flat binary: boot sectors, ROMs, test programs. */
export function assemble(source: string, options: FlatOptions = {}): FlatResult {
  const assembler = new Assembler({ file: "source.asm", ...options }, options.bits ?? 16, true);
  const org = (): number => assembler.org ?? options.org ?? 0;
  assembler.run(source, (program) => placeFlat(program, org()));
  const { errors, program } = assembler;
  const flat = toFlat(program, org());
  return errors.messages.length ? { errors: errors.messages } : flat;
}
