import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { MAX_HOLD_MS } from "../../../lib/storage/log/settling.ts";
import { ReceiveClock } from "../../../lib/storage/write/receive-clock.ts";

const NOW_MS = 1_800_000_000_000;

function newClock() {
  const clock = { nowMs: NOW_MS };
  const receiveClock = new ReceiveClock(() => clock.nowMs);
  const at = (nowMs: number, place = "place") => {
    clock.nowMs = nowMs;
    return receiveClock.next(place);
  };
  return { at, receiveClock };
}

test("times of a place ascend, though the clock stands still or goes back by little", () => {
  const { at } = newClock();
  assert.deepEqual(
    [0, 0, -MAX_HOLD_MS + 1, 1, 10].map((ms) => at(NOW_MS + ms) - NOW_MS),
    [0, 1, 2, 3, 10],
  );
  assert.equal(at(NOW_MS, "another"), NOW_MS);
});

test("a clock that is put back by more is followed, and what it said before counts again when it returns", () => {
  const { at } = newClock();
  assert.equal(at(NOW_MS), NOW_MS);
  assert.equal(at(NOW_MS), NOW_MS + 1);
  // An hour behind, then two, then right again but for some ms.
  assert.equal(at(NOW_MS - HOUR_MS), NOW_MS - HOUR_MS);
  assert.equal(at(NOW_MS - 2 * HOUR_MS), NOW_MS - 2 * HOUR_MS);
  assert.equal(at(NOW_MS - HOUR_MS), NOW_MS - HOUR_MS + 1);
  assert.equal(at(NOW_MS - 5), NOW_MS + 2);
  assert.equal(at(NOW_MS + 7), NOW_MS + 7);
});

test("a clock that was far ahead returns to times after those that it said before", () => {
  const { at } = newClock();
  assert.equal(at(NOW_MS), NOW_MS);
  assert.equal(at(NOW_MS + HOUR_MS), NOW_MS + HOUR_MS);
  assert.equal(at(NOW_MS + 2 * HOUR_MS), NOW_MS + 2 * HOUR_MS);
  assert.equal(at(NOW_MS - 5), NOW_MS + 1, "right again, but for some ms");
  assert.equal(at(NOW_MS + 2 * HOUR_MS), NOW_MS + 2 * HOUR_MS + 1);
  assert.equal(at(NOW_MS - 5), NOW_MS + 2);
});

test("numbers of records are used once", () => {
  const { receiveClock } = newClock();
  assert.deepEqual([receiveClock.nextSequence(), receiveClock.nextSequence()], [0, 1]);
});
