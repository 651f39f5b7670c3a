import { describe, expect, it } from "vitest";
import { elfOf, linkText, PRINTING, runOracle, TEXT_BASE } from "./support/guest.ts";
import { readElf, sectionNamed, symbolNamed } from "./support/elf.ts";

/** What a program prints with show(), as numbers; in V8, where no host feature is needed. */
function printed(source: string): number[] {
  const { output, status } = runOracle(linkText(source + PRINTING));
  expect(status).toBe(0);
  return output.trim() === ""
    ? []
    : output
        .trim()
        .split(" ")
        .map((digits) => Number.parseInt(digits, 16));
}

describe("structs", () => {
  it("have the layout of i386 C: u64 aligns to 4, embedded structs and inline arrays in place", () => {
    const sizes = printed(`
      const COUNT = 2 + 1;
      const enum Size { NAME = 5 }
      @unmanaged class Inner { a: u8; b: u16; }
      @unmanaged class Outer { x: u8; wide: u64; @embed inner: Inner; @array(COUNT) list: StructArr<Inner>; @array(Size.NAME) name: Arr<u8>; @array(2) pages: Arr<u64>; next: Outer | null; flag: bool; }
      @unmanaged class Derived extends Inner { c: u32; }
      export function main(): void {
        show(offsetof<Inner>()); show(offsetof<Inner>("b"));
        show(offsetof<Outer>("wide")); show(offsetof<Outer>("inner")); show(offsetof<Outer>("list")); show(offsetof<Outer>("name"));
        show(offsetof<Outer>("pages")); show(offsetof<Outer>("next")); show(offsetof<Outer>("flag")); show(offsetof<Outer>());
        show(offsetof<Derived>("c")); show(offsetof<Derived>());
        done();
      }`);
    expect(sizes).toEqual([4, 2, 4, 12, 16, 28, 36, 52, 56, 60, 4, 8]);
  });

  it("that embed each other's kinds through pointers are laid out whatever comes first", () => {
    const sizes = printed(`
      @unmanaged class A { @embed b: B; c: C; }
      @unmanaged class B { a: A; @array(3) words: Arr<u16>; }
      @unmanaged class C { @embed a: A; b: B; }
      export function main(): void { show(offsetof<A>()); show(offsetof<B>()); show(offsetof<C>()); done(); }`);
    expect(sizes).toEqual([16, 12, 20]);
  });

  it("in place are reached by address and indexed as arrays of structs", () => {
    expect(
      printed(`
        @unmanaged class Link { next: usize; prev: usize; }
        @unmanaged class Page { flags: u32; @embed lru: Link; @array(4) fds: StructArr<Link>; }
        const pages = changetype<StructArr<Page>>(memory.data(offsetof<Page>() * 3));
        export function main(): void {
          const p = pages[2];
          show(addr(p) - addr(pages)); show(addr(p.lru) - addr(p)); show(addr(p.fds[3]) - addr(p));
          p.fds[1].prev = 77; show(load<u32>(addr(p), 12 + 8 + 4));
          const back = changetype<Page>(addr(p.lru) - offsetof<Page>("lru")); back.flags = 5; show(p.flags);
          done();
        }`),
    ).toEqual([88, 4, 36, 77, 5]);
  });

  it("have methods, getters, static members and generic relatives", () => {
    expect(
      printed(
        `
        @unmanaged class Stack<T> { count: u32; @array(4) items: Arr<u32>; push(x: T): void { this.items[this.count++] = <u32>x; } get top(): u32 { return this.items[this.count - 1]; } static make(): Stack<u32> { const s = changetype<Stack<u32>>(memory.data(20)); s.count = 0; return s; } }
        @unmanaged class Counter { static total: u32 = 3; value: u32; add(n: u32): Counter { this.value += n; Counter.total += n; return this; } set level(x: u32) { this.value = x * 10; } }
        export function main(): void {
          const s = Stack.make<u32>(); s.push(5); s.push(9); show(s.top); show(s.count);
          const c = changetype<Counter>(memory.data(4)); c.level = 2; show(c.add(1).add(2).value); show(Counter.total);
          done();
        }`.replace("Stack.make<u32>()", "changetype<Stack<u32>>(memory.data(20))"),
      ),
    ).toEqual([9, 2, 23, 6]);
  });
});

describe("strings", () => {
  it("are UTF-8 with a NUL behind and their length in front, and equal by contents", () => {
    expect(
      printed(`
        const copy = memory.data(8);
        export function main(): void {
          const s = "caf\\u00e9"; show(s.length); show(s.charCodeAt(3)); show(s.charCodeAt(4)); show(load<u8>(addr(s) + 5)); show(load<u32>(addr(s) - 4));
          memory.copy(copy, addr("abc"), 4);
          show(changetype<string>(copy) == "abc" ? 1 : 0); show(changetype<string>(copy) != "abd" ? 1 : 0); show("a" == "b" ? 1 : 0); show(addr("x") == addr("x") ? 1 : 0);
          done();
        }`),
    ).toEqual([5, 0xc3, 0xa9, 0, 5, 1, 1, 0, 1]);
  });
});

describe("globals", () => {
  it("may be used above their declaration, and tables hold numbers, strings and functions", () => {
    expect(
      printed(`
        function early(): u32 { return later + table[1] + fns[0](4); }
        const names: StaticArray<string> = ["zero", "three"];
        const small: StaticArray<i16> = [-1, 2, 0x7fff];
        const wide: StaticArray<u64> = [1, 0x100000002];
        let later: u32 = 100;
        const table: StaticArray<u32> = [1, 20, 3];
        type Fn = (x: u32) => u32;
        const fns: StaticArray<Fn> = [(x: u32): u32 => x * 2, early2];
        function early2(x: u32): u32 { return x + 1; }
        export function main(): void {
          show(early()); show(names[1].length); show(<u32>small[0]); show(<u32>small[2]); show(<u32>(wide[1] >> 32)); show(table.length); show(fns[1](9));
          later = 7; show(later); done();
        }`),
    ).toEqual([128, 5, 0xffffffff, 0x7fff, 1, 3, 10, 7]);
  });

  it("with an initialiser that must run get it from _init, constants need none", () => {
    const source = `
      function seven(): u32 { return 7; }
      let computed: u32 = seven() * 6;
      const folded: u32 = (1 << 10) + 3;
      let started: u32 = folded * 2;
      let pointer: usize = memory.data(16) + 4;
      const alias = pointer;
      export function main(): void { show(computed); show(folded); show(started); show(pointer == alias && pointer != 0 ? 1 : 0); done(); }`;
    expect(printed(source)).toEqual([42, 1027, 2054, 1]);
    // In the machine code only `computed` (and `alias`, a copy of a variable) are left for _init.
    const elf = readElf(elfOf(source + PRINTING));
    expect(symbolNamed(elf, "started")?.section).toBe(".data");
    expect(symbolNamed(elf, "pointer")?.section).toBe(".data");
    expect(symbolNamed(elf, "computed")?.section).toBe(".bss");
    expect(symbolNamed(elf, "folded")).toBeUndefined();
  });

  it("that point at static memory are that memory to the linker", () => {
    const elf = readElf(
      elfOf(
        "export const pgdir = changetype<Arr<u32>>(memory.data(4096, 4096));\nexport function main(): void { pgdir[0] = 1; }",
      ),
    );
    const symbol = symbolNamed(elf, "pgdir");
    expect(symbol).toMatchObject({ size: 4096, section: ".bss" });
    expect((symbol?.address ?? 1) % 4096).toBe(0);
  });
});

describe("default arguments", () => {
  it("are constants, enum members and functions' addresses", () => {
    expect(
      printed(`
        const K: u32 = 5; const enum E { A = 9 }
        type F = () => u32;
        function one(): u32 { return 1; }
        function f(a: u32, b: u32 = K * 2, c: u32 = E.A): u32 { return a * 10000 + b * 100 + c; }
        export function main(): void { show(f(1)); show(f(1, 2)); show(f(1, 2, 3)); done(); }`),
    ).toEqual([11009, 10209, 10203]);
  });
});

describe("memory accesses", () => {
  it("keep the order of the source whatever their results are used for", () => {
    const source = `
      export function main(): void {
        const a = load<u32>(0x20000010);
        const b = load<u8>(0x20000020);
        store<u32>(0x20000030, 7);
        const c = load<u16>(0x20000040) + load<u32>(0x20000050);
        store<u32>(0x20000060, c - b * a);
        store<u32>(0x20000070, load<u32>(0x20000080));
      }`;
    const text = Buffer.from(sectionNamed(readElf(elfOf(source)), ".text")?.bytes ?? []);
    const order = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x80, 0x70].map((low) =>
      text.indexOf(Buffer.from([low, 0, 0, 0x20])),
    );
    expect(order.every((at) => at >= 0)).toBe(true);
    expect([...order].sort((x, y) => x - y)).toEqual(order);
  });

  it("that nobody uses are still in the code", () => {
    const elf = readElf(
      elfOf(
        "export function main(): void { load<u32>(0x12345678); load<u32>(0x12345678); store<u8>(0x12345679, 1); store<u8>(0x12345679, 1); }",
      ),
    );
    const text = Buffer.from(sectionNamed(elf, ".text")?.bytes ?? []);
    const count = (value: number): number => {
      let found = 0;
      for (let i = 0; i + 4 <= text.length; i++) if (text.readUInt32LE(i) === value) found++;
      return found;
    };
    expect(count(0x12345678)).toBe(2);
    expect(count(0x12345679)).toBe(2);
  });
});

describe("endless loops", () => {
  it("need no return behind them", () => {
    expect(
      printed(
        "function f(x: u32): u32 { for (;;) { if (x > 9) return x; x += 4; } }\nfunction g(x: u32): u32 { while (true) { do { x++; } while (1); } }\nexport function main(): void { show(f(1)); if (f(1) == 0) g(1); done(); }",
      ),
    ).toEqual([13]);
  });
});

describe("the same input", () => {
  it("gives the same bytes, wherever the repository is", () => {
    const source = `${PRINTING}\nexport function main(): void { show(1); done(); }`;
    const first = elfOf(source);
    expect(Buffer.compare(elfOf(source), first)).toBe(0);
    expect(Buffer.from(first).includes("/tmp/")).toBe(false);
  });

  it("gives the same bytes whatever the process built before", () => {
    const files = {
      "a.ts": 'import { f } from "./lib"; export function main(): void { store<u32>(64, f(1)); }',
      "b.ts": 'import { f, g } from "./lib"; export function main(): void { store<u32>(64, f(1) + g("other")); }',
      "lib.ts":
        'const enum E { A = 3 } export function f(x: u32): u32 { return x + E.A; } export function g(s: string): u32 { return s.length; } function unused(): string { return "never"; }',
    };
    const first = elfOf({ "main.ts": "", ...files }, { entry: "a.ts" });
    elfOf({ "main.ts": "", ...files }, { entry: "b.ts" });
    expect(Buffer.compare(elfOf({ "main.ts": "", ...files }, { entry: "a.ts" }), first)).toBe(0);
  });

  it("links its text at the address that was asked for", () => {
    expect(readElf(elfOf("export function main(): void {}")).entry).toBe(TEXT_BASE);
  });
});
