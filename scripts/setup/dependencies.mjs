// The npm packages: installed from the lockfile when they are not there or not the ones it names.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { hashFile, writeFilesAtomically } from "./files.mjs";
import { SetupError, step } from "./progress.mjs";

const stampOf = (root) => join(root, "node_modules", ".faultline-lock");

/** True when node_modules holds what package-lock.json asks for. */
export function dependenciesAreCurrent(root) {
  const wanted = hashFile(join(root, "package-lock.json"));
  try {
    if (
      readFileSync(stampOf(root), "utf8") === wanted &&
      existsSync(join(root, "node_modules", ".package-lock.json"))
    ) {
      return true;
    }
  } catch {
    // No stamp: somebody may have run npm by hand.
  }
  if (!matchesLockfile(root)) return false;
  writeFilesAtomically([[stampOf(root), wanted]]);
  return true;
}

/** npm writes node_modules/.package-lock.json last: it says what is installed, and that the installation came to its end. */
function matchesLockfile(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const installed = JSON.parse(readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8")).packages;
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      if (path === "") return true;
      return installed[path] ? installed[path].version === version : optional === true;
    });
  } catch {
    return false;
  }
}

export async function installDependencies(root) {
  await step("installing the npm packages", async () => {
    const { status, output } = await runNpm(root, [
      ...["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"],
      // `npm run -s` makes npm's children silent too, errors included.
      ...["--loglevel=error", "--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=2000"],
    ]);
    if (status !== 0) throw new SetupError(explain(status, output));
  });
  writeFilesAtomically([[stampOf(root), hashFile(join(root, "package-lock.json"))]]);
}

function runNpm(root, args) {
  // The npm that runs this script, so that a version manager's choice holds; otherwise the one on PATH.
  const script = process.env.npm_execpath;
  const ours = script !== undefined && basename(script).startsWith("npm-cli");
  const [command, ...rest] = ours ? [process.execPath, script, ...args] : ["npm", ...args];
  const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: !ours && process.platform === "win32" };
  return new Promise((resolve) => {
    const child = spawn(command, rest, options);
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ status: -1, output: `cannot run npm: ${error.message}` }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|network/;

function explain(status, output) {
  // npm says what is wrong first and then explains its own command line.
  const lines = output.split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, "").trimEnd());
  const told = lines
    .filter((line) => line !== "" && !/complete log of this run|^npm warn|^\s+at /.test(line))
    .slice(0, 8);
  const details = told.map((line) => `  ${line}`).join("\n");
  const reason = OFFLINE.test(output)
    ? "the npm registry could not be reached; the first start needs it once, later ones do not"
    : `npm ci ended with status ${status}`;
  return `the npm packages could not be installed: ${reason}\n${details}`;
}
