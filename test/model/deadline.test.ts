/** Ends of computations: by time, and because nobody waits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../lib/model/deadline.ts";

test("a computation ends once its limit has passed", () => {
  let nowMs = 0;
  const deadline = new Deadline(() => nowMs, 100);
  deadline.check();
  nowMs = 101;
  assert.throws(() => deadline.check(), { kind: "timed out", message: /more than 100 ms/ });
});

test("a canceled computation ends when it next reads the clock, and so does what follows it", () => {
  let isCanceled = false;
  const deadline = new Deadline(() => 0, 100, { isCanceled: () => isCanceled });
  const following = deadline.again("printing");
  for (const one of [deadline, following]) one.spend(1_000_000);
  isCanceled = true;
  for (const one of [deadline, following]) assert.throws(() => one.spend(1_000_000), { kind: "canceled" });
});
