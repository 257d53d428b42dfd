/** Which waiting requests begin, and in which thread. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Expectation, expect, isLong, planLanes } from "../../../local/workers/query-lanes.ts";

const FOUR = { short: 2, long: 2 };
const NOW_MS = 1_000_000;

interface Named extends Expectation {
  readonly name: string;
}

/** `agoMs`: when it came. */
function waiting(name: string, cpuMs: number, agoMs = 0): Named {
  return { name, ...expect(cpuMs, NOW_MS - agoMs) };
}

function plan(all: readonly Named[], idle: { short: number; long: number }, sizes = FOUR) {
  const sorted = all.toSorted((a, b) => a.dueMs - b.dueMs);
  const { begin, wanted } = planLanes(sorted, idle, sizes, NOW_MS);
  return { begin: begin.map(([{ name }, lane]) => `${name}: ${lane}`), wanted: [...wanted].sort() };
}

test("an unknown request begins in a short thread, one that looks long in a long one", () => {
  const all = [waiting("small", 0), waiting("endless", Number.POSITIVE_INFINITY)];
  assert.deepEqual(plan(all, FOUR), { begin: ["small: short", "endless: long"], wanted: [] });
});

test("long requests never take short threads, however many are idle", () => {
  const all = ["a", "b", "c"].map((name) => waiting(name, 151, 60_000));
  assert.deepEqual(plan(all, FOUR), { begin: ["a: long", "b: long"], wanted: ["long"] });
});

test("cheap requests wait for a short thread; others take a long one at once", () => {
  const all = [waiting("a", 5, 160), waiting("b", 5, 155), waiting("panel", 60)];
  assert.deepEqual(plan(all, { short: 1, long: 1 }), {
    begin: ["a: short", "panel: long"],
    wanted: ["short"],
  });
});

test("the last idle short thread is kept for cheap requests, until an expensive one is due for a second", () => {
  const idle = { short: 1, long: 0 };
  assert.deepEqual(plan([waiting("panel", 60)], idle), { begin: [], wanted: ["short"] });
  assert.deepEqual(plan([waiting("panel", 60), waiting("small", 5)], idle), {
    begin: ["small: short"],
    wanted: ["short"],
  });
  assert.deepEqual(plan([waiting("panel", 60, 1601)], idle).begin, ["panel: short"]);
  assert.deepEqual(plan([waiting("panel", 60)], { short: 2, long: 0 }).begin, ["panel: short"]);
  assert.deepEqual(plan([waiting("panel", 60)], { short: 1, long: 1 }).begin, ["panel: long"]);
});

test("a cheap request overtakes an expensive one that came ten times its CPU time before it, no earlier one", () => {
  const idle = { short: 1, long: 0 };
  assert.deepEqual(plan([waiting("panel", 100, 999), waiting("small", 0)], idle).begin, ["small: short"]);
  assert.deepEqual(plan([waiting("panel", 100, 2001), waiting("small", 0)], idle).begin, ["panel: short"]);
});

test("while long requests wait, an expensive one begins in a short thread only when it is due", () => {
  const idle = { short: 2, long: 0 };
  const long = waiting("endless", Number.POSITIVE_INFINITY);
  assert.deepEqual(plan([waiting("panel", 60), long], idle).begin, []);
  assert.deepEqual(plan([waiting("panel", 60, 601), long], idle).begin, ["panel: short"]);
  assert.deepEqual(plan([waiting("small", 5), long], idle).begin, ["small: short"]);
});

test("one thread serves all requests, two are one of each lane without a reserve", () => {
  const one = { short: 1, long: 0 };
  assert.equal(isLong(waiting("endless", Number.POSITIVE_INFINITY), one), false);
  assert.deepEqual(plan([waiting("endless", Number.POSITIVE_INFINITY, 2000)], one, one).begin, [
    "endless: short",
  ]);
  const two = { short: 1, long: 1 };
  assert.deepEqual(plan([waiting("panel", 60), waiting("endless", 200)], two, two).begin, [
    "panel: short",
    "endless: long",
  ]);
});
