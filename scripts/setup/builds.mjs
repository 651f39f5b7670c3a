// What is built, from what, and whether it is up to date. A build is known by the content of its inputs, not by dates.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { hashFile, hashInputs, writeFilesAtomically } from "./files.mjs";
import { SetupError } from "./progress.mjs";

/** The emulator as one file that plain Node runs. */
const emulator = {
  name: "emulator",
  title: "building the emulator",
  inputs: ["emulator", "package-lock.json", "scripts/setup/builds.mjs"],
  async run(root) {
    const { build } = await import("esbuild");
    const { outputFiles } = await bundle(build, "the emulator", {
      absWorkingDir: root,
      entryPoints: ["emulator/cli/main.ts"],
      outfile: "build/faultline.mjs",
      sourcemap: "linked",
      // Optional: a machine without a C compiler does not have it, and only `--serial pty` needs it.
      external: ["node-pty"],
    });
    return outputFiles.map(({ path, contents }) => [path, contents]);
  },
};

/** Kernel, programs and initial RAM disk, by the toolchain. Runs as a process of its own, so that both builds share two cores. */
const guest = {
  name: "guest",
  title: "building the kernel and the programs",
  inputs: [
    ...["kernel", "userland", "scripts/toolchain", "scripts/initrd"],
    ...["scripts/build.ts", "scripts/images", "scripts/setup/files.mjs", "package-lock.json"],
  ],
  async run(root) {
    const { status, stdout, stderr } = await runNode(root, [await bundleBuildScript(root)]);
    if (status !== 0) throw new SetupError(`the kernel and the programs do not build\n${stderr.trimEnd()}`);
    if (stderr !== "") process.stderr.write(stderr);
    // The child has put the files in place itself and names them.
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((path) => [join(root, path), undefined]);
  },
};

/**
 * scripts/build.ts with the toolchain as one file: esbuild makes it in a fraction of the time that ts-node takes to transpile as many
 * files, and puts the values of const enums in place, which the compiler's inner loops feel.
 */
async function bundleBuildScript(root) {
  const { build } = await import("esbuild");
  const script = join(root, "build", ".stamps", "build.mjs");
  const atHome = {
    name: "at-home",
    setup({ onLoad }) {
      // The library's sources are found from where the toolchain's are.
      onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
        loader: path.endsWith(".ts") ? "ts" : "js",
      }));
    },
  };
  const { outputFiles } = await bundle(build, "the build script", {
    absWorkingDir: root,
    entryPoints: ["scripts/build.ts"],
    outfile: script,
    packages: "external",
    sourcemap: "inline",
    plugins: [atHome],
  });
  writeFilesAtomically(outputFiles.map(({ path, contents }) => [path, contents]));
  return script;
}

/** esbuild with what both bundles share, and its errors for the reader. */
async function bundle(build, what, options) {
  try {
    return await build({
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      write: false,
      logLevel: "silent",
      ...options,
    });
  } catch (error) {
    const { formatMessages } = await import("esbuild");
    const errors = await formatMessages(error.errors ?? [], { kind: "error", color: process.stderr.isTTY });
    throw new SetupError(`${what} does not build\n${errors.join("") || error.message}`);
  }
}

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
