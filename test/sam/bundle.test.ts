/** The bundles load, and the write function's keeps its budget; npm run bench:bundle has the times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findBundles, importTimesMs } from "../../bench/bundle/measure.ts";
import { BUILD_DIRECTORY } from "./environment.ts";

/** Minified, of all modules together. */
const MAX_WRITE_BYTES = 600_000;

test("every bundle loads; the write function's is within its budget", async (t) => {
  const bundles = await findBundles(BUILD_DIRECTORY);
  assert.ok(bundles.length >= 3);
  for (const bundle of bundles) {
    const [importMs] = await importTimesMs(bundle, 1);
    t.diagnostic(`${bundle.name}: ${bundle.sizeBytes} bytes, import ${importMs.toFixed(0)} ms`);
    if (bundle.name === "write")
      assert.ok(bundle.sizeBytes <= MAX_WRITE_BYTES, `write: ${bundle.sizeBytes} bytes`);
  }
});
