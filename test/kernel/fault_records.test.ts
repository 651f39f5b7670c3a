import { beforeAll, describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { type Guest, guestProgram, onFaultline, onQemu } from "./guest.ts";

/** Records of one test area as `error class action vma`, in order. The area is known by the megabyte of the address. */
type Records = Map<number, string[]>;

/** The faults the program `faults` takes in its areas, by area (programs/faults.ts, in the order of its functions). */
const EXPECTED: [string, string[]][] = [
  ["anonymous first write", ["UW- minor demand-zero mmap"]],
  ["anonymous first read, then write", ["UR- minor zero-page mmap", "UWP minor cow-copy mmap"]],
  [
    "write after fork: shared, and sole owner",
    ["UW- minor demand-zero mmap", "UW- minor demand-zero mmap", "UWP minor cow-copy mmap", "UWP minor cow-reuse mmap"],
  ],
  ["kernel write to a fresh page", ["KW- minor demand-zero mmap"]],
  ["kernel write to the zero page", ["UR- minor zero-page mmap", "KWP minor cow-copy mmap"]],
  ["kernel read of a fresh page", ["KR- minor zero-page mmap"]],
  ["bad pointers in system calls", ["KR- invalid fixup -", "KW- invalid fixup -"]],
  [
    "write to a read-only range, not present and present",
    ["UW- invalid SIGSEGV-ACCERR mmap", "UR- minor zero-page mmap", "UWP invalid SIGSEGV-ACCERR mmap"],
  ],
  ["PROT_NONE", ["UR- invalid SIGSEGV-ACCERR mmap", "UW- invalid SIGSEGV-ACCERR mmap"]],
  ["nothing there", ["UR- invalid SIGSEGV-MAPERR -"]],
  ["write rights taken and given back", ["UW- minor demand-zero mmap", "UWP minor cow-reuse mmap"]],
  [
    "shared memory across fork",
    ["UW- minor demand-zero mmap", "UR- minor file-cached mmap", "UWP minor cow-reuse mmap"],
  ],
  ["file, cold", ["UR- minor file-read mmap"]],
  ["file, warm", ["UR- minor file-cached mmap"]],
  ["private write to a file page first", ["UW- minor cow-copy mmap"]],
  [
    "private write after a read, and beyond the end",
    ["UR- minor file-cached mmap", "UWP minor cow-copy mmap", "UR- invalid SIGBUS mmap"],
  ],
];

const LINE =
  /^ *(\d+) +(\d+) (\S+) +([0-9a-f]{8}) ([0-9a-f]{8}) (\S{3}) (\S+) +(\S+) +(\S+) +(\S+) ([0-9a-f]{8})->([0-9a-f]{8})$/;

interface Line {
  sequence: number;
  name: string;
  cr2: number;
  words: string;
  frame: string;
  after: number;
}

function parse(text: string): Line[] {
  return text
    .split("\n")
    .map((line) => LINE.exec(line))
    .filter((match) => match !== null)
    .map(([, sequence, , name, , cr2, error, kind, action, vma, frame, , after]) => ({
      sequence: Number(sequence),
      name,
      cr2: parseInt(cr2, 16),
      words: `${error} ${kind} ${action} ${vma}`,
      frame,
      after: parseInt(after, 16),
    }));
}

function byArea(lines: Line[]): Records {
  const records: Records = new Map();
  for (const { cr2, words } of lines) {
    if (cr2 < 0x2000_0000 || cr2 >= 0x3000_0000) continue;
    const area = (cr2 - 0x2000_0000) >>> 20;
    records.set(area, [...(records.get(area) ?? []), words]);
  }
  return records;
}

describe("the record the kernel keeps of each fault", () => {
  let guest: Guest;
  let lines: Line[];
  let text: string;

  beforeAll(() => {
    const contents = new Uint8Array(3000).map((_, i) => i);
    guest = { append: "quiet init=/bin/faults", files: { "bin/faults": guestProgram("faults"), "etc/file": contents } };
    ({ text } = onFaultline(guest));
    lines = parse(text);
  });

  it.each(EXPECTED.map(([name, records], area) => [name, area, records] as const))("%s", (_name, area, records) => {
    expect(byArea(lines).get(area)).toEqual(records);
  });

  it("stack growth, and below its limit", () => {
    const stack = lines.filter(({ cr2 }) => cr2 >= 0xb800_0000 && cr2 < 0xc000_0000).map(({ words }) => words);
    expect(stack).toContain("UW- minor stack-grow stack");
    expect(stack).toContain("UW- invalid SIGSEGV-MAPERR -");
  });

  it("null pointers and the kernel's half", () => {
    expect(lines.filter(({ cr2 }) => cr2 === 0).map(({ words }) => words)).toEqual(["UR- invalid SIGSEGV-MAPERR -"]);
    expect(lines.filter(({ cr2 }) => cr2 === 4).map(({ words }) => words)).toEqual(["UW- invalid SIGSEGV-MAPERR -"]);
    const kernel = lines.filter(({ cr2 }) => cr2 >= 0xc000_0000).map(({ words }) => words);
    expect(kernel).toEqual(["UWP invalid SIGSEGV-MAPERR kernel", "UR- invalid SIGSEGV-MAPERR kernel"]);
  });

  it("the program's own pages", () => {
    expect(lines[0].words).toBe("UR- minor elf-load text");
    expect(lines[0].name).toBe("faults");
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, i) => i));
  });

  it("the frame is the one in the page table entry afterwards, and there is none when nothing was mapped", () => {
    for (const { frame, after, words } of lines) {
      if (words.includes("invalid")) expect(frame).toBe("-");
      else expect(parseInt(frame, 16)).toBe(after >>> 12);
    }
  });

  it("says why each child was killed, with the address", () => {
    const kills = text.match(/^faults\[\d+\]: .*$/gm)!;
    expect(kills).toHaveLength(11);
    expect(kills[0]).toMatch(
      /^faults\[4\]: segfault at 0x20700000 ip 0x0804[0-9a-f]{4} sp 0xbffff[0-9a-f]{3} error 6 \(U\/W, not present\): SIGSEGV ACCERR$/,
    );
    expect(text).toMatch(/bus error at 0x20f01000 .* error 4 \(U\/R, not present\): SIGBUS ADRERR/);
    expect(text).toMatch(/segfault at 0xc0100000 .* error 7 \(U\/W, protection\): SIGSEGV MAPERR/);
  });

  it.skipIf(!hasTool("qemu-system-i386"))("is the same in QEMU, frames included (needs qemu-system-i386)", () => {
    expect(onQemu(guest).text).toBe(text);
  });
});
