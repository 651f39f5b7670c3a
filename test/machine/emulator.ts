// The machine as tests use it: bundled, since guests run for millions of instructions.
import type * as feed from "../../emulator/machine/console_feed.ts";
import type * as watch from "../../emulator/machine/idle_watch.ts";
import type * as machine from "../../emulator/machine/machine.ts";
import { importBundled } from "../support/bundled.ts";

export const { Machine, ConsoleFeed, IdleWatch } = await importBundled<typeof machine & typeof feed & typeof watch>(
  "machine",
  `export * from "./emulator/machine/machine.ts";
   export * from "./emulator/machine/console_feed.ts";
   export * from "./emulator/machine/idle_watch.ts";`,
);
