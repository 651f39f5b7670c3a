import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../machine/user_error.ts";

const REASONS: Record<string, string> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "is a directory",
  EACCES: "permission denied",
};

/** @throws UserError that names the file and the reason */
export function readUserFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(`${path}: ${REASONS[code ?? ""] ?? message}`);
  }
}

/** A file of our own build, which lies beside the bundle (`build/`), or null when it has not been built. */
export function builtFile(name: string): string | null {
  const path = join(dirname(fileURLToPath(import.meta.url)), name);
  return existsSync(path) ? path : null;
}
