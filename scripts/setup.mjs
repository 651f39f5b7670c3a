// Everything a fresh clone needs before anything runs: npm packages, the emulator's bundle, kernel, programs, RAM disk. What is up to date
// is left alone. Plain JavaScript without dependencies, since it is what installs them.
//
//   node scripts/setup.mjs                   all of it
//   node scripts/setup.mjs dependencies emulator guest      the parts named
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { builds, isCurrent, runBuild } from "./setup/builds.mjs";
import { dependenciesAreCurrent, installDependencies } from "./setup/dependencies.mjs";
import { withLock } from "./setup/lock.mjs";
import { SetupError, say, step } from "./setup/progress.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Brings the named parts (default: all) up to date. Throws SetupError with a message for the reader. */
export async function setUp(parts = ["emulator", "guest"]) {
  const wanted = Object.values(builds).filter(({ name }) => parts.includes(name));
  const isReady = () => dependenciesAreCurrent(root) && wanted.every((build) => isCurrent(root, build));
  if (isReady()) return;
  await withLock(join(root, "build", ".lock"), async () => {
    if (!dependenciesAreCurrent(root)) await installDependencies(root);
    const stale = wanted.filter((build) => !isCurrent(root, build));
    // Every build comes to its end before an error is reported: none is cut short by another's.
    const results = await Promise.allSettled(stale.map((build) => step(build.title, () => runBuild(root, build))));
    const failed = results.find(({ status }) => status === "rejected");
    if (failed) throw failed.reason;
  });
}

/** setUp() for a command: a failure ends the process with status 1 and says why. */
export async function setUpOrExit(parts) {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    say(`needs Node 20 or newer, this is ${process.version}`);
    process.exit(1);
  }
  try {
    await setUp(parts);
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const parts = process.argv.slice(2);
  const unknown = parts.filter((part) => part !== "dependencies" && !(part in builds));
  if (unknown.length > 0) {
    say(`unknown part: ${unknown.join(" ")} (parts: dependencies ${Object.keys(builds).join(" ")})`);
    process.exit(2);
  }
  await setUpOrExit(parts.length > 0 ? parts : undefined);
}
