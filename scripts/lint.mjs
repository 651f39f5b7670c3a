// Everything that can be said about the sources without running them: ESLint, the type checker on every TypeScript project, the formatter.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, setUpOrExit } from "./setup.mjs";

await setUpOrExit(["dependencies"]);

const projects = [
  "tsconfig.json",
  "kernel/tsconfig.json",
  "userland/tsconfig.json",
  "test/kernel/programs/tsconfig.json",
  "scripts/bench/guests/tsconfig.json",
];
const checks = [
  ["eslint", "eslint/bin/eslint.js", "--config=scripts/eslint.config.js", "--max-warnings=0", "."],
  ...projects
    .filter((project) => existsSync(join(root, project)))
    .map((project) => [`tsc -p ${project}`, "typescript/bin/tsc", "--noEmit", "-p", project]),
  ["prettier", "prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."],
];

// All of them run, so that one look shows everything there is to mend.
const failed = checks.filter(([name, script, ...args]) => {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules", script), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.stdout.write(`${name}: ${status === 0 ? "clean" : "problems"}\n`);
  return status !== 0;
});
process.exit(failed.length === 0 ? 0 : 1);
