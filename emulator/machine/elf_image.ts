// An ELF executable as a boot loader sees it: segments by physical address (System V ABI, i386 supplement).
import { UserError } from "./user_error.ts";

const HEADER_SIZE = 52;
const PROGRAM_HEADER_SIZE = 32;
const SECTION_HEADER_SIZE = 40;

// Names as in the ABI's tables.
const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ELFDATA2MSB = 2;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;
const PT_LOAD = 1;
const PF_X = 1;

const MACHINE_NAMES: Record<number, string> = {
  2: "SPARC",
  8: "MIPS",
  20: "PowerPC",
  21: "64-bit PowerPC",
  40: "ARM",
  62: "x86-64",
  183: "AArch64",
  243: "RISC-V",
};

export interface LoadSegment {
  physical: number;
  virtual: number;
  /** Bytes from the file; the rest up to memorySize is zero. */
  bytes: Uint8Array;
  memorySize: number;
  executable: boolean;
}

export interface ElfImage {
  segments: LoadSegment[];
  /** Where to start, as a physical address. */
  entry: number;
  /** Section header table for a debugger in the guest; null if the file has none. */
  sections: { headers: Uint8Array; count: number; stringIndex: number } | null;
}

export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}

/**
 * Reads an i386 executable. `name` is for messages.
 * @throws UserError: not ELF, another machine's, not an executable, or cut short
 */
export function readElfImage(file: Uint8Array, name: string): ElfImage {
  if (!isElf(file)) throw new UserError(`${name}: not an ELF file`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 20) throw truncated(name, HEADER_SIZE, file.length);
  const machine = view.getUint16(18, file[5] !== ELFDATA2MSB);
  if (file[4] !== ELFCLASS32 || file[5] !== ELFDATA2LSB || machine !== EM_386) {
    const bits = file[4] === ELFCLASS64 ? "64-bit" : "32-bit";
    throw new UserError(
      `${name}: not an i386 ELF file (it is ${bits}, ${MACHINE_NAMES[machine] ?? `machine ${machine}`})`,
    );
  }
  if (file.length < HEADER_SIZE) throw truncated(name, HEADER_SIZE, file.length);
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) {
    throw new UserError(`${name}: not an executable (ELF type ${type}; was it linked?)`);
  }
  const segments = readSegments(file, view, name);
  return { segments, entry: physicalEntry(view.getUint32(24, true), segments), sections: readSections(file, view) };
}

function readSegments(file: Uint8Array, view: DataView, name: string): LoadSegment[] {
  const offset = view.getUint32(28, true);
  const count = view.getUint16(44, true);
  const segments: LoadSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * PROGRAM_HEADER_SIZE;
    if (at + PROGRAM_HEADER_SIZE > file.length) throw truncated(name, at + PROGRAM_HEADER_SIZE, file.length);
    const word = (field: number) => view.getUint32(at + field, true);
    const fileSize = word(16);
    if (word(0) !== PT_LOAD || word(20) === 0) continue;
    const fileEnd = word(4) + fileSize;
    if (fileEnd > file.length) throw truncated(name, fileEnd, file.length);
    segments.push({
      virtual: word(8),
      physical: word(12),
      bytes: file.subarray(word(4), fileEnd),
      memorySize: Math.max(word(20), fileSize),
      executable: (word(24) & PF_X) !== 0,
    });
  }
  if (segments.length === 0) throw new UserError(`${name}: the ELF file has nothing to load`);
  return segments;
}

/** The entry point is given as a virtual address; a kernel linked high starts at its physical one. */
function physicalEntry(entry: number, segments: LoadSegment[]): number {
  for (const { virtual, physical, bytes, executable } of segments) {
    if (executable && virtual !== physical && entry >= virtual && entry < virtual + bytes.length) {
      return entry - virtual + physical;
    }
  }
  return entry;
}

/** Symbols are an extra: a damaged section header table is no reason not to boot. */
function readSections(file: Uint8Array, view: DataView): ElfImage["sections"] {
  const offset = view.getUint32(32, true);
  const count = view.getUint16(48, true);
  const end = offset + count * SECTION_HEADER_SIZE;
  if (count === 0 || view.getUint16(46, true) !== SECTION_HEADER_SIZE || end > file.length) return null;
  return { headers: file.slice(offset, end), count, stringIndex: view.getUint16(50, true) };
}

function truncated(name: string, needed: number, length: number): UserError {
  return new UserError(`${name}: truncated ELF file (it needs ${needed} bytes and has ${length})`);
}
