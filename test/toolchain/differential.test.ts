import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Generator } from "./support/generator.ts";
import { canRunNative, linkText, PRINTING, runNative, runOracle } from "./support/guest.ts";
import { PROGRAMS } from "./support/programs.ts";

const native = it.runIf(canRunNative());

/** Compiles one program, runs it in V8 and as i386 code, and wants the same output from both. */
function expectAgreement(source: string): string {
  const linked = linkText(source + PRINTING);
  const expected = runOracle(linked);
  expect(runNative(linked.elf)).toEqual(expected);
  return expected.output;
}

describe("generated i386 code does what V8 does with the same WebAssembly (needs a host that runs 32-bit ELF)", () => {
  native("on random programs", { timeout: 300_000 }, () => {
    const tape = fc.array(fc.nat(0xffff), { minLength: 1200, maxLength: 2500 });
    fc.assert(
      fc.property(tape, (choices) => {
        expectAgreement(new Generator(choices).program(6));
      }),
      { seed: 20240607, numRuns: 40, endOnFailure: true },
    );
  });

  native("on every operator of every integer type at the edges", { timeout: 120_000 }, () => {
    const edges: Record<string, string[]> = {
      i8: ["0", "1", "-1", "127", "-128", "5"],
      u8: ["0", "1", "255", "128", "7"],
      i16: ["0", "-1", "32767", "-32768", "100"],
      u16: ["0", "1", "65535", "32768"],
      i32: ["0", "1", "-1", "0x7fffffff", "-2147483648", "12345", "-7"],
      u32: ["0", "1", "0xffffffff", "0x80000000", "10", "0x12345678"],
      i64: ["0", "1", "-1", "0x7fffffffffffffff", "-9223372036854775807", "0x100000000", "-5000000000"],
      u64: ["0", "1", "0xffffffffffffffff", "0x8000000000000000", "0xffffffff", "0x123456789abcdef"],
    };
    const lines: string[] = [];
    const calls: string[] = [];
    for (const [type, values] of Object.entries(edges)) {
      const wide = type.endsWith("64");
      const bits = Number(type.slice(1)) - 1;
      const show = (expression: string): string =>
        wide ? `show64(<u64>(${expression}));` : `show(<u32>(${expression}));`;
      const body = ["+", "-", "*", "&", "|", "^"].map((op) => show(`<${type}>(a ${op} b)`));
      body.push(...["<<", ">>", ">>>"].map((op) => show(`<${type}>(a ${op} (b & ${bits}))`)));
      body.push(...["==", "!=", "<", "<=", ">", ">="].map((op) => `show(<u32>(a ${op} b));`));
      // A signed quotient that does not fit traps in both worlds; the divisor is kept positive.
      body.push(
        type.startsWith("u") ? show("a / (b | 1)") : show(`<${type}>(a / ((b & 31) | 1))`),
        show(`<${type}>(a % (b | 1))`),
      );
      body.push(show(`<${type}>-a`), show(`<${type}>~a`), "show(<u32>!a);");
      for (const to of Object.keys(edges))
        body.push(to.endsWith("64") ? `show64(<u64><${to}>a);` : `show(<u32><${to}>a);`);
      for (const constant of ["1", "3", "7", "8", "10", "100"]) {
        body.push(
          show(`<${type}>(a / ${constant})`),
          show(`<${type}>(a % ${constant})`),
          show(`<${type}>(a * ${constant})`),
        );
      }
      lines.push(`function ${type}_all(a: ${type}, b: ${type}): void {\n  ${body.join("\n  ")}\n}`);
      for (const a of values) for (const b of values) calls.push(`${type}_all(<${type}>${a}, <${type}>${b});`);
    }
    for (const type of ["i32", "u32", "i64", "u64"]) {
      const show = type.endsWith("64") ? "show64(<u64>" : "show(<u32>";
      const body = ["clz", "ctz", "popcnt"].map((f) => `${show}${f}<${type}>(a));`);
      body.push(`${show}rotl<${type}>(a, b));`, `${show}rotr<${type}>(a, b));`);
      lines.push(`function ${type}_bits(a: ${type}, b: ${type}): void {\n  ${body.join("\n  ")}\n}`);
      for (const a of edges[type])
        for (const b of ["0", "1", "31", "32", "63"]) calls.push(`${type}_bits(${a}, ${b});`);
    }
    const output = expectAgreement(
      `${lines.join("\n")}\nexport function main(): void {\n${calls.join("\n")}\ndone();\n}\n`,
    );
    expect(output.length).toBeGreaterThan(50_000);
  });

  describe("on programs about", () => {
    for (const [about, source] of Object.entries(PROGRAMS)) {
      native(about, () => {
        expect(expectAgreement(source)).not.toBe("");
      });
    }
  });

  native("on loads and stores of every width, with and without offsets, scaled and not", () => {
    const output = expectAgreement(`
      const area = memory.data(128, 16);
      function fill(): void { for (let i: u32 = 0; i < 128; i++) store<u8>(area + i, <u8>(i * 37 + 11)); }
      function reads(p: usize, i: u32): void {
        show(load<u8>(p)); show(load<i8>(p)); show(load<u16>(p)); show(load<i16>(p)); show(load<u32>(p));
        show64(load<u64>(p)); show64(load<i32>(p)); show64(load<u8>(p)); show64(<u64>load<i8>(p, 3)); show64(load<u16>(p, 1));
        show(load<u32>(p + i * 4, 8)); show(load<u16>(p + i * 2, 8)); show(load<u8>(p + i, 8)); show64(load<u64>(p + i * 8));
        show(changetype<Arr<u32>>(p)[i + 1]); show(changetype<Arr<u16>>(p)[i * 2 + 1]); show(load<u32>(area + i * 4, 4));
      }
      function writes(p: usize, i: u32, v: u64): void {
        store<u8>(p, <u8>v); store<u16>(p, <u16>v, 2); store<u32>(p + i * 4, <u32>v, 4); store<u64>(p + i * 8, v, 16);
        store<u8>(p + i, 0x7f, 40); store<u16>(p + i, 0x1234, 42); store<u32>(p, 0xdeadbeef, 48); store<u64>(p, 5, 56);
        const a = changetype<Arr<u8>>(p); const b = changetype<Arr<u16>>(p); const c = changetype<Arr<u32>>(p);
        a[i + 60]++; a[i + 61] += <u8>v; b[i + 33] -= 3; c[i + 17] ^= <u32>v; c[20] |= 0x8000; c[21] &= ~<u32>i;
        a[70] = a[71]; a[71] = ~a[72]; c[22] = <u32>-c[23]; c[23] <<= 3; c[24] += c[25]; c[26] = c[27] + c[28] - c[29];
      }
      export function main(): void {
        for (let i: u32 = 0; i < 4; i++) { fill(); reads(area + i, i); writes(area + i, i, 0x123456789abcdef * (i + 1)); reads(area + 8, i);
          let sum: u32 = 0; for (let k: u32 = 0; k < 128; k++) sum = sum * 31 + load<u8>(area + k); show(sum); }
        done();
      }`);
    expect(output.length).toBeGreaterThan(500);
  });

  native("on switches, dense and sparse, with and without default", () => {
    expectAgreement(`
      function dense(x: u32): u32 { switch (x) { case 0: return 5; case 1: return 9; case 2: case 3: return 11; case 4: x += 2; break; case 5: x = 1; default: x *= 3; } return x; }
      function sparse(x: i32): i32 { switch (x) { case -5: return 1; case 1000: return 2; case 7: return 3; } return 0; }
      function nested(x: u32, y: u32): u32 { let r: u32 = 0; for (let i: u32 = 0; i < 10; i++) { switch ((x + i) % 7) { case 0: continue; case 1: r += y; break; case 6: return r; default: switch (y) { case 1: r += 100; break; case 2: r += 200; } } } return r; }
      export function main(): void {
        for (let i: u32 = 0; i < 9; i++) { show(dense(i)); show(dense(0x80000000 + i)); show(<u32>sparse(<i32>i - 5)); show(<u32>sparse(<i32>i + 998)); for (let k: u32 = 0; k < 4; k++) show(nested(i, k)); }
        done();
      }`);
  });

  native(
    "on calls: many arguments, 64-bit arguments and results, recursion, function values, variable arguments",
    () => {
      expectAgreement(`
      type Binary = (a: u32, b: u32) => u32;
      function add(a: u32, b: u32): u32 { return a + b; }
      function sub(a: u32, b: u32): u32 { return a - b; }
      const table: StaticArray<Binary> = [add, sub];
      @unmanaged class Ops { tag: u16; fn: Binary; wide: u64; }
      const ops = changetype<Ops>(memory.data(offsetof<Ops>()));
      function ten(a: u8, b: i16, c: u32, d: u64, e: i8, f: u64, g: u16, h: u32, i: i64, j: bool): u64 { return a + <u64>b * c + d - <u64>e + f * g + h + <u64>i + (j ? 1 : 0); }
      function fib(n: u32): u32 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
      function ackermann(m: u32, n: u32): u32 { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
      function wide(n: u64): u64 { return n == 0 ? 1 : n * wide(n - 1); }
      function apply(f: Binary, a: u32, b: u32): u32 { return f(a, f(b, a)); }
      function sum(n: u32, ...args: va[]): u64 { const ap = changetype<VaList>(args); let s: u64 = ap.get64(0); for (let i: u32 = 2; i < n; i++) s = s * 7 + ap[i]; return s; }
      export function main(): void {
        show64(ten(200, -300, 70000, 0x100000000, -1, 99, 500, 0x80000000, -12345678901, true));
        show(fib(15)); show(ackermann(2, 3)); show64(wide(20));
        show(apply(add, 5, 7)); show(apply(table[1], 5, 7));
        ops.fn = sub; ops.wide = 0x0123456789abcdef; ops.tag = 0xbeef; show(ops.fn(1, 2)); show64(ops.wide); show(ops.tag);
        const pick: Binary = fib(3) > 1 ? add : sub; show(pick(40, 2));
        show64(sum(5, <u64>0x1122334455667788, 3, <u8>4, addr(ops) == 0 ? 1 : 2));
        show(((a: u32, b: u32): u32 => a * b)(6, 7));
        done();
      }`);
    },
  );

  native("on overlapping copies and fills", () => {
    expectAgreement(`
      const p = memory.data(64);
      export function main(): void {
        for (let i: u32 = 0; i < 64; i++) store<u8>(p + i, <u8>i);
        memory.copy(p + 5, p, 20); memory.copy(p + 30, p + 33, 20); memory.copy(p, p, 8); memory.fill(p + 60, 0xee, 3); memory.copy(p + 1, p + 1, 0);
        for (let i: u32 = 0; i < 64; i += 4) show(load<u32>(p + i));
        done();
      }`);
  });
});
