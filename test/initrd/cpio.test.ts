import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CpioEntry, FileType, writeCpio } from "../../scripts/initrd/cpio.ts";
import { initrdEntries, programSources } from "../../scripts/initrd/entries.ts";
import { repository } from "../support/repository.ts";
import { hasTool } from "../support/tools.ts";

interface Member {
  path: string;
  fields: number[];
  data: string;
}

/** A reader as strict as Linux's: every header where the one before says, hex digits only, the trailer at the end. */
function readCpio(archive: Uint8Array): Member[] {
  const text = Buffer.from(archive).toString("latin1");
  const members: Member[] = [];
  for (let offset = 0; ;) {
    expect(offset % 4).toBe(0);
    const header = text.slice(offset, offset + 110);
    expect(header).toMatch(/^070701[0-9A-F]{104}$/);
    const fields = Array.from({ length: 13 }, (_, i) => parseInt(header.slice(6 + i * 8, 14 + i * 8), 16));
    const [nameSize, size] = [fields[11], fields[6]];
    const path = text.slice(offset + 110, offset + 110 + nameSize - 1);
    expect(text[offset + 110 + nameSize - 1]).toBe("\0");
    const data = (offset + 110 + nameSize + 3) & ~3;
    offset = (data + size + 3) & ~3;
    if (path === "TRAILER!!!") {
      expect(text.slice(offset)).toMatch(/^\0*$/);
      return members;
    }
    members.push({ path, fields, data: text.slice(data, data + size) });
  }
}

const file = (path: string, data: string): CpioEntry => ({
  path,
  mode: FileType.regular | 0o644,
  data: Buffer.from(data, "latin1"),
});

describe("the cpio writer", () => {
  const entry = fc
    .tuple(fc.stringMatching(/^[a-z]{1,9}(\/[a-z]{1,9}){0,3}$/), fc.uint8Array({ maxLength: 50 }), fc.boolean())
    .map(([path, data, directory]) =>
      directory ? { path, mode: FileType.directory | 0o755 } : { path, mode: FileType.regular | 0o600, data },
    );
  const entries = fc.uniqueArray(entry, { selector: ({ path }) => path, maxLength: 12 });

  it("keeps every path, mode and byte", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const members = readCpio(writeCpio(list));
        const sorted = [...list].sort((a, b) => (a.path < b.path ? -1 : 1));
        expect(members.map(({ path }) => path)).toEqual(sorted.map(({ path }) => path));
        expect(members.map(({ fields }) => fields[1])).toEqual(sorted.map(({ mode }) => mode));
        expect(members.map(({ data }) => data)).toEqual(
          sorted.map((item) => ("data" in item ? Buffer.from(item.data!).toString("latin1") : "")),
        );
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("gives the same bytes for the same content in any order", () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(writeCpio([...list].reverse())).toEqual(writeCpio(list));
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it("names no time and no owner, and numbers the inodes", () => {
    const members = readCpio(
      writeCpio([file("b", "x"), file("a", ""), { path: "d", mode: FileType.directory | 0o755 }]),
    );
    expect(members.map(({ fields }) => fields[0])).toEqual([1, 2, 3]);
    for (const { fields } of members) expect([fields[2], fields[3], fields[5]]).toEqual([0, 0, 0]);
    expect(members.map(({ fields }) => fields[4])).toEqual([1, 1, 2]);
  });

  it("fills whole blocks of 512 bytes", () => {
    expect(writeCpio([]).length).toBe(512);
    expect(writeCpio([file("a", "x".repeat(1000))]).length % 512).toBe(0);
  });

  it("records device numbers", () => {
    const device = { path: "null", mode: FileType.characterDevice | 0o666, deviceMajor: 1, deviceMinor: 3 };
    expect(readCpio(writeCpio([device]))[0].fields.slice(9, 11)).toEqual([1, 3]);
  });

  it("refuses two entries of one path and absolute paths", () => {
    expect(() => writeCpio([file("a", "1"), file("a", "2")])).toThrow("cpio: a is there twice");
    expect(() => writeCpio([file("/a", "")])).toThrow('cpio: not a relative path: "/a"');
    expect(() => writeCpio([file("", "")])).toThrow("not a relative path");
  });

  it.skipIf(!hasTool("cpio"))("writes what cpio(1) reads", () => {
    const archive = writeCpio([{ path: "d", mode: FileType.directory | 0o755 }, file("d/f", "hello\n")]);
    const list = spawnSync("cpio", ["-t", "--quiet"], { input: archive, encoding: "utf8" });
    expect(list).toMatchObject({ stdout: "d\nd/f\n", stderr: "", status: 0 });
    const content = spawnSync("cpio", ["-i", "--to-stdout", "--quiet", "d/f"], { input: archive, encoding: "utf8" });
    expect(content.stdout).toBe("hello\n");
  });
});

describe("the initrd", () => {
  const programs = programSources(repository).map(({ name }) => ({
    name,
    elf: new Uint8Array([0x7f, 0x45, 0x4c, 0x46]),
  }));
  const members = readCpio(writeCpio(initrdEntries(repository, programs)));
  const paths = members.map(({ path }) => path);

  it("has the directories, devices, texts and programs a session needs", () => {
    expect(paths).toEqual(
      expect.arrayContaining(["bin", "dev", "etc", "proc", "tmp", "dev/console", "etc/motd", "README.txt"]),
    );
    const names = ["sh", "malloc", "nullderef", "rowrite", "echo", "cat", "ls"];
    expect(paths).toEqual(expect.arrayContaining(names.map((name) => `bin/${name}`)));
  });

  it("has every directory before what is in it", () => {
    paths.forEach((path, index) => {
      const slash = path.lastIndexOf("/");
      if (slash >= 0) expect(paths.slice(0, index)).toContain(path.slice(0, slash));
    });
  });

  it("makes programs executable, texts readable, /tmp open to all", () => {
    const mode = (path: string) => members.find((member) => member.path === path)!.fields[1];
    expect(mode("bin/sh")).toBe(FileType.regular | 0o755);
    expect(mode("README.txt")).toBe(FileType.regular | 0o644);
    expect(mode("tmp")).toBe(FileType.directory | 0o1777);
  });

  it("is the same twice", () => {
    const hash = () =>
      createHash("sha256")
        .update(writeCpio(initrdEntries(repository, programs)))
        .digest("hex");
    expect(hash()).toBe(hash());
  });
});
