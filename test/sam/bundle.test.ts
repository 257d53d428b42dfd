/** The bundles load, and a cold start loads no more than it needs; npm run bench:bundle has the times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findBundles, importTimesMs } from "../../bench/bundle/measure.ts";
import { BUILD_DIRECTORY } from "./environment.ts";

/** Minified kB that a cold start loads, with some percent of room (docs/decisions/0122-cold-starts.md). */
const MAX_START_KB: Readonly<Record<string, number>> = {
  write: 270,
  read: 360,
  query: 550,
  compact: 455,
  rules: 680,
  explorer: 66,
};

test("every bundle loads, and a cold start within its bound", async (t) => {
  const bundles = await findBundles(BUILD_DIRECTORY);
  assert.deepEqual(bundles.map(({ name }) => name).toSorted(), Object.keys(MAX_START_KB).toSorted());
  for (const bundle of bundles) {
    const [importMs] = await importTimesMs(bundle, 1);
    const { name, startBytes, sizeBytes } = bundle;
    t.diagnostic(`${name}: ${startBytes} bytes at start of ${sizeBytes}, import ${importMs.toFixed(0)} ms`);
    assert.ok(startBytes <= MAX_START_KB[name] * 1000, `${name}: ${startBytes} bytes at start`);
  }
});
