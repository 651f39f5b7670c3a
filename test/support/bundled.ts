import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { repository } from "./repository.ts";

/**
 * Bundles modules of the repository, as the published command is, and imports the result natively. Vitest transforms
 * each file on its own: constant enums become property lookups and imports become getters, which makes the interpreter
 * about a hundred times slower. Tests that run a guest for long go through here.
 *
 * @param name a name of its own for each caller: the bundle lies in node_modules/.cache, from where node-pty is found
 * @param source what an entry module beside this repository's root would say, e.g. `export * from "./emulator/...";`
 */
export async function importBundled<T>(name: string, source: string): Promise<T> {
  return (await import(pathToFileURL(bundle(name, source)).href)) as T;
}

/** Writes the bundle and returns its path. */
export function bundle(name: string, source: string): string {
  const folder = join(repository, "node_modules/.cache/faultline-test");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  buildSync({
    stdin: { contents: source, resolveDir: repository, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["node-pty", "esbuild"],
    outfile,
    logLevel: "error",
  });
  process.on("exit", () => rmSync(outfile, { force: true }));
  return outfile;
}
