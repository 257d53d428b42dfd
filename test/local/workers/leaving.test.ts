/** Which requests leave the short threads for those that wait. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planLeaving } from "../../../local/workers/leaving.ts";
import { expect } from "../../../local/workers/query-lanes.ts";

const NOW_MS = 1_000_000;
const THREADS = 2;

/** `ranMs`: how long ago it started. */
function running(name: string, cpuMs: number, { ranMs = cpuMs, isProven = false } = {}) {
  return { name, cpuMs, startedMs: NOW_MS - ranMs, isProven };
}

type Running = ReturnType<typeof running>;

/** A cheap request that never ran; `agoMs`: when it came. */
const small = (agoMs: number) => expect(0, NOW_MS - agoMs);
const exported = (agoMs: number) => expect(0, NOW_MS - agoMs, { isBulk: true });

function leaving(all: readonly Running[], waiting: readonly ReturnType<typeof small>[]): string[] {
  return planLeaving(all, waiting, THREADS, NOW_MS).map(({ name }) => name);
}

test("none leaves while none waits, whatever it has taken", () => {
  assert.deepEqual(leaving([running("endless", 20_000)], []), []);
});

test("one leaves after 150 ms of CPU once a cheap request has waited for 50 ms", () => {
  assert.deepEqual(leaving([running("export", 151)], [small(50)]), ["export"]);
  assert.deepEqual(leaving([running("export", 151)], [small(49)]), [], "the other thread serves");
  assert.deepEqual(leaving([running("export", 150, { ranMs: 1999 })], [small(5000)]), []);
  assert.deepEqual(leaving([running("export", 151)], [exported(5000)]), [], "an expensive one may wait");
});

test("one that was cheap before has half a second of CPU: its caches may be cold", () => {
  const cold = (cpuMs: number) => [running("panel", cpuMs, { isProven: true })];
  assert.deepEqual(leaving(cold(500), [small(500)]), []);
  assert.deepEqual(leaving(cold(501), [small(500)]), ["panel"]);
});

test("beside a thread that serves, one has a second of CPU and two of time", () => {
  const at = (cpuMs: number, ranMs: number) => leaving([running("export", cpuMs, { ranMs })], [small(0)]);
  assert.deepEqual(at(1000, 2000), []);
  assert.deepEqual(at(1001, 2000), ["export"]);
  assert.deepEqual(at(3, 2001), ["export"], "it waits for the table");
});

test("where all threads run such requests, the youngest leave at once, no more than wait", () => {
  const all = [running("old", 400), running("young", 200, { isProven: true })];
  assert.deepEqual(leaving(all, [small(0)]), ["young"]);
  assert.deepEqual(leaving(all, [small(0), exported(0)]), ["young", "old"]);
});
