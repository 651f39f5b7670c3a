import { ByteReader, FormatError, decodeText } from "../debug/bytes.ts";

/** A file of a RAM disk. */
export interface CpioEntry {
  /** Without a leading slash, as archives have it. */
  readonly name: string;
  /** File type and rights, as in stat(2). */
  readonly mode: number;
  readonly data: Uint8Array;
}

const MAGIC = "070701";
const MAGIC_CHECKED = "070702";
const TRAILER = "TRAILER!!!";
const HEADER = 110;

export const enum FileType {
  MASK = 0o170000,
  DIRECTORY = 0o040000,
  REGULAR = 0o100000,
  LINK = 0o120000,
}

/** The entries of an archive in the "newc" format (cpio(5)), later archives appended to it included. Throws `FormatError`. */
export function readCpio(archive: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  const reader = new ByteReader(archive, "cpio archive");
  while (!reader.atEnd) {
    // Archives are padded with zeros to whole blocks, and others may follow.
    if (archive[reader.offset] === 0) {
      reader.skip(1);
      continue;
    }
    const header = decodeText(reader.take(HEADER), 0, HEADER);
    const magic = header.slice(0, 6);
    if (magic !== MAGIC && magic !== MAGIC_CHECKED) throw new FormatError("cpio archive: an entry has no newc header");
    const field = (index: number): number => {
      const digits = header.slice(6 + index * 8, 14 + index * 8);
      if (!/^[0-9a-fA-F]{8}$/.test(digits)) throw new FormatError("cpio archive: a number is not hexadecimal");
      return Number.parseInt(digits, 16);
    };
    const nameBytes = reader.take(field(11));
    const name = decodeText(nameBytes, 0, Math.max(0, nameBytes.length - 1));
    align(reader);
    const data = reader.take(field(6));
    align(reader);
    if (name !== TRAILER) entries.push({ name: name.replace(/^(\.?\/)+/, ""), mode: field(1), data });
  }
  return entries;
}

function align(reader: ByteReader): void {
  reader.offset = Math.min((reader.offset + 3) & ~3, reader.end);
}

/** An archive in the newc format with these entries, folders before what is in them. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array): void => {
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.set(bytes);
    parts.push(padded);
    length += padded.length;
  };
  const encoder = new TextEncoder();
  [...entries, { name: TRAILER, mode: 0, data: new Uint8Array(0) }].forEach(({ name, mode, data }, index) => {
    const nameBytes = encoder.encode(`${name}\0`);
    const fields = [index + 1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
    const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    const start = new Uint8Array(HEADER + nameBytes.length);
    start.set(encoder.encode(header));
    start.set(nameBytes, HEADER);
    put(start);
    put(data);
  });
  const archive = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}
