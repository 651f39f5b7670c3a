import { describe, expect, it } from "vitest";
import { ElfFile } from "../../emulator/debug/elf32.ts";
import { SymbolTable, formatPlace } from "../../emulator/debug/symbols.ts";
import { SAMPLE, sampleElf } from "./sample.ts";

const table = (): SymbolTable => new SymbolTable(new ElfFile(sampleElf()));

describe("a symbol table", () => {
  it("names code by function, offset, source file and line", () => {
    const place = table().lookup(SAMPLE.text + 9)!;
    expect(place).toEqual({ name: "kmain", offset: 9, file: "kernel/main.ts", line: 12 });
    expect(formatPlace(place)).toBe("kmain+0x9");
    expect(formatPlace(table().lookup(SAMPLE.text)!)).toBe("kmain");
  });

  it("prefers the name of the source to a symbol made unique by the linker", () => {
    expect(table().lookup(SAMPLE.text + 0x10)).toEqual({
      name: "do_pgfault",
      offset: 0,
      file: "kernel/mm/pgfault.ts",
      line: 40,
    });
  });

  it("counts an assembler's local labels as parts of what they stand in", () => {
    expect(table().lookup(SAMPLE.text + 0x26)).toEqual({ name: "entry", offset: 6 });
    expect(table().address("entry.again")).toBe(SAMPLE.text + 0x24);
  });

  it("names data by variable", () => {
    expect(table().lookup(SAMPLE.data + 9)).toEqual({ name: "node", offset: 1 });
  });

  it("knows nothing of addresses outside every symbol", () => {
    for (const address of [0, SAMPLE.text - 1, SAMPLE.text + 0x30, SAMPLE.data + 0x200, 0xffffffff]) {
      expect(table().lookup(address)).toBeUndefined();
    }
  });

  it("finds addresses and sizes by name", () => {
    expect(table().address("fault_ring")).toBe(SAMPLE.ring);
    expect(table().size("fault_ring")).toBe(SAMPLE.ringCapacity * SAMPLE.recordSize);
    expect(table().address("__data_end")).toBe(SAMPLE.data + 0x200);
    expect(table().address("nowhere")).toBeUndefined();
  });

  it("tells whether an address belongs to the file", () => {
    expect(table().covers(SAMPLE.text)).toBe(true);
    expect(table().covers(SAMPLE.text + 0x30)).toBe(false);
  });

  it("finds the code of a line, once for each piece, and the next line for one without code", () => {
    const { lines } = table().info;
    expect(lines.addresses("main.ts", 11)).toEqual([SAMPLE.text + 4]);
    expect(lines.addresses("kernel/mm/pgfault.ts", 40)).toEqual([SAMPLE.text + 0x10, SAMPLE.text + 0x18]);
    expect(lines.addresses("pgfault.ts", 41)).toEqual([SAMPLE.text + 0x14]);
    expect(lines.addresses("fault.ts", 40)).toEqual([]);
    expect(lines.addresses("main.ts", 99)).toEqual([]);
  });

  it("falls back on the symbol table when there is no debug info", () => {
    const stripped = sampleElf();
    const elf = new ElfFile(stripped);
    const { offset, size } = elf.section(".debug_info")!;
    stripped.fill(9, offset + 4, offset + size);
    const broken = new SymbolTable(new ElfFile(stripped));
    expect(broken.lookup(SAMPLE.text + 0x12)).toEqual({ name: "do_pgfault_pgfault", offset: 2 });
    expect(broken.info.problems).toEqual([".debug_info: version 2313 is not understood"]);
  });
});
