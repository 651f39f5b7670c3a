import { describe, expect, it } from "vitest";
import { ElfFile } from "../../emulator/debug/elf32.ts";
import { GuestMemory, GuestReadError, readText } from "../../emulator/debug/guest_memory.ts";
import { SymbolTable } from "../../emulator/debug/symbols.ts";
import { FakeMemory } from "./fake_machine.ts";
import { SAMPLE, sampleElf } from "./sample.ts";

function guest(): { memory: FakeMemory; guest: GuestMemory } {
  const memory = new FakeMemory(SAMPLE.data, 0x1000);
  return { memory, guest: new GuestMemory(memory, new SymbolTable(new ElfFile(sampleElf())).info) };
}

describe("guest data seen through debug info", () => {
  it("follows pointers and fields by name, with the signs of their types", () => {
    const { memory, guest: data } = guest();
    memory.write32(SAMPLE.data + 4, SAMPLE.data + 8);
    memory.write32(SAMPLE.data + 8, 0);
    memory.write32(SAMPLE.data + 12, -5);
    expect(data.global("head").number()).toBe(SAMPLE.data + 8);
    expect(data.global("head").field("data").number()).toBe(-5);
    expect(data.global("head").deref().field("next").number()).toBe(0);
    expect(
      data
        .at(SAMPLE.data + 8, "Node")
        .field("data")
        .number(),
    ).toBe(-5);
  });

  it("reads arrays of structs and their inline text", () => {
    const { memory, guest: data } = guest();
    memory.write(SAMPLE.ring + SAMPLE.recordSize + 60, new TextEncoder().encode("malloc"));
    expect(data.global("fault_ring").index(1).field("comm").text()).toBe("malloc");
  });

  it("says what does not exist and what cannot be read", () => {
    const { memory, guest: data } = guest();
    expect(() => data.global("tail")).toThrowError(new GuestReadError("no variable tail in the debug info"));
    expect(() => data.global("node").field("prev")).toThrowError("no field prev in struct Node");
    expect(() => data.at(0, "Tree")).toThrowError("no struct Tree in the debug info");
    expect(() => data.global("node").number()).toThrowError("struct Node is not a number");
    expect(() => data.global("fault_seq").deref()).toThrowError("u32 is not a pointer");
    memory.write32(SAMPLE.data + 4, 0x1000);
    expect(() => data.global("head").field("data").number()).toThrowError("cannot read 4 bytes at 0x1004");
  });

  it("reads text up to the page that is missing", () => {
    const memory = new FakeMemory(0x1000, 0x1000);
    memory.write(0x1ffc, new TextEncoder().encode("abcd"));
    expect(readText(memory, 0x1ffc, 100)).toBe("abcd");
    expect(readText(memory, 0x3000, 100)).toBe("");
  });
});
