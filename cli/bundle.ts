/**
 * `npm pack` and `npm publish` run this first: it bundles the command to dist/hearth.mjs, since Node
 * strips no types of files below node_modules. Packages stay imports.
 */
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

await build({
  entryPoints: [join(ROOT, "cli/hearth.ts")],
  outfile: join(process.argv[2] ?? ROOT, "dist/hearth.mjs"),
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node24",
});
