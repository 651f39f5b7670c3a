import { describe, expect, it } from "vitest";
import { ElfFile } from "../../emulator/debug/elf32.ts";
import { buildElf } from "./elf_builder.ts";
import { SAMPLE, sampleElf } from "./sample.ts";

const oneSegment = { segments: [{ address: 0x08048000, bytes: new Uint8Array(64) }] };

describe("an ELF file", () => {
  it("gives entry, segments and sections of an i386 executable", () => {
    const elf = new ElfFile(sampleElf());
    expect(elf.entry).toBe(SAMPLE.text);
    expect(elf.segments.map(({ virtualAddress }) => virtualAddress)).toEqual([SAMPLE.text, SAMPLE.data]);
    expect(elf.section(".data")?.address).toBe(SAMPLE.data);
    expect(elf.sectionBytes(".debug_str")).toBeUndefined();
    expect(elf.interpreter).toBeUndefined();
  });

  it("translates linked addresses to the physical ones of its segments", () => {
    const elf = new ElfFile(sampleElf());
    expect(elf.physicalAddress(SAMPLE.data + 4)).toBe(0x102004);
    expect(elf.physicalAddress(0x1000)).toBe(-1);
  });

  it("names the interpreter that a dynamically linked program asks for", () => {
    const path = new TextEncoder().encode("/lib/ld-linux.so.2\0");
    const elf = new ElfFile(buildElf({ segments: [{ type: 3, address: 0x08048000, bytes: path }] }));
    expect(elf.interpreter).toBe("/lib/ld-linux.so.2");
  });

  it.each([
    ["an empty file", new Uint8Array(0), "not an ELF file"],
    ["a script", new TextEncoder().encode("#!/bin/sh\necho\n"), "not an ELF file"],
    ["four bytes", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), "truncated ELF file: the header is incomplete"],
    ["half a header", buildElf({}).slice(0, 40), "truncated ELF file: the header is incomplete"],
    ["another machine", buildElf({ machine: 40 }), "not an i386 ELF file: it is for ARM (32-bit)"],
    ["an unknown machine", buildElf({ machine: 4711 }), "not an i386 ELF file: it is for machine 4711 (32-bit)"],
    ["x86-64", with8(buildElf({ machine: 62 }), 4, 2), "not an i386 ELF file: it is for x86-64 (64-bit)"],
    ["big-endian", with8(buildElf({}), 5, 2), "not an i386 ELF file: it is big-endian"],
    [
      "cut program headers",
      buildElf(oneSegment).slice(0, 60),
      /^truncated ELF file: 60 bytes, the program headers end/,
    ],
    ["a cut segment", buildElf(oneSegment).slice(0, 100), /^truncated ELF file: 100 bytes, segment 0 ends at 148$/],
  ])("says in one line what is wrong with %s", (_, bytes, message) => {
    expect(() => new ElfFile(bytes)).toThrowError(message);
  });
});

function with8(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
