import { existsSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { FormatError } from "../debug/bytes.ts";
import { ElfFile, ElfType } from "../debug/elf32.ts";
import { SymbolTable } from "../debug/symbols.ts";
import { UserError } from "../machine/user_error.ts";
import { type CpioEntry, FileType, writeCpio } from "./run_cpio.ts";

/** A program that `run` can start. */
export interface Program {
  /** Its path in the guest. */
  readonly path: string;
  /** The archive that brings a host file into the guest. */
  readonly module?: Uint8Array;
  /** The ELF image. */
  readonly image: Uint8Array;
}

/**
 * What the user calls `name`: a host file when it has a slash, otherwise a program of the RAM disk.
 * @throws UserError saying what is wrong with it
 */
export function findProgram(name: string, ramDisk: readonly CpioEntry[]): Program {
  return name.includes("/") ? hostProgram(name, ramDisk) : guestProgram(name, ramDisk);
}

function guestProgram(name: string, ramDisk: readonly CpioEntry[]): Program {
  const programs = programsOf(ramDisk);
  const found = programs.get(name);
  if (found) return { path: `/bin/${name}`, image: found };
  const near = closest(name, [...programs.keys()]);
  const hint = near ? `did you mean ${near}?` : `there are: ${[...programs.keys()].join(" ")}`;
  const local = existsSync(name) ? `; the file here is ./${name}` : "";
  throw new UserError(`no program ${name} (${hint}${local})`);
}

/** Programs of /bin by name, sorted. */
export function programsOf(ramDisk: readonly CpioEntry[]): Map<string, Uint8Array> {
  const inBin = ramDisk.filter(
    ({ name, mode }) => /^bin\/[^/]+$/.test(name) && (mode & FileType.MASK) !== FileType.DIRECTORY,
  );
  inBin.sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(inBin.map(({ name, data }) => [name.slice(4), data]));
}

function hostProgram(file: string, ramDisk: readonly CpioEntry[]): Program {
  const image = readHostFile(file);
  checkProgram(file, image, ramDisk);
  const name = basename(file);
  const module = writeCpio([
    { name: "host", mode: FileType.DIRECTORY | 0o755, data: new Uint8Array(0) },
    { name: `host/${name}`, mode: FileType.REGULAR | 0o755, data: image },
  ]);
  return { path: `/host/${name}`, module, image };
}

function readHostFile(file: string): Uint8Array {
  try {
    if (statSync(file).isDirectory()) throw new UserError(`${file} is a folder, not a program`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "no such file",
      EACCES: "permission denied",
      ENOTDIR: "no such file",
    };
    throw new UserError(`${file}: ${reasons[code ?? ""] ?? `cannot be read (${code})`}`);
  }
}

/** Tells mistakes apart before a machine is started for them. */
function checkProgram(file: string, image: Uint8Array, ramDisk: readonly CpioEntry[]): void {
  let elf: ElfFile;
  let interpreter: string | undefined;
  try {
    elf = new ElfFile(image);
    interpreter = elf.interpreter;
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
  if (elf.type === ElfType.RELOCATABLE) throw new UserError(`${file}: an object file, not a linked program`);
  if (elf.type === ElfType.CORE) throw new UserError(`${file}: a core dump, not a program`);
  if (elf.segments.length === 0) throw new UserError(`${file}: not a program: nothing to load in it`);
  if (interpreter !== undefined && !ramDisk.some(({ name }) => `/${name}` === interpreter)) {
    throw new UserError(`${file}: needs ${interpreter}, which is not in the guest; link it with -static`);
  }
}

/** The candidate that `name` is probably a misspelling of. */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2][j - 2] + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

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
