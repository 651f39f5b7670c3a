import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, FormatError } from "../../emulator/debug/bytes.ts";
import { sizeOf } from "../../emulator/debug/dwarf/types.ts";
import { ElfFile } from "../../emulator/debug/elf32.ts";
import { GuestMemory, GuestReadError } from "../../emulator/debug/guest_memory.ts";
import { FaultRing } from "../../emulator/debug/fault_ring.ts";
import { SymbolTable } from "../../emulator/debug/symbols.ts";
import { FakeMemory } from "./fake_machine.ts";
import { SAMPLE, sampleElf } from "./sample.ts";

const SEED = 20261120;

/** Asks everything a debugger asks of a file. */
function useAll(bytes: Uint8Array): void {
  const elf = new ElfFile(bytes);
  void elf.interpreter;
  const table = new SymbolTable(elf);
  for (let address = SAMPLE.text - 2; address < SAMPLE.text + 0x30; address++) table.lookup(address);
  table.lookup(SAMPLE.data + 5);
  table.address("kmain");
  const { info } = table;
  info.lines.addresses("main.ts", 10);
  const guest = new GuestMemory(new FakeMemory(SAMPLE.data, 0x1000), info);
  FaultRing.find(guest, table)?.read(0);
  for (const name of info.globalNames) {
    const variable = guest.global(name);
    if (variable.type.kind === "struct") for (const { name } of variable.type.fields) sizeOf(variable.field(name).type);
    if (variable.type.kind === "enum") variable.enumerator();
    if (variable.type.kind === "base") variable.number();
  }
}

/** Only the two errors with one clear line may come out, whatever goes in. */
function onlyClearErrors(bytes: Uint8Array): void {
  try {
    useAll(bytes);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof GuestReadError)) throw error;
    expect(error.message).toMatch(/^[^\n]+$/);
  }
}

describe("hostile files", () => {
  const sample = sampleElf();

  it("a few bytes changed anywhere give an answer or one clear error", () => {
    const change = fc.tuple(fc.nat(sample.length - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x16, 0x21));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = sample.slice();
        for (const [at, value] of changes) bytes[at] = value;
        onlyClearErrors(bytes);
      }),
      { seed: SEED, numRuns: 4000 },
    );
  });

  it("random bytes in the debug sections give an answer or one clear error", () => {
    const elf = new ElfFile(sample);
    const sections = [".debug_info", ".debug_abbrev", ".debug_line", ".symtab", ".strtab"].map((name) =>
      elf.section(name)!,
    );
    fc.assert(
      fc.property(
        fc.nat(sections.length - 1),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 24 }),
        (which, at, noise) => {
          const { offset, size } = sections[which];
          const bytes = sample.slice();
          const start = at % size;
          bytes.set(noise.subarray(0, size - start), offset + start);
          onlyClearErrors(bytes);
        },
      ),
      { seed: SEED, numRuns: 4000 },
    );
  });

  it("a file cut at any length is refused or read as far as it goes", () => {
    for (let length = 0; length < sample.length; length += 7) onlyClearErrors(sample.slice(0, length));
  });
});

describe("a byte reader", () => {
  it("reads LEB128 numbers back as they were written", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const out: number[] = [];
        let left = value;
        for (; left >= 128; left = Math.floor(left / 128)) out.push((left % 128) | 0x80);
        out.push(left);
        expect(new ByteReader(Uint8Array.from(out), "test").uleb()).toBe(value);
      }),
      { seed: SEED },
    );
    const signed = (...bytes: number[]): number => new ByteReader(Uint8Array.from(bytes), "test").sleb();
    expect([signed(2), signed(0x7e), signed(0xff, 0), signed(0x80, 0x7f), signed(0x81, 1)]).toEqual([
      2, -2, 127, -128, 129,
    ]);
  });

  it("never reads beyond its end, not even with an absurd length", () => {
    const reader = new ByteReader(new Uint8Array(8), "test", 0, 4);
    expect(() => reader.skip(-1)).toThrowError(FormatError);
    expect(() => reader.skip(NaN)).toThrowError(FormatError);
    expect(() => reader.take(2 ** 53)).toThrowError(FormatError);
    expect(() => reader.u64()).toThrowError("test: truncated (needs 8 bytes at offset 0x0)");
    expect(() => new ByteReader(Uint8Array.of(0x80, 0x80), "test").uleb()).toThrowError("truncated");
    expect(() => new ByteReader(new Uint8Array(11).fill(0x80), "test").uleb()).toThrowError("longer than 64 bits");
    expect(() => new ByteReader(Uint8Array.of(65, 66), "test").text()).toThrowError("a string has no end");
  });
});
