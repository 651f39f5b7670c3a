// Lets Node run the TypeScript scripts: `node --import ./scripts/ts-node.mjs scripts/build.ts`.
import { register } from "node:module";

register("ts-node/esm/transpile-only", import.meta.url);
