// The header by which a kernel asks for the Multiboot 1 boot protocol (Multiboot Specification 0.6.96, 3.1).
import { UserError } from "./user_error.ts";

const MAGIC = 0x1badb002;
/** The header lies within this many bytes of the file, on a 32-bit boundary. */
const SEARCH_BYTES = 8192;

const enum HeaderFlag {
  PAGE_ALIGN = 0x01,
  MEMORY_INFO = 0x02,
  VIDEO_MODE = 0x04,
  ADDRESSES = 0x10000,
}

/** Bits 0-15 are requirements: these we can meet (a video mode is a wish only, and there is text mode). */
const KNOWN_REQUIREMENTS = HeaderFlag.PAGE_ALIGN | HeaderFlag.MEMORY_INFO | HeaderFlag.VIDEO_MODE;

export interface MultibootHeader {
  /** Where in the file the header is. */
  offset: number;
  /** The "a.out kludge": load addresses in the header instead of an executable format. */
  addresses: { header: number; load: number; loadEnd: number; bssEnd: number; entry: number } | null;
}

/**
 * Finds the header, or null.
 * @throws UserError when the kernel requires something this loader does not have
 */
export function findMultibootHeader(file: Uint8Array, name: string): MultibootHeader | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = Math.min(file.length, SEARCH_BYTES);
  for (let offset = 0; offset + 12 <= end; offset += 4) {
    if (view.getUint32(offset, true) !== MAGIC) continue;
    const flags = view.getUint32(offset + 4, true);
    if (((MAGIC + flags + view.getUint32(offset + 8, true)) & 0xffffffff) !== 0) continue;
    const unknown = flags & 0xffff & ~KNOWN_REQUIREMENTS;
    if (unknown) {
      throw new UserError(`${name}: the kernel requires multiboot features that are not known (flags ${hex(unknown)})`);
    }
    if (!(flags & HeaderFlag.ADDRESSES)) return { offset, addresses: null };
    if (offset + 32 > file.length) throw new UserError(`${name}: truncated multiboot header`);
    const word = (field: number) => view.getUint32(offset + field, true);
    const addresses = { header: word(12), load: word(16), loadEnd: word(20), bssEnd: word(24), entry: word(28) };
    return { offset, addresses };
  }
  return null;
}

function hex(value: number): string {
  return `${value.toString(16).toUpperCase().padStart(4, "0")}h`;
}
