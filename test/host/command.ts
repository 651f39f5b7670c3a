import { spawn, spawnSync } from "node:child_process";
import { bundle } from "../support/bundled.ts";

/** Bundles the `faultline` command for a test file and returns its path; our own kernel does not lie beside it. */
export function bundleCommand(name: string): string {
  return bundle(name, 'import "./emulator/cli/main.ts";');
}

export interface Ended {
  stdout: string;
  stderr: string;
  /** Exit status, or minus the signal's name. */
  status: number | string;
}

/** Runs the command to its end with `input` on standard input. */
export function faultline(command: string, args: string[], input = "", timeout = 30_000): Ended {
  const run = spawnSync(process.execPath, [command, ...args], { input, timeout, encoding: "latin1" });
  return { stdout: run.stdout, stderr: run.stderr, status: run.status ?? `-${run.signal}` };
}

/** Runs a shell line; `$FAULTLINE` is the command. */
export function shell(command: string, line: string): Ended {
  const env = { ...process.env, FAULTLINE: `${process.execPath} ${command}` };
  const run = spawnSync("bash", ["-c", line], { env, timeout: 30_000, encoding: "latin1" });
  return { stdout: run.stdout, stderr: run.stderr, status: run.status ?? `-${run.signal}` };
}

/** Starts the command, waits for `text` on its standard output, then sends the signal; resolves at its end. */
export function interrupted(command: string, args: string[], text: string, signal: NodeJS.Signals): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const before = stdout.includes(text);
      stdout += chunk.toString("latin1");
      if (!before && stdout.includes(text)) child.kill(signal);
    });
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("latin1")));
    child.on("close", (status, name) => resolve({ stdout, stderr, status: status ?? `-${name}` }));
  });
}
