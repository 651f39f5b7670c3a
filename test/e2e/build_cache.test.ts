import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuildCache } from "../../scripts/images/cache.ts";
import type { BuildRequest } from "../../scripts/toolchain/index.ts";

let root = "";

function write(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), contents);
}

const request: BuildRequest = { name: "a", root: "/", entry: "a.ts", textBase: 0x08048000, entrySymbol: "_start" };
const elf = Uint8Array.of(1, 2, 3);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-cache-"));
  write("scripts/toolchain/index.ts", "compiler 1");
  write("a.ts", "program");
  write("lib.ts", "library");
  const cache = new BuildCache(root);
  expect(cache.find("build/a", request)).toBeUndefined();
  cache.add("build/a", request, { elf, inputs: ["a.ts", "lib.ts"] });
  write("build/a", elf);
  write(...cache.file());
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the cache of images", () => {
  const find = (changed: BuildRequest = request): Uint8Array | undefined =>
    new BuildCache(root).find("build/a", changed);

  it("has an image as long as nothing it was made of changes", () => {
    expect(new Uint8Array(find()!)).toEqual(elf);
    write("other.ts", "not used");
    expect(find()).toBeDefined();
  });

  it.each([
    ["a source", () => write("lib.ts", "library 2")],
    ["the toolchain", () => write("scripts/toolchain/index.ts", "compiler 2")],
    ["the image", () => write("build/a", Uint8Array.of(9))],
    ["the image's presence", () => rmSync(join(root, "build/a"))],
    ["its own file", () => write("build/.stamps/images.json", "{")],
  ])("forgets it with a change of %s", (_, change) => {
    change();
    expect(find()).toBeUndefined();
  });

  it("forgets it with another request", () => {
    expect(find({ ...request, textBase: 0x10000 })).toBeUndefined();
  });

  it("carries what it found over to the next build", () => {
    const second = new BuildCache(root);
    second.find("build/a", request);
    write(...second.file());
    expect(find()).toBeDefined();
  });
});
