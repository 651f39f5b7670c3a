import type { Outcome, TestCase } from "./case.ts";
import { areas, CODE, CODE_END, initialContents, ldt } from "./layout.ts";

/* The harness's streams: see native/harness.c. */

const CASE_HEAD = 4 + 40 + 12 + 4;

/** What the harness wants before the cases: memory and LDT. */
export function encodeHead(): Buffer {
  const parts: Buffer[] = [words([areas.length, ldt.filter((entry) => entry !== null).length])];
  for (const { address, length, protection } of areas) parts.push(words([address, length, protection]));
  for (const area of areas) parts.push(Buffer.from(initialContents(area)));
  ldt.forEach((d, index) => {
    if (d === null) return;
    // struct user_desc: seg_32bit, contents, read_exec_only, limit_in_pages, seg_not_present.
    const flags =
      (d.is32 ? 1 : 0) | (d.contents << 1) | (d.restricted ? 8 : 0) | (d.pages ? 16 : 0) | (d.present ? 0 : 32);
    parts.push(words([index, d.base, d.limit, flags]));
  });
  return Buffer.concat(parts);
}

function words(values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => buffer.writeUInt32LE(value >>> 0, 4 * i));
  return buffer;
}

/** Everything in memory that is not as the areas begin: patches, then the code over them. */
export function allPatches(test: TestCase): { address: number; bytes: number[] }[] {
  return [...test.patches, { address: test.codeAddress, bytes: test.code }];
}

export function encodeCase(test: TestCase): Buffer {
  const patches = allPatches(test);
  let length = CASE_HEAD;
  for (const { bytes } of patches) length += 8 + ((bytes.length + 3) & ~3);
  const buffer = Buffer.alloc(length);
  let at = buffer.writeUInt32LE(length - 4, 0);
  for (const value of test.registers) at = buffer.writeUInt32LE(value, at);
  at = buffer.writeUInt32LE(test.eip, at);
  at = buffer.writeUInt32LE(test.eflags, at);
  for (const value of test.segments) at = buffer.writeUInt16LE(value, at);
  at = buffer.writeUInt32LE(patches.length, at);
  for (const { address, bytes } of patches) {
    at = buffer.writeUInt32LE(address, at);
    at = buffer.writeUInt32LE(bytes.length, at);
    buffer.set(bytes, at);
    at += (bytes.length + 3) & ~3;
  }
  return buffer;
}

/** Reads results one after another. */
export class ResultReader {
  private at: number;

  constructor(
    private readonly buffer: Buffer,
    start: number,
  ) {
    this.at = start;
  }

  /** The next result, or null at the end of the stream. */
  next(): Outcome | null {
    const { buffer } = this;
    if (this.at >= buffer.length) return null;
    const word = (): number => {
      const value = buffer.readUInt32LE(this.at);
      this.at += 4;
      return value;
    };
    const registers = Array.from({ length: 8 }, word);
    const eip = word();
    const eflags = word();
    const segments = Array.from({ length: 6 }, () => {
      const value = buffer.readUInt16LE(this.at);
      this.at += 2;
      return value;
    });
    const trap = word();
    const errorCode = word();
    const cr2 = word();
    const changes = Array.from({ length: 2 * word() }, word);
    return { registers, eip, eflags, segments, trap, errorCode, cr2, changes };
  }
}

/** True for an address in the pages of code that the case can't write. */
export function isCode(address: number): boolean {
  return address >= CODE && address < CODE_END;
}
