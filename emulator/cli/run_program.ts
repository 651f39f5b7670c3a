import { existsSync } from "node:fs";
import { basename } from "node:path";
import { FormatError } from "../debug/bytes.ts";
import { ElfFile, ElfType } from "../debug/elf32.ts";
import { UserError } from "../machine/user_error.ts";
import { closest } from "./closest.ts";
import { readUserFile } from "./files.ts";
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
  if (!name.includes("/")) return guestProgram(name, ramDisk);
  try {
    return hostProgram(name, ramDisk);
  } catch (error) {
    const own = /^\/bin\/([^/]+)$/.exec(name)?.[1];
    if (!(error instanceof UserError) || own === undefined || !programsOf(ramDisk).has(own)) throw error;
    throw new UserError(`${error.message} (a slash means a file of the host; the guest's program is called ${own})`);
  }
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
  const image = readUserFile(file);
  checkProgram(file, image, ramDisk);
  const name = basename(file);
  const module = writeCpio([
    { name: "host", mode: FileType.DIRECTORY | 0o755, data: new Uint8Array(0) },
    { name: `host/${name}`, mode: FileType.REGULAR | 0o755, data: image },
  ]);
  return { path: `/host/${name}`, module, image };
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
