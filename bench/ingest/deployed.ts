/** Node and Hearth as Lambda runs them: the code in one minified file, the heap in bounds that come from the memory. */
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { ProgramSpec } from "./program.ts";
import { hearthServer } from "./programs.ts";

/** The size of the write function, design §5. */
export const MEMORY_MB = 256;

/** What Lambda's own start of Node passes: 5 % of the memory for each half of the young generation, 90 % for the old. */
const NODE_FLAGS = [
  `--max-semi-space-size=${Math.floor(MEMORY_MB * 0.05)}`,
  `--max-old-space-size=${Math.floor(MEMORY_MB * 0.9)}`,
];

/** CommonJS packages expect `require`. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** The write handler on the DynamoDB at `endpoint`. */
export function deployedServer(endpoint: string): ProgramSpec {
  return {
    ...hearthServer(endpoint),
    name: "hearth, bundled",
    args: (port, directory) => [...NODE_FLAGS, bundle(directory), String(port), endpoint],
  };
}

function bundle(directory: string): string {
  const outfile = join(directory, "hearth-server.mjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "hearth-server.ts")],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node24",
    banner: { js: REQUIRE },
  });
  return outfile;
}
