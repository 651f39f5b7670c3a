import { describe, expect, it } from "vitest";
import { errorsOf } from "./support/guest.ts";

const MAIN = "\nexport function main(): void {}\n";

/** The one message a program gets, without "main.ts:". */
function complaint(source: string): string {
  const errors = errorsOf(source + MAIN);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^main\.ts:\d+:\d+: error: /);
  return errors[0].slice("main.ts:".length);
}

describe("what the dialect leaves out is an error with a place and a way out", () => {
  const struct = "@unmanaged class A { x: u32; }\n";
  it.each([
    ["throw", "function f(): void { throw 1; }", "1:22: error: 'throw' is not in the dialect: return an error code"],
    ["try", "function f(): void { try { f(); } catch (e) {} }", "1:22: error: 'try' is not in the dialect"],
    [
      "for-of",
      "function f(a: Arr<u8>): void {\n  for (const x of a) {}\n}",
      "2:3: error: 'for-of' is not in the dialect",
    ],
    ["template literals", "function f(x: u32): void { const s = `a${x}`; }", "1:38: error: template literals are not"],
    ["new", `${struct}function f(): void { const a = new A(); }`, "2:32: error: 'new' is not in the dialect"],
    ["array literals", "function f(): void { const a = [1, 2]; }", "1:32: error: an array literal is a constant table"],
    [
      "object literals",
      `${struct}function f(): void { const a: A = { x: 1 }; }`,
      "2:35: error: object literals are not",
    ],
    ["floating point types", "function f(x: f64): void {}", "1:15: error: floating point is not in the dialect"],
    ["floating point literals", "const x: u32 = <u32>1.5;", "1:21: error: floating point is not in the dialect"],
    ["number", "function f(x: number): void {}", "1:15: error: 'number' is floating point: write i32, u32 or usize"],
    ["any", "function f(x: any): void {}", "1:15: error: 'any' is not in the dialect"],
    ["destructuring", "function f(): void { const { a } = 1; }", "1:22: error: destructuring is not in the dialect"],
    [
      "optional chaining",
      `${struct}function f(a: A): u32 { return a?.x; }`,
      "'?.' is not in the dialect: test for null",
    ],
    ["??", "function f(a: u32): u32 { return a ?? 1; }", "'??' is not in the dialect"],
    ["instanceof", `${struct}function f(a: A): bool { return a instanceof A; }`, "'instanceof' is not in the dialect"],
    ["regular expressions", "function f(): void { const r = /a/; }", "regular expressions are not in the dialect"],
    ["managed classes", "class A { x: u32; }", "1:1: error: class A needs @unmanaged"],
    ["constructors", "@unmanaged class A { constructor() {} }", "constructors are not in the dialect"],
    ["interfaces", "interface I { x: u32; }", "interfaces are not in the dialect"],
    ["generators", "function* f(): void {}", "generators are not in the dialect"],
    ["async functions", "async function f(): void {}", "'async' is not in the dialect"],
    ["optional parameters", "function f(a?: u32): u32 { return a; }", "an optional parameter needs a constant default"],
    ["unknown decorators", "@managed @unmanaged class A {}", "@managed is not in the dialect"],
  ])("%s", (_, source, message) => {
    expect(complaint(source)).toContain(message);
  });

  it("a closure that captures says what to do instead", () => {
    const errors = errorsOf(`function f(x: u32): () => u32 { return (): u32 => x; }${MAIN}`);
    expect(errors.join("\n")).toContain("pass what the function needs as an argument");
  });
});

describe("what would be silently wrong is an error", () => {
  it.each([
    [
      "a method that a subclass declares again",
      "@unmanaged class A { m(): u32 { return 1; } }\n@unmanaged class B extends A { m(): u32 { return 2; } }",
      "2:32: error: m is already declared in A: structs have no dispatch",
    ],
    [
      "a default argument that is not constant",
      "let g: u32 = 1;\nfunction f(a: u32 = g): u32 { return a; }\nexport function q(): u32 { return f(); }",
      "2:21: error: a default argument must be a constant",
    ],
    [
      "sizeof of a struct, which would be that of the pointer",
      "@unmanaged class A { x: u32; y: u32; }\nfunction f(): usize { return sizeof<A>(); }",
      "2:30: error: sizeof<A>() is ambiguous: offsetof<A>() is the size of the struct",
    ],
    ["alloca of a variable size", "function f(n: u32): usize { return alloca(n); }", "alloca needs a constant size"],
    [
      "memory.data of a variable size",
      "function f(n: u32): usize { return memory.data(n); }",
      "needs a constant, positive",
    ],
    ["a struct that embeds itself", "@unmanaged class A { @embed a: A; }", "1:29: error: struct A embeds itself"],
    [
      "an inline array whose count may change",
      "let n: u32 = 3;\n@unmanaged class A { @array(n) a: Arr<u8>; }",
      "2:32: error: the count of @array must be a positive literal, const or enum member",
    ],
    [
      "assigning a field that is in place",
      "@unmanaged class B { x: u32; }\n@unmanaged class A { @embed b: B; }\nfunction f(a: A, b: B): void { a.b = b; }",
      "3:38: error: b is in place",
    ],
    [
      "a table with an element that is not constant",
      "let g: u32 = 1;\nconst t: StaticArray<u32> = [g];",
      "element 0 of the table",
    ],
    [
      "more variable arguments than there are helpers for",
      "function p(f: string, ...a: va[]): void {}\nfunction f(): void { p('', 1,2,3,4,5,6,7,8,9,10,11,12,13); }",
      "2:22: error: more than 12 variable arguments",
    ],
    [
      "an abstract method",
      "@unmanaged abstract class A { abstract f(): u32; }",
      "f is abstract, but structs have no dispatch",
    ],
  ])("%s", (_, source, message) => {
    expect(complaint(source)).toContain(message);
  });
});

describe("types are checked", () => {
  it("also in functions nobody calls", () => {
    expect(complaint("function f(): u32 { return nope; }")).toBe("1:28: error: cannot find name 'nope'");
  });

  it("also in methods and in the arms of namespaces nobody uses", () => {
    const source = "@unmanaged class A { m(): u32 { return one; } }\nnamespace N { function f(): u32 { return two; } }";
    expect(errorsOf(source + MAIN)).toEqual([
      "main.ts:1:40: error: cannot find name 'one'",
      "main.ts:2:42: error: cannot find name 'two'",
    ]);
  });

  it("again in the next program of the same process when the text is another", () => {
    expect(errorsOf(`function f(): u32 { return 1; }${MAIN}`)).toEqual([]);
    expect(complaint("function f(): u32 { return 1 + nope; }")).toContain("cannot find name 'nope'");
  });

  it("signed and unsigned do not compare without a cast", () => {
    const message = complaint("function f(a: i32, b: u32): bool { return a < b; }");
    expect(message).toContain("'<' cannot be applied to types 'i32' and 'u32'; cast one side");
  });

  it("an imported file that is not there is named with the import", () => {
    expect(complaint('import { x } from "./nope";')).toBe("1:19: error: file 'nope.ts' not found");
  });
});

describe("the linker", () => {
  it("names an undefined symbol and the file that wants it", () => {
    const source = "declare function nowhere(): void;\nexport function main(): void { nowhere(); }";
    expect(errorsOf(source)).toEqual(["error: undefined symbol nowhere, wanted by main.ts"]);
  });

  it("names the assembly file that wants it, and the function that lacks an export", () => {
    const files = {
      "main.ts": "function hidden(): void {}\nexport function main(): void {}",
      "a.asm": "extern hidden\ncall hidden\n",
    };
    expect(errorsOf(files, { asm: ["a.asm"] })).toEqual([
      "error: undefined symbol hidden, wanted by a.asm (main.ts has it, without 'export')",
    ]);
  });

  it("refuses two definitions of one name", () => {
    const files = { "main.ts": "export function main(): void {}", "a.asm": "global main\nmain: ret\n" };
    expect(errorsOf(files, { asm: ["a.asm"] })).toEqual(["a.asm: error: main is already defined in main.ts"]);
  });

  it("says which file of the request is not there", () => {
    expect(errorsOf({ "other.ts": "" })).toEqual(["error: main.ts: no such file"]);
    expect(errorsOf({ "main.ts": MAIN }, { asm: ["b.asm"] })).toEqual(["error: b.asm: no such file"]);
  });

  it("says when the start symbol is missing", () => {
    expect(errorsOf("export function other(): void {}")).toEqual([
      "error: undefined symbol main, wanted by the start of the program",
    ]);
  });
});
