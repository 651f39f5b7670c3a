// `npm start` and `npm run -s faultline -- ARGS`: set-up where needed, then the emulator's command line in this same process.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUpOrExit } from "./setup.mjs";

const args = process.argv.slice(2);
// A kernel of one's own needs no kernel of ours.
const ownKernel = args[0] === "boot" && args.some((arg) => arg === "--kernel" || arg.startsWith("--kernel="));
await setUpOrExit(ownKernel ? ["emulator"] : undefined);

// npm changes to the package's folder; file names on the command line are meant from where it was called. The variables are
// inherited by whatever a script starts, so they count only when it is us that npm runs.
const { INIT_CWD, npm_lifecycle_event: script, npm_package_json: manifest } = process.env;
if (INIT_CWD && (script === "faultline" || script === "start") && manifest === join(root, "package.json")) {
  process.chdir(INIT_CWD);
}
const bundle = join(root, "build", "faultline.mjs");
process.argv.splice(1, 1, bundle);
await import(pathToFileURL(bundle).href);
