import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, faultline } from "../support/faultline.ts";
import { repository } from "../support/repository.ts";
import { hasGcc32 } from "../support/tools.ts";

let folder = "";

beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), "faultline-e2e-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MALLOC_LINE = "Value at ptr[0]: 100\n";
const DEMAND_ZERO = "U/W, not present, minor, demand-zero";

/** The source line of the first access in userland/bin/malloc.ts. */
function firstAccess(): string {
  const lines = readFileSync(join(repository, "userland/bin/malloc.ts"), "utf8").split("\n");
  return `userland/bin/malloc.ts:${lines.findIndex((line) => line.includes("ptr[0] = 100")) + 1}`;
}

describe("faultline run", () => {
  it("prints exactly what the program prints and exits with its status", () => {
    const { status, stdout, stderr } = faultline(["run", "malloc"]);
    expect([status, stdout, stderr]).toEqual([0, MALLOC_LINE, ""]);
  });

  it("does the same through npm", () => {
    const npm = spawnSync("npm", ["run", "-s", "faultline", "--", "run", "malloc"], {
      cwd: repository,
      encoding: "utf8",
    });
    expect([npm.status, npm.stdout]).toEqual([0, MALLOC_LINE]);
  });

  it.each([
    ["true", 0],
    ["false", 1],
  ])("exits with the status of %s: %i", (program, status) => {
    expect(faultline(["run", program]).status).toBe(status);
  });

  it("gives the program its arguments, spaces and quotes included", () => {
    const { stdout } = faultline(["run", "echo", "one", "two  words", "", 'say "hi"', "--faults", "back\\slash"]);
    expect(stdout).toBe('one two  words  say "hi" --faults back\\slash\n');
  });

  it("gives the program standard input, to its end", () => {
    const { status, stdout } = faultline(["run", "cat"], { input: "first\nsecond\n" });
    expect([status, stdout]).toEqual([0, "first\nsecond\n"]);
  });

  it("ends nullderef as Linux does: one line with the address, status 139", () => {
    const { status, stdout, stderr } = faultline(["run", "nullderef"]);
    expect([status, stdout]).toEqual([139, ""]);
    expect(stderr).toMatch(/^[^\n]*nullderef[^\n]*\n$/);
    expect(stderr).toMatch(/\b(0x)?0{1,8}\b/);
    expect(stderr).toMatch(/SIGSEGV|segmentation fault|segfault/i);
  });

  it("ends rowrite as Linux does: one line with the address, status 139", () => {
    const { status, stdout, stderr } = faultline(["run", "rowrite"]);
    expect([status, stdout]).toEqual([139, ""]);
    expect(stderr).toMatch(/^[^\n]*rowrite[^\n]*\n$/);
    expect(stderr).toMatch(/\b(0x)?0?804[0-9a-f]{4}\b/);
  });

  it("leaves the kernel alive when a program was killed", () => {
    const { status, stdout } = faultline([
      "run",
      "sh",
      "-c",
      "nullderef; echo status $?; rowrite; echo status $?; malloc",
    ]);
    const lines = stdout.split("\n").filter((line) => line !== "Segmentation fault"); // the shell's own word on it
    expect([status, lines.join("\n")]).toEqual([0, `status 139\nstatus 139\n${MALLOC_LINE}`]);
  });

  it("retires the same number of instructions every time", () => {
    const counts = [1, 2].map(() => faultline(["run", "--count", "malloc"]).stderr);
    expect(counts[0]).toMatch(/^instructions: \d+\n$/);
    expect(counts[1]).toBe(counts[0]);
  });
});

describe("faultline run --faults", () => {
  it("adds a table in which the first write to the malloc'd page is a demand-zero fault of its own line", () => {
    const { status, stdout } = faultline(["run", "--faults", "malloc"]);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(MALLOC_LINE.trimEnd());
    expect(lines[1]).toMatch(/^ *# +instr +pid +eip +cr2 +error, class, action +vma +frame$/);
    const rows = lines.slice(2);
    const row = rows.find((line) => line.includes(firstAccess()));
    expect(row).toContain(DEMAND_ZERO);
    expect(row).toMatch(/^ *\d+ +\d+ +2 +main\+0x[0-9a-f]+ userland\/bin\/malloc\.ts:\d+ +[0-9a-f]{8} +U\/W, /);
    expect(row).toMatch(/ (heap|mmap) [0-9a-f]{8}-[0-9a-f]{8} +[0-9a-f]{5}$/);
    // Numbered, and in the order of time.
    const numbers = rows.map((line) => line.trim().split(/ +/).slice(0, 2).map(Number));
    expect(numbers.map(([number]) => number)).toEqual(rows.map((_, index) => index + 1));
    expect(numbers.map(([, instruction]) => instruction)).toEqual(numbers.map(([, at]) => at).sort((a, b) => a - b));
  });

  it("shows how nullderef ended", () => {
    const { status, stdout } = faultline(["run", "--faults", "nullderef"]);
    expect(status).toBe(139);
    const last = stdout
      .trimEnd()
      .split("\n")
      .filter((line) => line.includes("nullderef.ts"));
    expect(last.at(-1)).toMatch(/ 00000000 +U\/W, not present, invalid, SIGSEGV MAPERR +- +-$/);
  });

  it("shows how rowrite ended", () => {
    const { stdout } = faultline(["run", "--faults", "rowrite"]);
    const last = stdout
      .trimEnd()
      .split("\n")
      .filter((line) => line.includes("rowrite.ts"));
    expect(last.at(-1)).toMatch(/ U\/W, protection, invalid, SIGSEGV ACCERR +(text|data) /);
  });

  it("does not change the run", () => {
    const plain = faultline(["run", "--count", "malloc"]).stderr;
    expect(faultline(["run", "--count", "--faults", "malloc"]).stderr).toBe(plain);
  });

  it("tells every fault with what the kernel did about it", () => {
    const { faults } = JSON.parse(faultline(["run", "--json", "sh", "-c", "malloc; ls /bin; nullderef"]).stdout);
    expect(faults.length).toBeGreaterThan(20);
    for (const fault of faults) {
      expect(fault).toMatchObject({ pid: expect.any(Number), class: expect.stringMatching(/^(minor|major|invalid)$/) });
      expect(fault.action).not.toBe("none");
      expect(fault.instruction).toEqual(expect.any(Number));
      expect([fault.symbol, fault.file]).not.toContain(null);
    }
    const programs = new Set(
      faults.map(({ file }: { file: string }) => file).filter((file: string) => /bin\//.test(file)),
    );
    expect([...programs]).toContain("userland/bin/malloc.ts");
    expect([...programs]).toContain("userland/bin/nullderef.ts");
  });
});

describe("faultline run --json", () => {
  it("prints one document with output, status, instructions and the faults, and nothing else", () => {
    const { status, stdout, stderr } = faultline(["run", "--json", "malloc"]);
    expect([status, stderr]).toEqual([0, ""]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ program: "malloc", status: 0, output: MALLOC_LINE });
    expect(document.instructions).toBeGreaterThan(1000);
    const [file, line] = firstAccess().split(":");
    const fault = document.faults.find(
      (each: { file: string; line: number }) => each.file === file && each.line === Number(line),
    );
    expect(fault).toMatchObject({
      pid: 2,
      symbol: "main",
      error: "U/W, not present",
      errorCode: 6,
      cpl: 3,
      class: "minor",
      action: "demand-zero",
      summary: DEMAND_ZERO,
    });
    expect(fault.instruction).toBeLessThan(document.instructions);
    expect(fault.frame).toBeGreaterThan(0);
    expect(Number(fault.cr2)).toBeGreaterThanOrEqual(Number(fault.vma.start));
    expect(Number(fault.cr2)).toBeLessThan(Number(fault.vma.end));
    expect(Number(fault.pteAfter) >>> 12).toBe(fault.frame);
  });

  it("gives the status of a killed program both ways", () => {
    const { status, stdout } = faultline(["run", "--json", "nullderef"]);
    expect([status, JSON.parse(stdout).status]).toEqual([139, 139]);
  });
});

describe("mistakes on the command line of run", () => {
  const oneLine = (args: string[], message: RegExp): void => {
    const { status, stdout, stderr } = faultline(args, { cwd: folder });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^faultline: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  };

  it("a program that does not exist", () => {
    oneLine(["run", "maloc"], /no program maloc \(did you mean malloc\?\)/);
    oneLine(["run", "--faults", "no-such-thing"], /no program no-such-thing \(there are: .*\bmalloc\b/);
    oneLine(["run", "./none"], /\.\/none: no such file/);
  });

  it("an ELF file that is not for the i386", () => {
    writeFileSync(join(folder, "other"), readFileSync(process.execPath).subarray(0, 4096));
    oneLine(["run", "./other"], /\.\/other: not an i386 ELF file/);
  });

  it("a truncated ELF file", () => {
    writeFileSync(join(folder, "cut"), readFileSync(join(repository, "build/bin/malloc")).subarray(0, 300));
    oneLine(["run", "./cut"], /\.\/cut: truncated ELF file/);
    writeFileSync(join(folder, "cut"), readFileSync(join(repository, "build/bin/malloc")).subarray(0, 40));
    oneLine(["run", "./cut"], /\.\/cut: truncated ELF file/);
  });

  it("a file that is no ELF file", () => {
    writeFileSync(join(folder, "text"), "hello\n");
    oneLine(["run", "./text"], /\.\/text: not an ELF file/);
  });

  it("memory that is too small, or no size at all", () => {
    oneLine(["run", "--memory", "1K", "malloc"], /1K/);
    oneLine(["run", "--memory", "lots", "malloc"], /lots/);
    oneLine(["run", "--memory"], /memory/);
  });

  it("an unknown option, and no program", () => {
    oneLine(["run", "--fautls", "malloc"], /unknown option --fautls; did you mean --faults\?/);
    oneLine(["run"], /no program named/);
    oneLine(["rum", "malloc"], /unknown command rum; did you mean run\?/);
  });
});

describe.skipIf(!hasGcc32())("the malloc example in C (needs gcc-multilib)", () => {
  function compile(source: string): void {
    const files = [join(repository, "userland/c", source), "-o", join(folder, "a.out")];
    const gcc = spawnSync("gcc", ["-m32", "-static", "-g", "-O0", ...files], { encoding: "utf8" });
    expect(gcc.stderr).toBe("");
  }

  it("linked statically against glibc prints the same line", () => {
    compile("malloc.c");
    const { status, stdout, stderr } = faultline(["run", "./a.out"], { cwd: folder });
    expect([status, stdout, stderr]).toEqual([0, MALLOC_LINE, ""]);
  });

  it("has its faults explained by C source line", () => {
    compile("nullderef.c");
    const { status, stdout } = faultline(["run", "--faults", "./a.out"], { cwd: folder });
    expect(status).toBe(139);
    expect(stdout).toMatch(
      / main\+0x[0-9a-f]+ [^ ]*nullderef\.c:\d+ +00000000 +U\/W, not present, invalid, SIGSEGV MAPERR /,
    );
    expect(stdout).toMatch(new RegExp(`${DEMAND_ZERO} +heap `));
  });
});
