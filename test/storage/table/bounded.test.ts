import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { forEachBounded } from "../../../lib/storage/table/bounded.ts";

test("does all, in order, a few at once", async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  await forEachBounded([...Array(20).keys()], 3, async (i) => {
    begun.push(i);
    most = Math.max(most, ++running);
    for (let turn = 0; turn <= i % 4; turn++) await setImmediate();
    running--;
  });
  assert.deepEqual(begun, [...Array(20).keys()]);
  assert.equal(most, 3);
});

test("after a failure begins nothing, waits for what runs, and throws the first", async () => {
  const ended: number[] = [];
  const all = forEachBounded([0, 1, 2, 3, 4], 3, async (i) => {
    if (i === 1) throw new Error("first");
    await setImmediate();
    ended.push(i);
    if (i === 2) throw new Error("second");
  });
  await assert.rejects(all, /first/);
  assert.deepEqual(ended, [0, 2]);
});

test("a task may throw at once, and there may be none", async () => {
  await forEachBounded([], 3, () => Promise.reject(new Error("never")));
  const all = forEachBounded([1], 3, () => {
    throw new Error("at once");
  });
  await assert.rejects(all, /at once/);
});
