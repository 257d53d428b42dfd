/** Which waiting requests begin, and in which thread. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Expectation,
  expect,
  isLong,
  type Lane,
  learn,
  planLanes,
  SHORT_MS,
  type Sizes,
  sizesOf,
} from "../../../local/workers/query-lanes.ts";

const FOUR = sizesOf(4);
const NONE: Sizes = { express: 0, short: 0, long: 0 };
const ENDLESS = Number.POSITIVE_INFINITY;
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

/** Of four threads that all have started, unless it says otherwise. `idle`: lanes of idle threads. */
function plan(all: readonly Named[], idle: readonly Lane[], { sizes = FOUR, unstarted = 0 } = {}) {
  const counts = { ...NONE };
  for (const lane of idle) counts[lane]++;
  const sorted = all.toSorted((a, b) => a.dueMs - b.dueMs);
  const { begin, wanted } = planLanes(sorted, { sizes, idle: counts, unstarted }, NOW_MS);
  return { begin: begin.map(([{ name }, lane]) => `${name}: ${lane}`), wanted: [...wanted].sort() };
}

const ALL: readonly Lane[] = ["express", "short", "long", "long"];

test("a request that was cheap before begins in the express thread, one that looks long in a long one", () => {
  const all = [waiting("small", 5), waiting("endless", ENDLESS)];
  assert.deepEqual(plan(all, ALL), { begin: ["small: express", "endless: long"], wanted: [] });
});

test("a request that never ran begins in a short thread; in the express thread once it has been due for 100 ms", () => {
  assert.deepEqual(plan([waiting("new", 0)], ALL).begin, ["new: short"]);
  const late = (agoMs: number) => plan([waiting("new", 0, agoMs)], ["express", "long"]);
  assert.deepEqual(late(99), { begin: [], wanted: ["express", "short"] });
  assert.deepEqual(late(100).begin, ["new: express"]);
});

test("beside a load of expensive requests, one that never ran takes the express thread after a second only", () => {
  const load = [waiting("endless", ENDLESS)];
  const late = (agoMs: number) => plan([waiting("new", 0, agoMs), ...load], ["express"]);
  assert.deepEqual(late(999), { begin: [], wanted: ["express", "long", "short"] });
  assert.deepEqual(late(1000).begin, ["new: express"]);
  assert.deepEqual(plan([waiting("new", 0, 999), ...load, waiting("small", 5)], ["express"]).begin, [
    "small: express",
  ]);
  assert.deepEqual(plan([waiting("new", 0), ...load], ["short"]).begin, ["new: short"]);
});

test("long requests begin in long threads alone, however many others are idle", () => {
  const all = ["a", "b", "c"].map((name) => waiting(name, SHORT_MS + 1, 60_000));
  assert.deepEqual(plan(all, ALL), { begin: ["a: long", "b: long"], wanted: ["long"] });
});

test("cheap requests take a short thread while the express thread is busy, and never a long one", () => {
  const all = [waiting("a", 5, 3), waiting("b", 5, 2), waiting("c", 5, 1)];
  assert.deepEqual(plan(all, ALL), {
    begin: ["a: express", "b: short"],
    wanted: ["express", "short"],
  });
});

test("expensive requests never run in the express thread, however long they have been due", () => {
  const late = ["a", "b"].map((name) => repeated(name, 60, 600_000));
  assert.deepEqual(plan(late, ["express", "short"]), { begin: ["a: short"], wanted: ["short"] });
  assert.deepEqual(plan(late, ALL).begin, ["a: short", "b: long"]);
  assert.deepEqual(plan([late[0], waiting("small", 5)], ["express"]), {
    begin: ["small: express"],
    wanted: ["short"],
  });
});

test("an expensive request that is asked again and again begins in a long thread, or in a short one that is left", () => {
  assert.deepEqual(plan([repeated("panel", 60)], ALL).begin, ["panel: long"]);
  assert.deepEqual(plan([repeated("panel", 60)], ["express", "short"]).begin, ["panel: short"]);
  assert.deepEqual(plan([repeated("panel", 60, 1141)], ALL).begin, ["panel: short"], "it is due");
});

test("while others wait, an expensive request begins in a short thread only when it is due", () => {
  const idle: readonly Lane[] = ["express", "short"];
  const endless = waiting("endless", ENDLESS);
  assert.deepEqual(plan([repeated("panel", 60), endless], idle).begin, []);
  assert.deepEqual(plan([repeated("panel", 60, 1141), endless], idle).begin, ["panel: short"]);
  assert.deepEqual(plan([repeated("a", 60), repeated("b", 60)], idle).begin, []);
  assert.deepEqual(plan([waiting("small", 5), endless], idle).begin, ["small: express"]);
});

test("a cheap request overtakes a repeated one until that is due, twenty times its CPU time after it last began", () => {
  const order = (agoMs: number) =>
    plan([repeated("panel", 100, agoMs), waiting("small", 0)], ["short"]).begin;
  assert.deepEqual(order(1899), ["small: short"]);
  assert.deepEqual(order(1901), ["panel: short"]);
});

test("a cheap request that is asked again and again leaves the express thread to others until it is due", () => {
  const looped = (agoMs: number) => repeated("poll", 20, agoMs);
  assert.deepEqual(plan([looped(0)], ALL).begin, ["poll: short"]);
  assert.deepEqual(plan([looped(0)], ["express", "long"]).begin, []);
  assert.deepEqual(plan([looped(0), waiting("small", 5)], ["short"]).begin, ["small: short"]);
  assert.deepEqual(plan([looped(380)], ALL).begin, ["poll: express"]);
});

test("exports and look-ups are never cheap", () => {
  const exports = [bulk("a", 0), bulk("b", 7, 1)];
  assert.deepEqual(plan(exports, ALL).begin, ["b: short", "a: long"]);
  assert.deepEqual(plan([...exports, waiting("small", 5)], ["express"]), {
    begin: ["small: express"],
    wanted: ["short"],
  });
});

test("until a short thread has started, the express thread takes its place", () => {
  for (const one of [waiting("new", 0), bulk("export", 0), repeated("panel", 60), repeated("poll", 20)])
    assert.deepEqual(plan([one], ["express"], { unstarted: 1 }).begin, [`${one.name}: express`]);
  assert.deepEqual(plan([waiting("endless", 151)], ["express"], { unstarted: 1 }).begin, []);
});

test("a request that is asked rarely is cheap up to a long one's CPU time, beside whatever else waits", () => {
  const long = waiting("endless", ENDLESS, 60_000);
  const rare = waiting("panel", SHORT_MS, 0, 100 * SHORT_MS);
  assert.deepEqual(plan([rare, long], ["express", "long"]).begin, ["endless: long", "panel: express"]);
  const often = waiting("panel", SHORT_MS, 0, 100 * SHORT_MS - 1);
  assert.deepEqual(plan([often, long], ["express", "long"]).begin, ["endless: long"]);
  assert.equal(often.dueMs, NOW_MS, "it is due, but not in the express thread");
  assert.ok(waiting("small", 26, 0, 2600).isCheap, "one series of a long log");
});

test("a request of a short thread becomes a long one when it takes long twice in a row", () => {
  const once = learn(400, 0, "short", undefined);
  assert.equal(isLong(waiting("small", once.cpuMs), FOUR), false, "it may have met cold caches");
  assert.equal(isLong(waiting("small", learn(400, 0, "express", once).cpuMs), FOUR), true);
  assert.equal(learn(20, 0, "short", once).cpuMs, 20);
});

test("a long request stays one for as long as it takes long, from its first run on", () => {
  const first = learn(5000, 0, "long", undefined);
  assert.equal(first.cpuMs, 5000);
  assert.equal(isLong(waiting("endless", first.cpuMs), FOUR), true);
  const left = { cpuMs: ENDLESS, beganMs: 0 };
  assert.equal(learn(900, 5, "long", left).cpuMs, 900, "one that left its short thread");
  assert.equal(isLong(waiting("warm", learn(40, 5, "long", first).cpuMs), FOUR), false);
});

test("half of the threads are long ones; one of the others is the express thread, if there are two", () => {
  const sizes = (threads: number) => Object.values(sizesOf(threads));
  assert.deepEqual([1, 2, 3, 4, 9].map(sizes), [
    [0, 1, 0],
    [0, 1, 1],
    [1, 1, 1],
    [1, 1, 2],
    [1, 4, 4],
  ]);
});

test("one thread serves all requests, two are a short and a long one", () => {
  const one = sizesOf(1);
  assert.equal(isLong(waiting("endless", ENDLESS), one), false);
  assert.deepEqual(plan([waiting("endless", ENDLESS)], ["short"], { sizes: one }).begin, ["endless: short"]);
  const two = sizesOf(2);
  const all = [repeated("panel", 60), waiting("endless", 200)];
  assert.deepEqual(plan(all, ["short", "long"], { sizes: two }).begin, ["panel: short", "endless: long"]);
});
