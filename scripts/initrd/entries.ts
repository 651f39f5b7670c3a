// What is in the initrd: the directories and devices a Unix system expects, the text files under userland/root, and the
// programs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CpioEntry, FileType, writeCpio } from "./cpio.ts";

export interface ProgramImage {
  /** Name in /bin. */
  name: string;
  elf: Uint8Array;
}

/** A program to build: `name` from the entry file `entry`, relative to the repository root. */
export interface ProgramSource {
  name: string;
  entry: string;
}

/** The assembly every program is linked with, relative to the repository root. */
export const PROGRAM_ASSEMBLY = ["userland/lib/crt0.asm", "userland/lib/signal.asm"];
/** Where a program's first section goes, as the linkers of i386 Unix have it. */
export const PROGRAM_TEXT_BASE = 0x08048000;
export const PROGRAM_ENTRY_SYMBOL = "_start";

const DIRECTORIES = ["bin", "dev", "etc", "proc", "root", "tmp"];

/** Linux's numbers: Documentation/admin-guide/devices.txt. */
const DEVICES = [
  { path: "dev/console", deviceMajor: 5, deviceMinor: 1, mode: 0o600 },
  { path: "dev/null", deviceMajor: 1, deviceMinor: 3, mode: 0o666 },
  { path: "dev/tty", deviceMajor: 5, deviceMinor: 0, mode: 0o666 },
  { path: "dev/zero", deviceMajor: 1, deviceMinor: 5, mode: 0o666 },
];

/** Every file directly in userland/bin is a program; a folder beside it holds the parts of a larger one. Sorted by name. */
export function programSources(root: string): ProgramSource[] {
  return readdirSync(join(root, "userland/bin"), { withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith(".ts"))
    .map((file) => ({ name: file.name.slice(0, -3), entry: `userland/bin/${file.name}` }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The tree under userland/root as it will be under /. */
function textEntries(root: string, folder = ""): CpioEntry[] {
  const entries: CpioEntry[] = [];
  for (const file of readdirSync(join(root, "userland/root", folder), { withFileTypes: true })) {
    const path = folder === "" ? file.name : `${folder}/${file.name}`;
    if (file.isDirectory()) {
      if (!DIRECTORIES.includes(path)) entries.push({ path, mode: FileType.directory | 0o755 });
      entries.push(...textEntries(root, path));
    } else {
      const data = readFileSync(join(root, "userland/root", path));
      entries.push({ path, mode: FileType.regular | 0o644, data });
    }
  }
  return entries;
}

/** Everything that goes into the initrd, in no particular order. Reads userland/root under the repository `root`. */
export function initrdEntries(root: string, programs: readonly ProgramImage[]): CpioEntry[] {
  return [
    ...DIRECTORIES.map((path) => ({ path, mode: FileType.directory | (path === "tmp" ? 0o1777 : 0o755) })),
    ...DEVICES.map((device) => ({ ...device, mode: FileType.characterDevice | device.mode })),
    ...textEntries(root),
    ...programs.map(({ name, elf }) => ({ path: `bin/${name}`, mode: FileType.regular | 0o755, data: elf })),
  ];
}

/** The initrd image: a newc cpio archive, the same bytes for the same content. */
export function buildInitrd(root: string, programs: readonly ProgramImage[]): Uint8Array {
  return writeCpio(initrdEntries(root, programs));
}
