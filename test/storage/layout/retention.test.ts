import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { dayExpirySeconds, expiry, isDayPast, oldestKept } from "../../../lib/storage/layout/retention.ts";

const RETENTION_MS = 30 * DAY_MS;

test("without retention nothing is too old and nothing expires", () => {
  assert.equal(oldestKept(1_795_336_000_000, 0), Number.NEGATIVE_INFINITY);
  assert.deepEqual(expiry(20_000, 0), {});
});

test("a day's items stay for an hour after its last sample is past retention", () => {
  for (const time of [1_795_336_000_000, 20_000 * DAY_MS, 20_000 * DAY_MS - 1]) {
    const expiresMs = 1000 * dayExpirySeconds(dayOf(time), RETENTION_MS)!;
    assert.ok(oldestKept(expiresMs - HOUR_MS, RETENTION_MS) > time);
    assert.ok(oldestKept(expiresMs - HOUR_MS - DAY_MS - 1000, RETENTION_MS) <= time);
  }
  assert.deepEqual(expiry(20_000, RETENTION_MS), { expiresAtSeconds: 20_031 * 86_400 + 3600 });
});

test("what is accepted has not expired", () => {
  const nowMs = 1_795_336_000_123;
  assert.ok(1000 * dayExpirySeconds(dayOf(oldestKept(nowMs, RETENTION_MS)), RETENTION_MS)! > nowMs);
});

test("a day is past when its last sample is", () => {
  const past = 20_001 * DAY_MS + RETENTION_MS;
  assert.deepEqual(
    [isDayPast(20_000, past - 1, RETENTION_MS), isDayPast(20_000, past, RETENTION_MS), isDayPast(0, past, 0)],
    [false, true, false],
  );
});
