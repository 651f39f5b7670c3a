// Physical memory of the PC, as QEMU's `-M pc` lays it out.
import { Region } from "../cpu/layout.ts";
import { UserError } from "./user_error.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Below this no PC kernel has room above the first MiB. */
export const MIN_MEMORY = 2 * MIB;
/** What the arena can hold. */
export const MAX_MEMORY = Region.RAM_MAX_BYTES as number;

export const enum Physical {
  /** End of conventional memory; the extended BIOS data area follows. */
  CONVENTIONAL_END = 0x9fc00,
  /** Start of what is not RAM below 1 MiB: video memory, option ROMs, BIOS. */
  HOLE = 0xa0000,
  BIOS_SHADOW = 0xf0000,
  EXTENDED = 0x100000,
  /** The firmware keeps this much at the top of RAM. */
  FIRMWARE_TOP = 0x20000,
  ROM = 0xfffc0000,
}

export interface MemoryRange {
  start: number;
  length: number;
  usable: boolean;
}

/** The firmware's memory map (E820) for `memoryBytes` of RAM. */
export function firmwareMemoryMap(memoryBytes: number): MemoryRange[] {
  const top = memoryBytes - Physical.FIRMWARE_TOP;
  return [
    { start: 0, length: Physical.CONVENTIONAL_END, usable: true },
    { start: Physical.CONVENTIONAL_END, length: Physical.HOLE - Physical.CONVENTIONAL_END, usable: false },
    { start: Physical.BIOS_SHADOW, length: Physical.EXTENDED - Physical.BIOS_SHADOW, usable: false },
    { start: Physical.EXTENDED, length: top - Physical.EXTENDED, usable: true },
    { start: top, length: Physical.FIRMWARE_TOP, usable: false },
    { start: Physical.ROM, length: 0x100000000 - Physical.ROM, usable: false },
  ];
}

const UNITS: Record<string, number> = { "": MIB, B: 1, K: KIB, M: MIB, G: 1024 * MIB };

/**
 * Reads a memory size as users write it: `128M`, `64m`, `1G`, `4096K`; a bare number is MiB, as in QEMU.
 * @throws UserError for anything else, and for sizes that a PC can not have
 */
export function parseMemorySize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([BKMG]?)(?:i?B)?$/i.exec(text.trim());
  if (!match) throw new UserError(`--memory ${text}: not a size; write it like 128M, 65536K or 1G`);
  const bytes = Math.floor(Number(match[1]) * UNITS[match[2].toUpperCase()]);
  if (bytes < MIN_MEMORY) {
    throw new UserError(`--memory ${text}: too small for a PC; the least is ${formatSize(MIN_MEMORY)}`);
  }
  if (bytes > MAX_MEMORY) {
    throw new UserError(`--memory ${text}: too large; the most is ${formatSize(MAX_MEMORY)}`);
  }
  return bytes - (bytes % 4096);
}

/** `128M`, `640K` or bytes: the largest unit that fits evenly. */
export function formatSize(bytes: number): string {
  if (bytes % MIB === 0) return `${bytes / MIB}M`;
  if (bytes % KIB === 0) return `${bytes / KIB}K`;
  return `${bytes} bytes`;
}
