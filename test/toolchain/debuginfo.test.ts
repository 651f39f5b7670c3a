import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { canRunNative, elfOf } from "./support/guest.ts";

const SOURCE = {
  "kernel/main.ts": `import { sum } from "./lib";
import { int80_1 } from "~lib/cpu";

const enum Kind { NONE, FIRST = 5, SECOND }
@unmanaged class Item { id: u16; kind: Kind; wide: u64; @array(8) name: Arr<u8>; next: Item | null; fn: Fn; }
type Fn = (x: u32) => u32;
const items = changetype<StructArr<Item>>(memory.data(offsetof<Item>() * 4));
const LIMIT: u32 = 42;
let current: Item | null = null;
let big: u64 = 0x100000002;

function work(item: Item, count: u32): u64 {
  let total: u64 = big - big;
  for (let i: u32 = 0; i < count; i++) {
    const step = sum(i, item.id);
    total += step;
    item.wide = total;
  }
  return total;
}

export function main(): void {
  items[1].id = 7;
  items[1].kind = Kind.SECOND;
  current = items[1];
  const result = work(items[1], LIMIT);
  int80_1(1, <u32>result);
}
`,
  "kernel/lib.ts": `const cell = changetype<Arr<u32>>(memory.data(4));
export function sum(a: u32, b: u32): u32 {
  const both = a + b;
  cell[0] = both;
  cell[0] = a;
  return both;
}
`,
  "kernel/trap.asm": `global stub
section .text
stub:
        nop
        ret
`,
};

function writeProgram(path: string): void {
  const elf = elfOf({ "main.ts": "", ...SOURCE }, { entry: "kernel/main.ts", asm: ["kernel/trap.asm"] });
  writeFileSync(path, elf, { mode: 0o755 });
}

describe.runIf(hasTool("gdb"))("gdb", () => {
  let folder = "";
  let path = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "faultline-gdb-"));
    path = join(folder, "program");
    writeProgram(path);
    mkdirSync(join(folder, "kernel"));
    for (const [name, text] of Object.entries(SOURCE)) writeFileSync(join(folder, name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const gdb = (...commands: string[]): string => {
    const args = ["-batch", "-nx", ...commands.flatMap((command) => ["-ex", command]), path];
    const { stdout, stderr } = spawnSync("gdb", args, {
      encoding: "utf8",
      cwd: folder,
      env: { ...process.env, DEBUGINFOD_URLS: "" },
    });
    return stdout + stderr;
  };

  it("finds functions and their lines in the TypeScript source, relative to the repository", () => {
    expect(gdb("info line work")).toMatch(/Line 12 of "kernel\/main\.ts" starts at address 0x[0-9a-f]+ <work>/);
    expect(gdb("info line sum")).toContain('Line 2 of "kernel/lib.ts"');
  });

  it("finds lines of assembly", () => {
    expect(gdb("info line stub")).toMatch(/Line 4 of "kernel\/trap\.asm" starts at address 0x[0-9a-f]+ <stub>/);
  });

  it("prints structs with types, enums, inline arrays and pointers as they were declared", () => {
    const shown = gdb("ptype struct Item", "ptype /o struct Item");
    expect(shown).toContain("u16 id;");
    expect(shown).toContain("Kind kind;");
    expect(shown).toContain("u64 wide;");
    expect(shown).toContain("u8 name[8];");
    expect(shown).toContain("struct Item *next;");
    expect(shown).toMatch(/\/\* +8 +\| +8 \*\/ +u64 wide;/);
    expect(shown).toMatch(/total size \(bytes\): +32/);
  });

  it("knows enum members, static memory by its own type, and constants", () => {
    expect(gdb("p (enum Kind) 6")).toContain("SECOND");
    expect(gdb("ptype items")).toMatch(/struct Item \{[^]*\} \[4\]/);
    expect(gdb("p LIMIT")).toContain("42");
    expect(gdb("p/x big")).toContain("0x100000002");
    expect(gdb("ptype current")).toMatch(/struct Item \{[^]*\} \*/);
  });

  it("has a breakpoint on a function stop behind the prologue, at the first line of the body", () => {
    expect(gdb("break work")).toContain("file kernel/main.ts, line 13.");
    expect(gdb("break sum")).toContain("file kernel/lib.ts, line 3.");
  });

  it.runIf(canRunNative())("shows arguments, locals and a backtrace while the program runs", () => {
    const shown = gdb("break sum if a == 3", "run", "bt", "info args", "finish", "info locals", "p *item", "p total");
    expect(shown).toMatch(/#0 +sum \(a=3, b=7\) at kernel\/lib\.ts:3/);
    expect(shown).toMatch(/#1 +0x[0-9a-f]+ in work \(item=0x[0-9a-f]+[^)]*, count=42\) at kernel\/main\.ts:15/);
    expect(shown).toMatch(/#2 +0x[0-9a-f]+ in main \(\) at kernel\/main\.ts:26/);
    expect(shown).toMatch(/a = 3\nb = 7/);
    expect(shown).toMatch(/Value returned is \$\d+ = 10/);
    expect(shown).toMatch(/id = 7, kind = SECOND, wide = 24/);
    expect(shown).toMatch(/\$\d+ = 24/);
  });

  it.runIf(canRunNative())("steps from line to line", () => {
    const shown = gdb("break work", "run", "next", "next", "next", "next");
    const lines = [...shown.matchAll(/^(\d+)\t/gm)].map((match) => Number(match[1]));
    expect(lines).toEqual([13, 14, 15, 16, 17]);
  });
});

describe.runIf(hasTool("gdb") && canRunNative())("call frame information of assembly", () => {
  it("leads a backtrace through a stub that has no frame pointer, and through the frame of a trap", () => {
    const folder = mkdtempSync(join(tmpdir(), "faultline-cfi-"));
    try {
      const path = join(folder, "program");
      const files = {
        "main.ts": `import { int80_1 } from "~lib/cpu";
declare function stub(x: u32): u32;
export function inner(x: u32): u32 {
  int80_1(20, x);
  return x + 1;
}
function outer(x: u32): u32 { return stub(x) * 2; }
export function main(): void {
  int80_1(1, outer(20));
}
`,
        // As a trap gate would: a frame of EFLAGS, CS, EIP and the registers on top, and nothing in EBP.
        "stub.asm": `extern inner
global stub
section .text
stub:   cfi_startproc simple
        cfi_signal_frame
        cfi_def_cfa esp, 4
        cfi_offset eip, -4
        push ebp
        cfi_adjust_cfa_offset 4
        cfi_rel_offset ebp, 0
        xor ebp, ebp
        pusha
        cfi_adjust_cfa_offset 32
        push dword [esp + 32 + 8]
        cfi_adjust_cfa_offset 4
        call inner
        add esp, 4
        cfi_adjust_cfa_offset -4
        mov [esp + 28], eax
        popa
        cfi_adjust_cfa_offset -32
        pop ebp
        cfi_adjust_cfa_offset -4
        cfi_restore ebp
        ret
        cfi_endproc
`,
      };
      writeFileSync(path, elfOf(files, { asm: ["stub.asm"] }), { mode: 0o755 });
      const args = ["-batch", "-nx", "-ex", "break inner", "-ex", "run", "-ex", "bt", "-ex", "continue", path];
      const { stdout } = spawnSync("gdb", args, { encoding: "utf8", cwd: folder });
      expect(stdout).toMatch(/#0 +inner \(x=20\)/);
      expect(stdout).toMatch(/#1 +<signal handler called>/);
      expect(stdout).toMatch(/#2 .*outer \(x=20\) at main\.ts:7/);
      expect(stdout).toMatch(/#3 .*main \(\) at main\.ts:9/);
      expect(stdout).toContain("exited with code 052");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.runIf(hasTool("readelf"))("readelf", () => {
  it("reads every debug section without a complaint", () => {
    const folder = mkdtempSync(join(tmpdir(), "faultline-readelf-"));
    try {
      const path = join(folder, "program");
      writeProgram(path);
      const { stdout, stderr } = spawnSync(
        "readelf",
        ["-aW", "--debug-dump=info,abbrev,line,decodedline,frames,loc,Ranges", path],
        {
          encoding: "utf8",
          maxBuffer: 64 << 20,
        },
      );
      expect(stderr).toBe("");
      expect(stdout).not.toMatch(/warning|corrupt/i);
      expect(stdout).toContain("DW_AT_producer");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.runIf(hasTool("objdump"))("objdump", () => {
  it("disassembles the text to valid instructions only", () => {
    const folder = mkdtempSync(join(tmpdir(), "faultline-objdump-"));
    try {
      const path = join(folder, "program");
      writeProgram(path);
      const { stdout } = spawnSync("objdump", ["-d", "-M", "intel", path], { encoding: "utf8" });
      expect(stdout).toContain("<work>:");
      expect(stdout).not.toContain("(bad)");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
