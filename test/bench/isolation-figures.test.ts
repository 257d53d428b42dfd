/** Figures of pooled slices: percentiles, and the interval of a ratio. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { byPhase, latencyOf, ratioOf } from "../../bench/isolation/figures.ts";
import type { Phase, Slice } from "../../bench/isolation/slice.ts";
import { Random } from "../simulation/random.ts";

function slice(phase: Phase, write: number[]): Slice {
  return { phase, heavyDone: 0, failures: 0, ownDelayMs: 0, latencies: { write, query: [], ready: [] } };
}

const upTo = (count: number, first = 1) => Array.from({ length: count }, (_, i) => first + i);
const random = () => {
  const chance = new Random(7);
  return () => chance.next();
};

test("percentiles are of all slices' requests together", () => {
  const slices = [slice("alone", upTo(500, 501)), slice("alone", upTo(500))];
  assert.deepEqual(latencyOf(slices, "write"), { count: 1000, p50: 500, p90: 900, p99: 990, most: 1000 });
});

test("a phase's slices stay together, in the order of the table", () => {
  const slices = [slice("routes", [1]), slice("alone", [2]), slice("routes", [3])];
  const phases = [...byPhase(slices)].map(([phase, own]) => [phase, own.length]);
  assert.deepEqual(phases, [
    ["alone", 1],
    ["routes", 2],
  ]);
});

test("slices that are alike give a narrow interval, one slow slice among them a wide one", () => {
  const alone = upTo(10).map(() => slice("alone", upTo(100)));
  const alike = upTo(10).map(() =>
    slice(
      "routes",
      upTo(100).map((ms) => 2 * ms),
    ),
  );
  const ratio = ratioOf(alike, alone, "write", random());
  assert.deepEqual([ratio.value, ratio.low, ratio.high], [2, 2, 2]);
  const slow = [
    ...alike.slice(1),
    slice(
      "routes",
      upTo(100).map((ms) => 20 * ms),
    ),
  ];
  const unsure = ratioOf(slow, alone, "write", random());
  // A draw lacks the slow slice in 35 of 100 cases.
  assert.equal(unsure.low, 2);
  assert.ok(unsure.high > 15, `high=${unsure.high}`);
  assert.ok(unsure.low <= unsure.value && unsure.value <= unsure.high);
});
