// Writer of cpio archives in the "newc" format (magic 070701), what Linux unpacks as its initramfs.
// Format: Documentation/driver-api/early-userspace/buffer-format.rst of Linux; cpio(5).

/** File type bits of a mode, as in stat(2). */
export const FileType = {
  directory: 0o040000,
  regular: 0o100000,
  symbolicLink: 0o120000,
  characterDevice: 0o020000,
} as const;

export interface CpioEntry {
  /** Without a leading slash: "bin/sh". Unique. */
  path: string;
  /** Type and permission bits. */
  mode: number;
  /** A file's bytes, or a symbolic link's target. */
  data?: Uint8Array;
  /** For devices. */
  deviceMajor?: number;
  deviceMinor?: number;
}

const MAGIC = "070701";
const TRAILER = "TRAILER!!!";
/** The archive is filled up to whole blocks, as cpio(1) does. */
const BLOCK_SIZE = 512;

const encoder = new TextEncoder();

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");

/** The 110-byte header, the name with its NUL and the padding to four bytes. */
function header(entry: CpioEntry, inode: number, links: number): Uint8Array {
  const name = encoder.encode(entry.path);
  const size = entry.data?.length ?? 0;
  const fields = [
    inode,
    entry.mode,
    0, // uid
    0, // gid
    links,
    0, // mtime
    size,
    0, // major and minor of the device the file is on
    0,
    entry.deviceMajor ?? 0,
    entry.deviceMinor ?? 0,
    name.length + 1,
    0, // checksum: unused in this variant
  ];
  const text = encoder.encode(MAGIC + fields.map(hex).join(""));
  const bytes = new Uint8Array(roundUp(text.length + name.length + 1, 4));
  bytes.set(text);
  bytes.set(name, text.length);
  return bytes;
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Directories before what is in them, and the same order whatever order the entries come in. */
function byPath(left: CpioEntry, right: CpioEntry): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

/**
 * Packs entries into an archive. The bytes depend on nothing but the entries: sorted by path, owner root, time 0, inode
 * numbers in sequence. Throws an Error when two entries have the same path or a path is not relative.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const sorted = [...entries].sort(byPath);
  const parts: Uint8Array[] = [];
  let inode = 0;
  let length = 0;
  const add = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  sorted.forEach((entry, index) => {
    if (entry.path === "" || entry.path.startsWith("/")) throw new Error(`cpio: not a relative path: "${entry.path}"`);
    if (index > 0 && sorted[index - 1].path === entry.path) throw new Error(`cpio: ${entry.path} is there twice`);
    const isDirectory = (entry.mode & 0o170000) === FileType.directory;
    add(header(entry, ++inode, isDirectory ? 2 : 1));
    if (entry.data) {
      add(entry.data);
      add(new Uint8Array(roundUp(length, 4) - length));
    }
  });
  add(header({ path: TRAILER, mode: 0 }, 0, 1));
  const archive = new Uint8Array(roundUp(length, BLOCK_SIZE));
  let offset = 0;
  for (const part of parts) {
    archive.set(part, offset);
    offset += part.length;
  }
  return archive;
}
