import tseslint from "typescript-eslint";
import importX from "eslint-plugin-import-x";

// Imports point down the table of docs/architecture.md only; the core rooms import nothing of Node.
const room = (target, from, message) => ({ target, from: from.map((path) => `${path}/**/*`), message });
const node = [
  "fs",
  "path",
  "os",
  "net",
  "child_process",
  "buffer",
  "process",
  "url",
  "util",
  "stream",
  "events",
  "crypto",
  "tty",
  "readline",
  "worker_threads",
].flatMap((name) => [name, `node:${name}`, `node:${name}/*`]);

export default tseslint.config(
  {
    ignores: [
      "build/",
      "node_modules/",
      "kernel/",
      "userland/",
      "scripts/toolchain/std/",
      "scripts/bench/guests/",
      "scripts/toolchain/**/std/",
      "test/kernel/programs/",
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    plugins: { "import-x": importX },
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            room("./emulator/cpu", ["./emulator/!(cpu)", "./scripts", "./test"], "emulator/cpu imports nothing"),
            room(
              "./emulator/devices",
              ["./emulator/!(devices)", "./scripts", "./test"],
              "a device imports only its bus interfaces",
            ),
            room("./emulator/machine", ["./emulator/!(cpu|devices|machine)", "./scripts", "./test"]),
            room("./emulator/debug", ["./emulator/!(cpu|machine|debug)", "./scripts", "./test"]),
            room("./emulator/host", ["./emulator/!(cpu|devices|machine|debug|host)", "./scripts", "./test"]),
            room("./emulator/cli", ["./scripts", "./test"]),
            room("./scripts/toolchain", ["./emulator", "./kernel", "./userland", "./test"]),
          ],
        },
      ],
    },
  },
  {
    files: ["emulator/cpu/**/*.ts", "emulator/devices/**/*.ts", "emulator/machine/**/*.ts", "emulator/debug/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: node }],
      "no-restricted-globals": ["error", "process", "Buffer", "performance", "setTimeout", "setInterval", "require"],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "a run is a function of images and input log" },
        { object: "Date", property: "now", message: "nothing reads the host's clock below emulator/host" },
      ],
    },
  },
);
