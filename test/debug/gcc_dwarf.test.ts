import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ElfFile } from "../../emulator/debug/elf32.ts";
import { SymbolTable } from "../../emulator/debug/symbols.ts";
import { hasGcc32, hasTool } from "../support/tools.ts";

const MAIN = `#include <stdint.h>
typedef struct { uint32_t low; uint16_t high; } pair_t;
enum color { RED, GREEN = 5, BLUE };
typedef enum { ALPHA = 1, BETA } greek;
struct node {
  struct node *next; int value; pair_t pair; uint8_t bytes[16];
  union { int number; char letter; };
  enum color color; uint32_t matrix[2][3]; void (*function)(int);
  unsigned three : 3, five : 5; uint64_t big;
};
struct node ring[8];
struct node *head = &ring[1];
static uint32_t counter = 7;
greek letter = BETA;
int other(int);
static inline int twice(int x) {
  return x * 2;
}
int helper(int x) {
  counter += x;
  return twice(counter) + 1;
}
int main(void) {
  int total = 0;
  for (int i = 0; i < 10; i++)
    total += helper(i);
  return other(total);
}
`;
const OTHER = `int other(int x) {
  return x + 1;
}
int main(void);
__attribute__((cold)) void unlikely(void) { main(); }
void _start(void) {
  unlikely();
  for (;;) main();
}
`;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "faultline-dwarf-"));
  writeFileSync(join(folder, "main.c"), MAIN);
  writeFileSync(join(folder, "other.c"), OTHER);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(flags: string[]): { path: string; table: SymbolTable } {
  const path = join(folder, `a${flags.join("")}`);
  const fixed = ["-m32", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie"];
  execFileSync("gcc", [...fixed, ...flags, "main.c", "other.c", "-o", path], { cwd: folder });
  return { path, table: new SymbolTable(new ElfFile(readFileSync(path))) };
}

describe.skipIf(!hasGcc32() || !hasTool("addr2line"))("debug info written by gcc -m32 (needs gcc-multilib)", () => {
  const variants = [2, 3, 4, 5].flatMap((version) => ["-O0", "-O2"].map((level) => ({ version, level })));

  it.each(variants)("DWARF $version $level: the line of every byte of code is addr2line's", ({ version, level }) => {
    const { path, table } = compile([`-gdwarf-${version}`, "-g", level]);
    const text = new ElfFile(readFileSync(path)).section(".text")!;
    const addresses = Array.from({ length: text.size }, (_, index) => text.address + index);
    const answers = execFileSync("addr2line", ["-e", path], {
      input: addresses.map((address) => address.toString(16)).join("\n"),
      encoding: "utf8",
    });
    const expected = answers
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/ \(discriminator \d+\)/, "").replace(/^.*\//, ""));
    const ours = addresses.map((address) => {
      const found = table.info.lines.lookup(address);
      return found ? `${found.file}:${found.line}` : "??:0";
    });
    expect(ours.filter((line) => line !== "??:0").length).toBeGreaterThan(text.size / 2);
    expect(ours).toEqual(expected.map((line) => (line.endsWith(":?") ? "??:0" : line)));
    expect(table.info.problems).toEqual([]);
  });

  it.each([2, 3, 4, 5])("DWARF %i: structs, enums and globals come out as C lays them out", (version) => {
    const { table } = compile([`-gdwarf-${version}`, "-g", "-O0"]);
    const { info } = table;
    const node = info.struct("node")!;
    expect(node.size).toBe(80);
    expect(Object.fromEntries(node.fields.map(({ name, offset }) => [name, offset]))).toEqual({
      next: 0,
      value: 4,
      pair: 8,
      bytes: 16,
      "": 32,
      color: 36,
      matrix: 40,
      function: 64,
      three: 68,
      five: 68,
      big: 72,
    });
    expect(node.field("letter")?.offset).toBe(32);
    expect(node.field("three")?.bits).toEqual({ shift: 0, width: 3 });
    expect(node.field("five")?.bits).toEqual({ shift: 3, width: 5 });
    expect(node.field("matrix")?.type).toMatchObject({ kind: "array", count: 2, size: 24 });
    expect(info.struct("pair_t")?.size).toBe(8);
    expect(info.enumeration("color")?.nameOf(5)).toBe("GREEN");
    expect(info.enumeration("greek")?.members.get("BETA")).toBe(2);
    expect(info.global("counter")).toMatchObject({ address: table.address("counter"), type: { name: "unsigned int" } });
    expect(info.global("ring")?.type).toMatchObject({ kind: "array", count: 8, size: 640 });
    expect(table.lookup(table.address("helper")! + 3)).toMatchObject({ name: "helper", offset: 3, file: "main.c" });
  });

  it("finds a function that gcc moved to a section of its own through its ranges", () => {
    const { table } = compile(["-gdwarf-5", "-g", "-O2"]);
    const address = table.address("unlikely")!;
    expect(table.lookup(address)).toMatchObject({ name: "unlikely", offset: 0, file: "other.c" });
  });
});
