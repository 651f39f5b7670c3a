// One set-up at a time: two terminals started at once must not build over each other.
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { say } from "./progress.mjs";

const POLL_MS = 100;
const BEAT_MS = 2_000;
/** Without a heartbeat for this long the owner is gone, whatever its process number says now. */
const DEAD_MS = 30_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs `work` while holding the lock file `path`. Waits for another holder, takes over from a dead one. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    if (isAbandoned(path)) {
      removeAbandoned(path);
      continue;
    }
    if (!told) say("another set-up is at work here, waiting for it ...");
    told = true;
    await sleep(POLL_MS);
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  const release = () => rmSync(path, { force: true });
  const onSignal = (signal) => {
    release();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.once("exit", release);
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    release();
  }
}

function tryTake(path) {
  let file;
  try {
    file = openSync(path, "wx");
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeSync(file, `${process.pid} ${hostname()}\n`);
  closeSync(file);
  return true;
}

function touch(path) {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Removed by somebody: the work goes on, every file is put in place by a rename.
  }
}

function isAbandoned(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs > DEAD_MS) return true;
    const [pid, host] = readFileSync(path, "utf8").trim().split(" ");
    return host === hostname() && !isAlive(Number(pid));
  } catch {
    return false; // gone meanwhile
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return true; // being written at this moment
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Of several that found the same dead lock only one may remove it, or it might remove the next holder's. */
function removeAbandoned(path) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another was faster
  }
  if (!isAbandoned(aside)) {
    // Between the look and the rename somebody took the lock anew: give it back.
    renameSync(aside, path);
    return;
  }
  rmSync(aside, { force: true });
}
