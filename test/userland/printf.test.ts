import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository } from "../support/repository.ts";
import { hasGcc32 } from "../support/tools.ts";
import { buildGuest, runNative, runs32Bit, scratch } from "./native.ts";

/** One call of printf: the same text is valid in C and in the guest dialect but for the arguments' spelling. */
interface Call {
  format: string;
  args: { guest: string; c: string }[];
}

const int = (value: number) => ({ guest: `${value}`, c: `(int)${value}u` });
const long64 = (value: bigint) => ({ guest: `<u64>${value}`, c: `${value}ull` });
const text = (value: string) => ({ guest: JSON.stringify(value), c: JSON.stringify(value) });

const edges = [0, 1, 7, 8, 9, 10, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const word = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 0xffffffff }));
const wide = fc.oneof(
  fc.constantFrom(0n, 1n, 0xffffffffn, 0x1_0000_0000n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const flags = (allowed: string) => fc.subarray([...allowed]).map((chosen) => chosen.join(""));
const width = fc.constantFrom("", "", "1", "5", "12", "25");
const precision = fc.constantFrom("", "", ".", ".0", ".1", ".5", ".23");

/** A conversion and its argument; only combinations that C defines. */
const conversion: fc.Arbitrary<Call> = fc.oneof<fc.Arbitrary<Call>[]>(
  fc
    .tuple(
      flags("-+ 0"),
      width,
      precision,
      fc.constantFrom("", "h", "hh", "l", "z", "t"),
      fc.constantFrom("d", "i"),
      word,
    )
    .map(([f, w, p, l, c, v]) => ({ format: `%${f}${w}${p}${l}${c}`, args: [int(v)] })),
  fc
    .tuple(
      flags("-0"),
      width,
      precision,
      fc.constantFrom("", "h", "hh", "l", "z", "t"),
      fc.constantFrom("u", "x", "X", "o"),
      word,
    )
    .map(([f, w, p, l, c, v]) => ({ format: `%${f}${w}${p}${l}${c}`, args: [int(v)] })),
  fc
    .tuple(flags("-0#"), width, precision, fc.constantFrom("x", "X", "o"), word)
    .map(([f, w, p, c, v]) => ({ format: `%${f}${w}${p}${c}`, args: [int(v)] })),
  fc
    .tuple(flags("-+ 0"), width, precision, fc.constantFrom("ll", "j"), fc.constantFrom("d", "i"), wide)
    .map(([f, w, p, l, c, v]) => ({ format: `%${f}${w}${p}${l}${c}`, args: [long64(v)] })),
  fc
    .tuple(flags("-0"), width, precision, fc.constantFrom("ll", "j"), fc.constantFrom("u", "x", "X", "o"), wide)
    .map(([f, w, p, l, c, v]) => ({ format: `%${f}${w}${p}${l}${c}`, args: [long64(v)] })),
  fc.tuple(flags("-"), width, word).map(([f, w, v]) => ({ format: `%${f}${w}p`, args: [int(v)] })),
  fc
    .tuple(flags("-"), width, precision, fc.constantFrom("", "a", "hello", "a longer text than the widths"))
    .map(([f, w, p, v]) => ({ format: `%${f}${w}${p}s`, args: [text(v)] })),
  fc
    .tuple(flags("-"), width, fc.integer({ min: 32, max: 126 }))
    .map(([f, w, v]) => ({ format: `%${f}${w}c`, args: [int(v)] })),
  fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -3, max: 9 }), word)
    .map(([w, p, v]) => ({ format: "%*.*d", args: [int(w >>> 0), int(p >>> 0), int(v)] })),
  fc.constantFrom({ format: "%%", args: [] }, { format: "plain", args: [] }),
);

/** Several conversions in one call: 64-bit arguments shift those behind them. */
const call: fc.Arbitrary<Call> = fc.array(conversion, { minLength: 1, maxLength: 4 }).map((parts) => ({
  format: parts.map((part) => part.format).join("|"),
  args: parts.flatMap((part) => part.args),
}));

const calls = fc.sample(call, { numRuns: 400, seed: 20 });

/** Calls in functions of a few each: as a person would write them. */
const CALLS_PER_FUNCTION = 20;

function inFunctions(head: string, spelling: (argument: Call["args"][0]) => string): string {
  const lines = calls.map(({ format, args }) => {
    const list = [JSON.stringify(`${format}\n`), ...args.map(spelling)].join(", ");
    return `  printf(" %d\\n", printf(${list}));`;
  });
  let text = "";
  for (let i = 0; i < lines.length; i += CALLS_PER_FUNCTION) {
    const body = lines.slice(i, i + CALLS_PER_FUNCTION).join("\n");
    text += `${head.replace("NAME", `calls${i / CALLS_PER_FUNCTION}`)} {\n${body}\n}\n`;
  }
  return text;
}

const callAll = calls
  .filter((_, i) => i % CALLS_PER_FUNCTION === 0)
  .map((_, i) => `  calls${i}();\n`)
  .join("");

const guestSource = () => `import { printf, snprintf } from "../../userland/lib/printf";
import { puts } from "../../userland/lib/stdio";
import "../../userland/lib/start";
function cut(size: u32): void {
  const buffer = alloca(8);
  store<u8>(buffer, 88);
  store<u8>(buffer + 1, 0);
  printf("%d ", snprintf(buffer, size, "%s%d", "ab", 123));
  puts(changetype<string>(buffer));
}
${inFunctions("function NAME(): void", ({ guest }) => guest)}
export function main(): i32 {
${callAll}
  for (let size: u32 = 0; size < 8; size++) cut(size);
  return 0;
}
`;

const cSource = () => `#include <stdio.h>
static void cut(unsigned size) {
  char buffer[8] = "X";
  printf("%d ", snprintf(buffer, size, "%s%d", "ab", 123));
  puts(buffer);
}
${inFunctions("static void NAME(void)", ({ c }) => c)}
int main(void) {
${callAll}
  for (unsigned size = 0; size < 8; size++) cut(size);
  return 0;
}
`;

describe.skipIf(!runs32Bit || !hasGcc32())("printf", () => {
  // The compiler reads sources below the repository only.
  const folder = `build/printf-test-${process.pid}`;
  beforeAll(() => {
    mkdirSync(join(repository, folder), { recursive: true });
    writeFileSync(join(repository, folder, "printf_calls.ts"), guestSource());
  });
  afterAll(() => rmSync(join(repository, folder), { recursive: true, force: true }));

  it("prints what glibc prints, for 400 calls with all conversions, flags, widths and precisions", () => {
    const c = join(scratch, "printf_c");
    writeFileSync(`${c}.c`, cSource());
    expect(spawnSync("gcc", ["-w", "-m32", "-o", c, `${c}.c`], { encoding: "utf8" }).stderr).toBe("");
    const expected = runNative(c).stdout.split("\n");
    const ours = runNative(buildGuest(`${folder}/printf_calls.ts`)).stdout.split("\n");
    expect(ours).toEqual(expected);
  });
});
