import { defineConfig } from "vitest/config";
import { inlineConstEnums } from "./support/const_enums.ts";

export default defineConfig({
  plugins: [inlineConstEnums()],
  test: {
    include: ["test/**/*.test.ts"],
    // Two workers on a small machine: the emulator is CPU-bound, more only adds noise.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
