import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCpio, writeCpio } from "../../emulator/cli/run_cpio.ts";
import { findProgram, programsOf } from "../../emulator/cli/run_program.ts";
import { ProgramSymbols } from "../../emulator/cli/run_symbols.ts";
import { UserError } from "../../emulator/machine/user_error.ts";
import { FileType, writeCpio as writeInitrd } from "../../scripts/initrd/cpio.ts";
import { buildElf } from "../debug/elf_builder.ts";
import { sampleElf } from "../debug/sample.ts";
import { hasTool } from "../support/tools.ts";

const program = buildElf({ segments: [{ address: 0x08048000, bytes: new Uint8Array(32) }] });
const ramDisk = readCpio(
  writeInitrd([
    { path: "bin", mode: FileType.directory | 0o755 },
    { path: "bin/malloc", mode: FileType.regular | 0o755, data: program },
    { path: "bin/nullderef", mode: FileType.regular | 0o755, data: sampleElf() },
    { path: "bin/script", mode: FileType.regular | 0o755, data: new TextEncoder().encode("#!/bin/sh\n") },
    { path: "dev/console", mode: FileType.characterDevice | 0o600, deviceMajor: 5, deviceMinor: 1 },
    { path: "etc/motd", mode: FileType.regular | 0o644, data: new TextEncoder().encode("hello") },
  ]),
);

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "faultline-run-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function hostFile(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe("a program of the guest", () => {
  it("is found by its name", () => {
    expect(findProgram("malloc", ramDisk)).toMatchObject({ path: "/bin/malloc", image: program });
    expect([...programsOf(ramDisk).keys()]).toEqual(["malloc", "nullderef", "script"]);
  });

  it("that does not exist is an error with a suggestion, or with the list", () => {
    expect(() => findProgram("maloc", ramDisk)).toThrowError(new UserError("no program maloc (did you mean malloc?)"));
    expect(() => findProgram("emacs", ramDisk)).toThrowError(
      new UserError("no program emacs (there are: malloc nullderef script)"),
    );
  });
});

describe("a program of the host", () => {
  it("comes into the guest as /host/NAME", () => {
    const found = findProgram(hostFile("a.out", program), ramDisk);
    expect(found.path).toBe("/host/a.out");
    const entries = readCpio(found.module!);
    expect(entries.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
      ["host", "40755"],
      ["host/a.out", "100755"],
    ]);
    expect(entries[1].data).toEqual(program);
  });

  const interpreter = new TextEncoder().encode("/lib/ld-linux.so.2\0");
  it.each([
    ["a text", new TextEncoder().encode("int main;"), "not an ELF file"],
    ["an empty file", new Uint8Array(0), "not an ELF file"],
    [
      "an x86-64 program",
      Uint8Array.from(program, (byte, at) => (at === 4 ? 2 : at === 18 ? 62 : byte)),
      "x86-64 (64-bit)",
    ],
    ["a cut program", program.slice(0, 100), "truncated ELF file"],
    ["an object file", buildElf({ type: 1 }), "an object file, not a linked program"],
    ["an empty program", buildElf({}), "nothing to load in it"],
    [
      "a dynamic program",
      buildElf({ segments: [{ type: 3, address: 0x08048000, bytes: interpreter }] }),
      "needs /lib/ld-linux.so.2, which is not in the guest; link it with -static",
    ],
  ])("that is %s is refused in one line", (_, bytes, reason) => {
    const path = hostFile("a.out", bytes);
    const refuse = (): unknown => findProgram(path, ramDisk);
    expect(refuse).toThrowError(UserError);
    expect(refuse).toThrowError(`${path}: `);
    expect(refuse).toThrowError(reason);
    expect(refuse).not.toThrowError("\n");
  });

  it("that was meant to be one of the guest is refused with a hint", () => {
    expect(() => findProgram("/bin/malloc", ramDisk)).toThrowError(
      "/bin/malloc: no such file (a slash means a file of the host; the guest's program is called malloc)",
    );
  });

  it("that is missing, or a folder, is refused in one line", () => {
    expect(() => findProgram("./none", ramDisk)).toThrowError(new UserError("./none: no such file"));
    mkdirSync(join(folder, "dir"));
    expect(() => findProgram(join(folder, "dir"), ramDisk)).toThrowError("is a directory");
  });
});

describe("symbols by process name", () => {
  it("are those of the program asked for, also when the kernel has cut its name", () => {
    const symbols = new ProgramSymbols({ path: "/bin/nullderef", image: sampleElf() }, ramDisk);
    expect(symbols.program("nulldere")?.address("kmain")).toBeDefined();
    expect(symbols.program("")?.address("kmain")).toBeDefined();
    expect(symbols.program("null")).toBeUndefined();
    expect(symbols.program("script")).toBeUndefined();
    expect(symbols.program("malloc")?.address("kmain")).toBeUndefined();
  });
});

describe("cpio archives", () => {
  it("come back as they were written, one behind another too", () => {
    const entries = ["a", "bb", "ccc"].map((name, index) => ({
      name,
      mode: 0o100644,
      data: new Uint8Array(index).fill(index),
    }));
    const archive = writeCpio(entries);
    const padded = new Uint8Array(512);
    padded.set(archive);
    expect(readCpio(archive)).toEqual(entries);
    expect(readCpio(new Uint8Array([...padded, ...archive]))).toEqual([...entries, ...entries]);
  });

  it.skipIf(!hasTool("cpio"))("are what cpio(1) reads (needs cpio)", () => {
    const archive = writeCpio([{ name: "file", mode: 0o100644, data: new TextEncoder().encode("hello") }]);
    const content = execFileSync("cpio", ["-i", "--to-stdout", "--quiet", "file"], {
      input: archive,
      encoding: "utf8",
    });
    expect(content).toBe("hello");
  });

  it("that are damaged give one clear error", () => {
    expect(() => readCpio(new TextEncoder().encode("no archive"))).toThrowError("truncated");
    expect(() => readCpio(new Uint8Array(200).fill(0x41))).toThrowError("cpio archive: an entry has no newc header");
    const broken = writeCpio([{ name: "a", mode: 0, data: new Uint8Array(8) }]);
    expect(() => readCpio(broken.slice(0, 115))).toThrowError("truncated");
    broken[60] = 0x78;
    expect(() => readCpio(broken)).toThrowError("not hexadecimal");
  });
});
