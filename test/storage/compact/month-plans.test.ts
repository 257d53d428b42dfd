/** What is due to a month of hourly rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { planMonth } from "../../../lib/storage/compact/rollups/plan-months.ts";
import { NO_DELETIONS } from "../../../lib/storage/deletion/deletion.ts";
import { firstDayOf, monthOf } from "../../../lib/storage/layout/rollup-keys.ts";
import { EMPTY_ROLLUP_MANIFEST, type RowPart } from "../../../lib/storage/rollups/rollup-manifest.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";

const MONTH = monthOf(MIDNIGHT_MS / DAY_MS);
const FIRST_DAY = firstDayOf(MONTH);
/** The month is over. */
const NOW_MS = (firstDayOf(MONTH + 1) + 3) * DAY_MS;

const part = (id: string, day: number): RowPart => ({
  id,
  day,
  days: [day],
  shardBits: 0,
  createdMs: 0,
  rows: 5,
  series: 1,
  blocks: 1,
  index: [],
});
const PARTS = [part("0a".repeat(8), FIRST_DAY), part("0b".repeat(8), FIRST_DAY + 1)];

function plan(expiresAtMs: number, retentionEndMs = expiresAtMs) {
  const manifest = { ...EMPTY_ROLLUP_MANIFEST, parts: PARTS, expiresAtSeconds: expiresAtMs / SECOND_MS };
  return planMonth({ manifest, deletions: NO_DELETIONS }, MONTH, NOW_MS, retentionEndMs / SECOND_MS)?.kind;
}

test("parts of a month that is over become one", () => {
  assert.equal(plan(0), "merge");
  assert.equal(plan(NOW_MS + HOUR_MS), "merge");
});

test("a month that TTL may have begun to take is left alone: rows that are gone are no damage", () => {
  assert.equal(plan(NOW_MS - 20 * DAY_MS), undefined);
  assert.equal(plan(NOW_MS - 1000), undefined);
  // A merge takes some minutes.
  assert.equal(plan(NOW_MS + 60_000), undefined);
});

test("of a longer retention it is forgotten first", () => {
  assert.equal(plan(NOW_MS - 1000, NOW_MS + 9 * DAY_MS), "renew");
});
