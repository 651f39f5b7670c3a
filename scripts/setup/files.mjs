// Content hashes and atomic writes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Hash over names and contents of files; a folder counts with everything below it, what does not exist counts as nothing. */
export function hashInputs(root, paths) {
  const hash = createHash("sha256");
  for (const path of paths) hashPath(hash, root, path);
  return hash.digest("hex");
}

function hashPath(hash, root, path) {
  const full = join(root, path);
  let entries;
  try {
    entries = readdirSync(full, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") hash.update(`${path}\0`).update(readFileSync(full)).update("\0");
    else if (error.code !== "ENOENT") throw error;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // Dot files are editors' leftovers, documents do not take part.
    if (entry.name.startsWith(".") || entry.name.endsWith(".md")) continue;
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) hashPath(hash, root, inner);
    else if (entry.isFile())
      hash
        .update(`${inner}\0`)
        .update(readFileSync(join(root, inner)))
        .update("\0");
  }
}

export function hashBytes(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The hash of a file's content; "" when there is no such file. */
export function hashFile(path) {
  return existsSync(path) ? hashBytes(readFileSync(path)) : "";
}

/** Puts all files in place, each by a rename, only after every one is completely written. */
export function writeFilesAtomically(files) {
  const temporary = new Map();
  try {
    for (const [path, contents] of files) {
      mkdirSync(dirname(path), { recursive: true });
      const name = `${path}.${process.pid}.tmp`;
      temporary.set(name, path);
      writeFileSync(name, contents);
    }
    for (const [name, path] of temporary) renameSync(name, path);
  } finally {
    for (const name of temporary.keys()) rmSync(name, { force: true });
  }
}
