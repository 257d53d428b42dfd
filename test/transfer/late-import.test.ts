/** An import that lost its lease on the way: what was stored meanwhile wins all the same. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { newMatcher } from "../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { LEASE_MS } from "../../lib/storage/compact/day-manifest.ts";
import { deleteSeries } from "../../lib/storage/erase/delete-series.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { fixturePath, readBlocks } from "../helpers/storage/block-files.ts";
import { runCompactor } from "../helpers/storage/compaction.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { ALL_TIME } from "../helpers/storage/naive-store.ts";
import { runImport } from "../helpers/storage/run-import.ts";
import { tableWith } from "../helpers/storage/table-with.ts";
import { bitsOf } from "../helpers/write-requests.ts";

const FIRST_DAY = dayOf(Date.parse("2026-11-28T22:00:00Z"));
const TIME_MS = FIRST_DAY * DAY_MS + 22 * HOUR_MS + 30 * MINUTE_MS;
const LABELS = [
  ["__name__", "temp_celsius"],
  ["zone", "b"],
] as const;

async function valueAt(engine: Engine): Promise<number | undefined> {
  for await (const { labels, timestamps, values } of engine.reader().select({ matchers: [], ...ALL_TIME }))
    if (labels[0][1] === "temp_celsius" && labels[1][1] === "b") return values[timestamps.indexOf(TIME_MS)];
  return undefined;
}

test("chunks that a compactor published meanwhile win over imported runs", async () => {
  const engine = new Engine();
  engine.nowMs = (FIRST_DAY + 3) * DAY_MS;
  await engine.append(engine.newWriters(), [{ labels: LABELS, samples: [[TIME_MS, bitsOf(-7)]] }]);
  assert.equal(await valueAt(engine), -7);
  let isFirst = true;
  const putAll: Table["putAll"] = async (items) => {
    if (isFirst) {
      isFirst = false;
      engine.nowMs += LEASE_MS + HOUR_MS;
      await engine.compact();
    }
    await engine.table.putAll(items);
  };
  const slow = tableWith(engine.table, { putAll });
  const blocks = readBlocks(fixturePath("promtool"));
  await assert.rejects(
    runImport(engine, blocks, { table: slow }),
    /2026-11-28 was compacted meanwhile, .* run the import again/,
  );
  const waits: number[] = [];
  const onWait = (day: number) => waits.push(day);
  const reports = await runImport(engine, blocks, { onWait });
  assert.deepEqual(
    reports.map(({ outcome, samples }) => [outcome, samples]),
    [
      ["imported", 248],
      ["imported", 168],
    ],
  );
  assert.deepEqual(waits, []);
  assert.equal(await valueAt(engine), -7, "at once");
  engine.nowMs += DAY_MS;
  assert.deepEqual((await runCompactor(engine)).errors, []);
  assert.equal(await valueAt(engine), -7, "compacted");
});

test("what is deleted while an import lasts is deleted of it too", async () => {
  const engine = new Engine();
  engine.nowMs = (FIRST_DAY + 3) * DAY_MS;
  await engine.append(engine.newWriters(), [{ labels: LABELS, samples: [[TIME_MS, bitsOf(-7)]] }]);
  const place = { tenant: "t", retentionMs: 0, clock: engine.clock, randomBytes, accessKeyId: "" };
  const selector = [newMatcher("=", "zone", "b")];
  let isFirst = true;
  const putAll: Table["putAll"] = async (items) => {
    if (isFirst) {
      isFirst = false;
      const days = await deleteSeries({ ...place, table: engine.table }, [selector], ALL_TIME);
      assert.deepEqual(days, [FIRST_DAY]);
    }
    await engine.table.putAll(items);
  };
  const blocks = readBlocks(fixturePath("promtool"));
  await runImport(engine, blocks, { table: tableWith(engine.table, { putAll }) });
  assert.equal(await valueAt(engine), undefined, "at once");
  engine.nowMs += DAY_MS;
  assert.deepEqual((await runCompactor(engine)).errors, []);
  assert.equal(await valueAt(engine), undefined, "compacted");
  const again = await runImport(engine, blocks);
  assert.deepEqual(
    again.map(({ outcome }) => outcome),
    ["imported", "known"],
  );
  assert.notEqual(await valueAt(engine), undefined, "an import that begins later counts");
});
