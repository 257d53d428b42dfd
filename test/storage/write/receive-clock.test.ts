import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type ServiceDate } from "../../../lib/model/time.ts";
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

describe("records that a response acknowledges", () => {
  /** Stores by a clock that is off by these ms at each look; the table's own clock is right. Returns receive times. */
  async function store(offsets: readonly number[], dateOf = (nowMs: number): number | undefined => nowMs) {
    let nowMs = NOW_MS;
    let look = 0;
    let date: ServiceDate | undefined;
    const clock = () => nowMs + (offsets[look++] ?? 0);
    const receiveClock = new ReceiveClock(clock, () => date);
    const stored: number[] = [];
    await receiveClock.storeDated("place", async (receivedMs) => {
      stored.push(receivedMs - NOW_MS);
      nowMs += 100;
      const ms = dateOf(nowMs);
      if (ms !== undefined) date = { ms };
    });
    return stored;
  }

  for (const offMs of [-40 * DAY_MS, -HOUR_MS, -MINUTE_MS, MINUTE_MS, 40 * DAY_MS])
    it(`are stored again by the right clock if both looks were off by ${offMs} ms`, async () => {
      assert.deepEqual(await store([offMs, offMs]), [offMs, 100]);
    });

  it("fail where the clock stays wrong", async () => {
    const off = Array.from({ length: 6 }, () => -HOUR_MS);
    await assert.rejects(store(off), { kind: "unavailable", message: /took longer than 30000 ms/ });
  });

  it("are stored once where the response has no date", async () => {
    assert.deepEqual(await store([-HOUR_MS, -HOUR_MS], () => undefined), [-HOUR_MS]);
  });

  it("are stored once where the clocks differ by a little", async () => {
    assert.deepEqual(await store([-9 * SECOND_MS, -9 * SECOND_MS]), [-9 * SECOND_MS]);
  });

  it("come after those that were acknowledged before, though the clock was ahead for a moment and twice as far", async () => {
    let [nowMs, offMs] = [NOW_MS, 0];
    let date: ServiceDate | undefined;
    const receiveClock = new ReceiveClock(
      () => nowMs + offMs,
      () => date,
    );
    const last: number[] = [];
    for (const offsetMs of [24 * SECOND_MS, 44 * SECOND_MS]) {
      offMs = offsetMs;
      await receiveClock.storeDated("place", async (receivedMs) => {
        last.push(receivedMs - NOW_MS);
        nowMs += 100;
        date = { ms: nowMs };
        offMs = 0;
      });
    }
    assert.deepEqual(last, [24 * SECOND_MS, 100 + 44 * SECOND_MS, 24 * SECOND_MS + 1]);
  });

  it("are not judged by a date that came before they were sent", async () => {
    const receiveClock = new ReceiveClock(
      () => NOW_MS,
      () => old,
    );
    const old: ServiceDate = { ms: NOW_MS - HOUR_MS };
    let stored = 0;
    await receiveClock.storeDated("place", async () => void stored++);
    assert.equal(stored, 1);
  });
});
