// What is built, from what, and whether it is up to date. A build is known by the content of its inputs, not by dates.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { hashFile, hashInputs, writeFilesAtomically } from "./files.mjs";
import { SetupError } from "./progress.mjs";

/** The emulator as one file that plain Node runs. */
const emulator = {
  name: "emulator",
  title: "building the emulator",
  inputs: ["emulator", "package-lock.json", "scripts/setup/builds.mjs"],
  async run(root) {
    const { build } = await import("esbuild");
    let result;
    try {
      result = await build({
        absWorkingDir: root,
        entryPoints: ["emulator/cli/main.ts"],
        outfile: "build/faultline.mjs",
        bundle: true,
        platform: "node",
        target: "node20",
        format: "esm",
        sourcemap: "linked",
        // Optional: a machine without a C compiler does not have it, and only `--serial pty` needs it.
        external: ["node-pty"],
        write: false,
        logLevel: "silent",
      });
    } catch (error) {
      const { formatMessages } = await import("esbuild");
      const errors = await formatMessages(error.errors ?? [], { kind: "error", color: process.stderr.isTTY });
      throw new SetupError(`the emulator does not build\n${errors.join("") || error.message}`);
    }
    return result.outputFiles.map(({ path, contents }) => [path, contents]);
  },
};

/** Kernel, programs and initial RAM disk, by the toolchain. Runs as a process of its own, so that both builds share two cores. */
const guest = {
  name: "guest",
  title: "building the kernel and the programs",
  inputs: [
    ...["kernel", "userland", "scripts/toolchain", "scripts/initrd"],
    ...["scripts/build.ts", "scripts/build", "package-lock.json"],
  ],
  async run(root) {
    const args = ["--import", "./scripts/ts-node.mjs", "scripts/build.ts"];
    const { status, stdout, stderr } = await runNode(root, args);
    if (status !== 0) throw new SetupError(`the kernel and the programs do not build\n${stderr.trimEnd()}`);
    if (stderr !== "") process.stderr.write(stderr);
    // The child has put the files in place itself and names them.
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((path) => [join(root, path), undefined]);
  },
};

export const builds = { emulator, guest };

const stampOf = (root, { name }) => join(root, "build", ".stamps", `${name}.json`);

function readStamp(root, build) {
  try {
    return JSON.parse(readFileSync(stampOf(root, build), "utf8"));
  } catch {
    return undefined; // never built
  }
}

export function isCurrent(root, build) {
  const stamp = readStamp(root, build);
  if (stamp?.inputs !== hashInputs(root, build.inputs)) return false;
  return Object.entries(stamp.outputs).every(([path, hash]) => hashFile(join(root, path)) === hash);
}

/** Builds and then notes from what: the stamp comes last, so that an interrupted build is no build. */
export async function runBuild(root, build) {
  const inputs = hashInputs(root, build.inputs);
  const files = await build.run(root);
  writeFilesAtomically(files.filter(([, contents]) => contents !== undefined));
  const outputs = {};
  for (const [path] of files) outputs[relative(root, path).replaceAll("\\", "/")] = hashFile(path);
  // What the last build made and this one does not: a program whose source is gone.
  for (const path of Object.keys(readStamp(root, build)?.outputs ?? {})) {
    if (!(path in outputs)) rmSync(join(root, path), { force: true });
  }
  writeFilesAtomically([[stampOf(root, build), JSON.stringify({ inputs, outputs }, null, 2)]]);
}

function runNode(root, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("error", (error) => resolve({ status: -1, stdout, stderr: error.message }));
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}
