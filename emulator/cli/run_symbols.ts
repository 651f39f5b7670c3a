import { basename } from "node:path";
import { FormatError } from "../debug/bytes.ts";
import { ElfFile } from "../debug/elf32.ts";
import { SymbolTable } from "../debug/symbols.ts";
import { type CpioEntry, FileType } from "./run_cpio.ts";
import type { Program } from "./run_program.ts";

/**
 * Symbols of the programs of a run, by the process name that the kernel keeps: the file's name, possibly cut short. The program that was
 * asked for comes first.
 */
export class ProgramSymbols {
  readonly #images: readonly { readonly name: string; readonly image: Uint8Array }[];
  readonly #tables = new Map<string, SymbolTable | undefined>();

  constructor(main: Program, ramDisk: readonly CpioEntry[]) {
    const others = ramDisk.filter(({ mode }) => (mode & FileType.MASK) === FileType.REGULAR);
    this.#images = [
      { name: basename(main.path), image: main.image },
      ...others.map(({ name, data }) => ({ name: basename(name), image: data })),
    ];
  }

  program(process: string): SymbolTable | undefined {
    if (!this.#tables.has(process)) this.#tables.set(process, this.#open(process));
    return this.#tables.get(process);
  }

  #open(process: string): SymbolTable | undefined {
    const found =
      process === ""
        ? this.#images[0]
        : (this.#images.find(({ name }) => name === process) ??
          // A name of seven characters or more may be the beginning of a longer one.
          (process.length >= 7 ? this.#images.find(({ name }) => name.startsWith(process)) : undefined));
    try {
      return found && new SymbolTable(new ElfFile(found.image));
    } catch (error) {
      if (error instanceof FormatError) return undefined; // a script
      throw error;
    }
  }
}
