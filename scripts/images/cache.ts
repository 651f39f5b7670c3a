import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hashBytes, hashFile, hashInputs } from "../setup/files.mjs";
import type { BuildRequest, BuildSuccess } from "../toolchain/index.ts";

/** What everything is built with: a change here makes everything new. */
const TOOLS = ["scripts/toolchain", "package-lock.json"];
const CACHE_FILE = "build/.stamps/images.json";

interface Entry {
  /** The request, as text. */
  readonly request: string;
  readonly inputs: readonly string[];
  /** Of the inputs' contents. */
  readonly hash: string;
  /** Of the image. */
  readonly output: string;
}

/** Which images of the last build are still what a new one would make: same tools, same request, same contents of all files used. */
export class BuildCache {
  readonly #tools: string;
  readonly #last: Readonly<Record<string, Entry>>;
  readonly #next: Record<string, Entry> = {};

  constructor(private readonly root: string) {
    this.#tools = hashInputs(root, TOOLS);
    this.#last = readLast(root, this.#tools);
  }

  /** The image at `output` if it is up to date. */
  find(output: string, request: BuildRequest): Uint8Array | undefined {
    const entry = this.#last[output];
    if (entry?.request !== JSON.stringify(request)) return undefined;
    if (entry.hash !== hashInputs(this.root, entry.inputs)) return undefined;
    if (entry.output !== hashFile(join(this.root, output))) return undefined;
    this.#next[output] = entry;
    return readFileSync(join(this.root, output));
  }

  add(output: string, request: BuildRequest, { elf, inputs }: BuildSuccess): void {
    const hash = hashInputs(this.root, inputs);
    this.#next[output] = { request: JSON.stringify(request), inputs, hash, output: hashBytes(elf) };
  }

  /** The file to write for the next build, after the images. */
  file(): [path: string, contents: string] {
    return [CACHE_FILE, JSON.stringify({ tools: this.#tools, images: this.#next })];
  }
}

function readLast(root: string, tools: string): Record<string, Entry> {
  try {
    const last = JSON.parse(readFileSync(join(root, CACHE_FILE), "utf8"));
    return last.tools === tools ? last.images : {};
  } catch {
    return {}; // the first build
  }
}
