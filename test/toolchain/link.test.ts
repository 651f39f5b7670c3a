import { describe, expect, it } from "vitest";
import { readElf, sectionNamed, symbolNamed } from "./support/elf.ts";
import { canRunNative, elfOf, runNative } from "./support/guest.ts";

const native = it.runIf(canRunNative());

const KERNEL = {
  "main.ts": `
    declare const __text_start: usize;
    declare const _end: usize;
    declare function helper(x: u32): u32;
    export const page = changetype<Arr<u32>>(memory.data(4096, 4096));
    let counter: u32 = 1;
    const greeting: string = "hello";
    function inner(): u32 { return helper(counter); }
    export function kmain(magic: u32): void { page[0] = inner() + magic + __text_start + _end; counter = greeting.length; }`,
  "boot.asm": `
    extern kmain
    extern _init
    extern page
    global _start
    section .boot progbits alloc exec nowrite align=16
            dd 0x1BADB002, 0, -0x1BADB002
    _start: mov eax, page - 0xC0000000
            mov eax, high
            jmp eax
    section .text
    high:   call _init
            push dword 5
            call kmain
    .hang:  hlt
            jmp .hang
    section .bss
            resb 100`,
  "helper.asm": `
    global helper
    section .text
    helper: mov eax, [esp + 4]
            ret
    section .ex_table progbits alloc noexec nowrite align=4
            dd helper, helper`,
};

const kernelElf = (): Uint8Array =>
  elfOf(KERNEL, {
    asm: ["boot.asm", "helper.asm"],
    textBase: 0xc0100000,
    multibootPhysicalBase: 0x100000,
    entrySymbol: "_start",
    symbolTable: true,
  });

describe("a kernel image", () => {
  it("has its start-up code first, linked where it is loaded, and the rest in the higher half", () => {
    const elf = readElf(kernelElf());
    const boot = sectionNamed(elf, ".boot");
    expect(boot?.address).toBe(0x100000);
    expect(elf.entry).toBe(0x10000c);
    for (const { virtual, physical, memorySize } of elf.segments) {
      const isBoot = virtual === 0x100000;
      expect(virtual - physical).toBe(isBoot ? 0 : 0xc0000000);
      expect(memorySize).toBeGreaterThan(0);
    }
    const physical = elf.segments.map((s) => s.physical);
    expect([...physical].sort((a, b) => a - b)).toEqual(physical);
  });

  it("has its multiboot header in the first 8 KiB of the file", () => {
    const at = Buffer.from(kernelElf()).indexOf(Buffer.from([0x02, 0xb0, 0xad, 0x1b]));
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(8192);
    expect(at % 4).toBe(0);
  });

  it("has every section on pages of its own, and symbols for where each begins and ends", () => {
    const elf = readElf(kernelElf());
    for (const name of [".text", ".rodata", ".data", ".bss", ".ksyms", ".ex_table"]) {
      const section = sectionNamed(elf, name);
      expect(section, name).toBeDefined();
      expect((section?.address ?? 1) % 4096, name).toBe(0);
      const plain = name.slice(1);
      expect(symbolNamed(elf, `__${plain}_start`)?.address, name).toBe(section?.address);
      expect(symbolNamed(elf, `__${plain}_end`)?.address, name).toBe((section?.address ?? 0) + (section?.size ?? 0));
    }
    const end = Math.max(...elf.sections.filter((s) => s.flags & 2).map((s) => s.address + s.size));
    expect(symbolNamed(elf, "_end")?.address).toBe(end);
  });

  it("lists its functions by address in .ksyms, for its own backtraces", () => {
    const elf = readElf(kernelElf());
    const table = Buffer.from(sectionNamed(elf, ".ksyms")?.bytes ?? []);
    const count = symbolNamed(elf, "__ksyms_count")?.address ?? 0;
    const entries = Array.from({ length: count }, (_, i) => {
      const name = table.readUInt32LE(8 * i + 4);
      return { address: table.readUInt32LE(8 * i), name: table.toString("utf8", name, table.indexOf(0, name)) };
    });
    expect(entries.map((e) => e.name)).toEqual(expect.arrayContaining(["high", "helper", "kmain", "inner", "_init"]));
    expect(entries.map((e) => e.address)).toEqual(entries.map((e) => e.address).sort((a, b) => a - b));
    for (const { name, address } of entries) expect(symbolNamed(elf, name)?.address, name).toBe(address);
  });

  it("gives functions and objects their sizes", () => {
    const elf = readElf(kernelElf());
    expect(symbolNamed(elf, "page")).toMatchObject({ size: 4096, type: 1, global: true });
    expect(symbolNamed(elf, "counter")).toMatchObject({ size: 4, type: 1, global: false, section: ".data" });
    expect(symbolNamed(elf, "inner")).toMatchObject({ type: 2, global: false });
    expect(symbolNamed(elf, "kmain")?.size).toBeGreaterThan(10);
  });
});

describe("names", () => {
  it("that two files share get the file behind them, the exported one keeps its own", () => {
    const elf = readElf(
      elfOf({
        "main.ts":
          'import { second } from "./lib/second"; function init(): u32 { return load<u32>(8); } export function main(): void { store<u32>(4, init() + second()); }',
        "lib/second.ts":
          "export function init(): u32 { return load<u32>(4); } export function second(): u32 { return init(); }",
      }),
    );
    const names = elf.symbols.filter((s) => s.type === 2).map((s) => s.name);
    expect(names.sort()).toEqual(["init", "init.main", "main", "second"]);
    expect(symbolNamed(elf, "init")?.global).toBe(true);
  });

  it("of methods, getters and static members say whose they are", () => {
    const elf = readElf(
      elfOf(`
        @unmanaged class List { head: u32; add(x: u32): void { this.head = x; } get empty(): bool { return this.head == 0; } static of(p: usize): List { return changetype<List>(p); } }
        export function main(): void { const l = List.of(4096); if (l.empty) l.add(1); }`),
    );
    const names = elf.symbols.filter((s) => s.type === 2).map((s) => s.name);
    expect(names).toEqual(expect.arrayContaining(["List#add", "List#get:empty", "List.of"]));
  });

  it("of the request's defines are absolute symbols to TypeScript and to the assembler", () => {
    const elf = readElf(
      elfOf(
        {
          "main.ts":
            "declare const LIMIT: u32;\ndeclare const other: usize;\nexport function main(): void { store<u32>(other, LIMIT); }",
          "a.asm": "global other\nsection .data\nother: dd LIMIT\n",
        },
        { asm: ["a.asm"], defines: { LIMIT: 0x12345 } },
      ),
    );
    expect(symbolNamed(elf, "LIMIT")).toMatchObject({ address: 0x12345, section: null });
    expect(Buffer.from(sectionNamed(elf, ".data")?.bytes ?? []).readUInt32LE(0)).toBe(0x12345);
    expect(Buffer.from(sectionNamed(elf, ".text")?.bytes ?? []).includes(Buffer.from([0x45, 0x23, 0x01, 0x00]))).toBe(
      true,
    );
  });
});

describe("assembly and TypeScript", () => {
  const files = {
    "main.ts": `
      import { int80_1 } from "~lib/cpu";
      declare function add3(a: u32, b: u32, c: u32): u32;
      // @ts-ignore
      @external("asm", "wide") declare function makeWide(low: u32, high: u32): u64;
      // @ts-ignore
      @external("label", "number") declare function numberLabel(): usize;
      declare const number: usize;
      export function callback(x: u32): u32 { return x * 2; }
      export let shared: u32 = 3;
      export function main(): void {
        let ok: u32 = 0;
        if (add3(1, 20, 300) == 642) ok |= 1;
        if (makeWide(5, 6) == 0x600000005) ok |= 2;
        if (numberLabel() == number && load<u32>(number) == 77) ok |= 4;
        if (shared == 4) ok |= 8;
        int80_1(1, ok);
      }`,
    "a.asm": `
      extern callback
      extern shared
      global add3, wide, number
      section .text
      add3: mov eax, [esp + 4]
            add eax, [esp + 8]
            add eax, [esp + 12]
            inc dword [shared]
            push eax
            call callback
            pop ecx
            ret
      wide: mov eax, [esp + 4]
            mov edx, [esp + 8]
            ret
      section .data
      number: dd 77`,
  };

  native("call each other, share variables and labels", () => {
    expect(runNative(elfOf(files, { asm: ["a.asm"] })).status).toBe(15);
  });
});

describe("code that is not reached", () => {
  it("is not in the file, nor are the strings only it uses", () => {
    const elf = elfOf(`
      function unused(): string { return "nobody reads this"; }
      export function main(): void { store<usize>(4096, addr("somebody reads this")); }`);
    expect(symbolNamed(readElf(elf), "unused")).toBeUndefined();
    expect(Buffer.from(elf).includes("nobody reads this")).toBe(false);
    expect(Buffer.from(elf).includes("somebody reads this")).toBe(true);
  });

  it("stays if assembly wants it", () => {
    const elf = elfOf(
      {
        "main.ts": "export function wanted(): void {}\nexport function main(): void {}",
        "a.asm": "extern wanted\nsection .data\ndd wanted\n",
      },
      { asm: ["a.asm"] },
    );
    expect(symbolNamed(readElf(elf), "wanted")).toBeDefined();
  });
});
