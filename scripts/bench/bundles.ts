// The two programs that run in processes of their own, as single files that plain Node runs.
import { join } from "node:path";
import { buildSync } from "esbuild";

export function bundleChild(root: string, name: "faultline_child" | "v86_child", folder: string): string {
  const outfile = join(folder, `${name}.mjs`);
  buildSync({
    absWorkingDir: root,
    entryPoints: [`scripts/bench/${name}.ts`],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    external: ["v86"],
    logLevel: "error",
  });
  return outfile;
}
