/**
 * `npm pack` and `npm publish` run this first: it bundles the command and the worker threads of
 * `npm start` to dist, since Node strips no types of files below node_modules. Packages stay imports.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
/** For lib/model/regexp/re2.ts, whose own `createRequire` keeps its name in a bundle that is not minified. */
const REQUIRE =
  'import { createRequire as newRequire } from "node:module"; const require = newRequire(import.meta.url);';
/** How a module names the file of a worker thread beside it. */
const WORKER_URL = /new URL\("([\w-]+)\.ts", import\.meta\.url\)/g;

/** Files of worker threads are called .mjs in dist. */
const renameWorkers: Plugin = {
  name: "rename-workers",
  setup: ({ onLoad }) =>
    onLoad({ filter: /local[\\/]workers[\\/][\w-]+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { loader: "ts", contents: text.replaceAll(WORKER_URL, 'new URL("$1.mjs", import.meta.url)') };
    }),
};

await build({
  entryPoints: ["cli/hearth.ts", "local/workers/worker.ts", "local/workers/database-worker.ts"].map((file) =>
    join(ROOT, file),
  ),
  outdir: join(process.argv[2] ?? ROOT, "dist"),
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  outExtension: { ".js": ".mjs" },
  plugins: [renameWorkers],
  bundle: true,
  splitting: true,
  packages: "external",
  banner: { js: REQUIRE },
  platform: "node",
  format: "esm",
  target: "node24",
});
