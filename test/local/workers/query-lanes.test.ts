/** Which waiting requests begin, and in which thread. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Expectation,
  expect,
  isLong,
  learn,
  planLanes,
  SHORT_MS,
  type Sizes,
} from "../../../local/workers/query-lanes.ts";

const FOUR = { short: 2, long: 2 };
const NOW_MS = 1_000_000;

interface Named extends Expectation {
  readonly name: string;
}

/** `agoMs`: when it came. `lastMs`: how long before that the same request began; it never did by default. */
function waiting(name: string, cpuMs: number, agoMs = 0, lastMs = Number.POSITIVE_INFINITY): Named {
  return { name, ...expect(cpuMs, NOW_MS - agoMs, { lastBeganMs: NOW_MS - agoMs - lastMs }) };
}

/** An export that never ran, or not for long. */
function bulk(name: string, cpuMs: number, agoMs = 0): Named {
  return { name, ...expect(cpuMs, NOW_MS - agoMs, { isBulk: true }) };
}

/** A panel that is asked again as soon as it has its response. */
function repeated(name: string, cpuMs: number, agoMs = 0): Named {
  return waiting(name, cpuMs, agoMs, cpuMs);
}

/** `expensive`: requests that are not cheap and run in short threads. */
function plan(all: readonly Named[], idle: Sizes, { sizes = FOUR, expensive = 0, unstarted = 0 } = {}) {
  const sorted = all.toSorted((a, b) => a.dueMs - b.dueMs);
  const { begin, wanted } = planLanes(sorted, { sizes, idle, unstarted, expensive }, NOW_MS);
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
  const all = [waiting("a", 5, 160), waiting("b", 5, 155), repeated("panel", 60)];
  assert.deepEqual(plan(all, { short: 1, long: 1 }), {
    begin: ["a: short", "panel: long"],
    wanted: ["short"],
  });
});

test("the last idle short thread is kept for cheap requests, until an expensive one is due for a second", () => {
  const idle = { short: 1, long: 0 };
  assert.deepEqual(plan([repeated("panel", 60)], idle), { begin: [], wanted: ["short"] });
  assert.deepEqual(plan([repeated("panel", 60), waiting("small", 5)], idle), {
    begin: ["small: short"],
    wanted: ["short"],
  });
  assert.deepEqual(plan([repeated("panel", 60, 2141)], idle).begin, ["panel: short"]);
  assert.deepEqual(plan([repeated("panel", 60)], { short: 2, long: 0 }).begin, ["panel: short"]);
  assert.deepEqual(plan([repeated("panel", 60)], { short: 1, long: 1 }).begin, ["panel: long"]);
});

test("a cheap request overtakes a repeated one until that is due, twenty times its CPU time after it last began", () => {
  const idle = { short: 1, long: 0 };
  assert.deepEqual(plan([repeated("panel", 100, 1899), waiting("small", 0)], idle).begin, ["small: short"]);
  assert.deepEqual(plan([repeated("panel", 100, 2901), waiting("small", 0)], idle).begin, ["panel: short"]);
});

test("while long requests wait, an expensive one begins in a short thread only when it is due", () => {
  const idle = { short: 2, long: 0 };
  const long = waiting("endless", Number.POSITIVE_INFINITY);
  assert.deepEqual(plan([repeated("panel", 60), long], idle).begin, []);
  assert.deepEqual(plan([repeated("panel", 60, 1141), long], idle).begin, ["panel: short"]);
  assert.deepEqual(plan([waiting("small", 5), long], idle).begin, ["small: short"]);
});

test("requests that are asked again and again leave the short threads to others: they wait, or begin in a long one", () => {
  const panels = [repeated("a", 60), repeated("b", 60)];
  assert.deepEqual(plan(panels, { short: 2, long: 0 }).begin, []);
  assert.deepEqual(plan(panels, { short: 2, long: 1 }).begin, ["a: long"]);
  assert.deepEqual(plan([repeated("a", 60)], FOUR).begin, ["a: long"]);
  assert.deepEqual(plan([repeated("a", 60, 1141), repeated("b", 60)], { short: 2, long: 0 }).begin, [
    "a: short",
  ]);
});

test("a request that is asked rarely is cheap up to a long one's CPU time, beside whatever else waits", () => {
  const idle = { short: 1, long: 1 };
  const long = waiting("endless", Number.POSITIVE_INFINITY, 60_000);
  const rare = waiting("panel", SHORT_MS, 0, 100 * SHORT_MS);
  assert.deepEqual(plan([rare, long], idle).begin, ["endless: long", "panel: short"]);
  const often = waiting("panel", SHORT_MS, 0, 100 * SHORT_MS - 1);
  assert.deepEqual(plan([often, long], idle), { begin: ["endless: long"], wanted: ["short"] });
  assert.equal(often.dueMs, NOW_MS, "it is due, but not in the last idle thread");
  assert.ok(waiting("small", 26, 0, 2600).isCheap, "one series of a long log");
});

test("a request of the short lane becomes a long one when it takes long twice in a row", () => {
  const once = learn(400, 0, "short", undefined);
  assert.equal(isLong(waiting("small", once.cpuMs), FOUR), false, "it may have met cold caches");
  assert.equal(isLong(waiting("small", learn(400, 0, "short", once).cpuMs), FOUR), true);
  assert.equal(learn(20, 0, "short", once).cpuMs, 20);
});

test("a long request stays one for as long as it takes long, from its first run on", () => {
  const first = learn(5000, 0, "long", undefined);
  assert.equal(first.cpuMs, 5000);
  assert.equal(isLong(waiting("endless", first.cpuMs), FOUR), true);
  const left = { cpuMs: Number.POSITIVE_INFINITY, beganMs: 0 };
  assert.equal(learn(900, 5, "long", left).cpuMs, 900, "one that left its short thread");
  assert.equal(isLong(waiting("warm", learn(40, 5, "long", first).cpuMs), FOUR), false);
});

test("a cheap request that is asked again and again leaves the last idle short thread to others until it is due", () => {
  const looped = (agoMs: number) => repeated("poll", 20, agoMs);
  assert.deepEqual(plan([looped(0)], { short: 2, long: 2 }).begin, ["poll: short"]);
  assert.deepEqual(plan([looped(0)], { short: 1, long: 2 }), { begin: [], wanted: ["short"] });
  assert.deepEqual(plan([looped(0), waiting("small", 5)], { short: 2, long: 0 }).begin, ["small: short"]);
  assert.deepEqual(plan([looped(380)], { short: 1, long: 2 }).begin, ["poll: short"]);
});

test("exports and look-ups are never cheap: one short thread runs them, if no other expensive request is in it", () => {
  const exports = [bulk("a", 0), bulk("b", 7)];
  assert.deepEqual(plan(exports, { short: 2, long: 0 }), { begin: ["a: short"], wanted: ["short"] });
  assert.deepEqual(plan(exports, FOUR).begin, ["a: short", "b: long"]);
  assert.deepEqual(plan([bulk("a", 7, 60_000)], { short: 1, long: 0 }, { expensive: 1 }).begin, []);
  assert.deepEqual(plan([bulk("a", 7, 60_000)], { short: 1, long: 0 }).begin, ["a: short"]);
  assert.deepEqual(plan([...exports, waiting("small", 0)], { short: 1, long: 0 }, { expensive: 1 }).begin, [
    "small: short",
  ]);
});

test("expensive requests never run in all short threads, however long they have been due", () => {
  const late = ["a", "b", "c"].map((name) => repeated(name, 60, 600_000));
  assert.deepEqual(plan(late, { short: 2, long: 0 }).begin, ["a: short"]);
  assert.deepEqual(plan(late, { short: 1, long: 0 }, { expensive: 1 }).begin, []);
  const three = { short: 3, long: 1 };
  assert.deepEqual(plan(late, { short: 3, long: 0 }, { sizes: three }).begin, ["a: short", "b: short"]);
});

test("while another short thread can start, the idle one is not kept", () => {
  const one = { short: 1, long: 0 };
  assert.deepEqual(plan([bulk("export", 0)], one, { unstarted: 1 }).begin, ["export: short"]);
  assert.deepEqual(plan([repeated("panel", 60, 1141)], one, { unstarted: 1 }).begin, ["panel: short"]);
});

test("one thread serves all requests, two are one of each lane without a reserve", () => {
  const one = { short: 1, long: 0 };
  assert.equal(isLong(waiting("endless", Number.POSITIVE_INFINITY), one), false);
  assert.deepEqual(plan([waiting("endless", Number.POSITIVE_INFINITY, 2000)], one, { sizes: one }).begin, [
    "endless: short",
  ]);
  const two = { short: 1, long: 1 };
  assert.deepEqual(plan([repeated("panel", 60), waiting("endless", 200)], two, { sizes: two }).begin, [
    "panel: short",
    "endless: long",
  ]);
});
