/** Node and Hearth as on Lambda: one minified file, heap limits derived from the function's memory. */
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { ProgramSpec } from "./program.ts";
import { hearthServer } from "./programs.ts";

/** CommonJS packages expect `require`. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * The options that Lambda passes to Node: 5 % of the memory for each semi-space, 90 % for the old
 * generation.
 */
function nodeFlags(memoryMb: number): string[] {
  return [
    `--max-semi-space-size=${Math.floor(memoryMb * 0.05)}`,
    `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
  ];
}

/**
 * A server of the benchmark on the DynamoDB at `endpoint`, in a function of `memoryMb`. `module`:
 * an absolute path.
 */
export function deployedServer(endpoint: string, module: string, memoryMb: number): ProgramSpec {
  return {
    ...hearthServer(endpoint),
    name: "hearth, bundled",
    env: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb) },
    args: (port, directory) => [...nodeFlags(memoryMb), bundle(module, directory), String(port), endpoint],
  };
}

function bundle(module: string, directory: string): string {
  const outfile = join(directory, "server.mjs");
  buildSync({
    entryPoints: [module],
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
