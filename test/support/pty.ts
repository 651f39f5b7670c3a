import { createRequire } from "node:module";

type NodePty = typeof import("node-pty");

/**
 * node-pty, or null: it is optional, since it needs a C++ compiler where npm has no binary of it. Tests that need it are
 * skipped by name then.
 */
export const pty: NodePty | null = load();

function load(): NodePty | null {
  try {
    return createRequire(import.meta.url)("node-pty") as NodePty;
  } catch {
    if (process.env.FAULTLINE_REQUIRE_TOOLS) throw new Error("node-pty is required here but is not installed");
    return null;
  }
}
