/**
 * `npm run bench:bundle`: size and import time of the functions that `sam build` made. Fails if the
 * write function exceeds its budget. The fastest time counts: a busy machine disturbs it least.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findBundles, importTimesMs } from "./bundle/measure.ts";

const BUILD_DIRECTORY = join(import.meta.dirname, "..", ".aws-sam", "build");
const IMPORTS = 15;
const BUDGET = { name: "write", startBytes: 270_000, importMs: 100 };

async function main(): Promise<void> {
  if (!existsSync(BUILD_DIRECTORY)) throw new Error(`${BUILD_DIRECTORY} is not there: run sam build first`);
  console.log(
    `function   at start        all  source maps   fastest import of ${IMPORTS} processes (median)`,
  );
  for (const bundle of await findBundles(BUILD_DIRECTORY)) {
    const times = (await importTimesMs(bundle, IMPORTS)).sort((a, b) => a - b);
    const [fastest, median] = [times[0], times[IMPORTS >> 1]];
    console.log(
      bundle.name.padEnd(9),
      kilobytes(bundle.startBytes),
      kilobytes(bundle.sizeBytes).padStart(10),
      kilobytes(bundle.sourceMapBytes).padStart(12),
      `${fastest.toFixed(0)} ms (${median.toFixed(0)} ms)`.padStart(20),
    );
    const isOver = bundle.startBytes > BUDGET.startBytes || fastest > BUDGET.importMs;
    if (bundle.name !== BUDGET.name || !isOver) continue;
    console.log(`over the budget: ${BUDGET.startBytes / 1000} kB at start, ${BUDGET.importMs} ms`);
    process.exitCode = 1;
  }
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`.padStart(9);
}

await main();
