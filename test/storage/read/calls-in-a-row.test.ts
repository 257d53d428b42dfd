/** How many calls a user waits for one after the other: the time of a panel on a table far away. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { AT_ONCE, SlowTable } from "../../../bench/range/slow-table.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import type { Table } from "../../../lib/storage/table/table.ts";
import { Tenants } from "../../../lib/storage/tenants/tenant-settings.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { bitsOf, type SentSeries } from "../../helpers/write-requests.ts";

const DAYS = 6;
const NOW_MS = MIDNIGHT_MS + DAYS * DAY_MS + 9 * HOUR_MS;
const SERIES = 60;

/** Some days of chunks, then runs, then a log of two writers. */
async function newTable(): Promise<Table> {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = [engine.newWriters(), engine.newWriters()];
  for (engine.nowMs = MIDNIGHT_MS; engine.nowMs <= NOW_MS; engine.nowMs += 20 * MINUTE_MS) {
    for (const [i, writer] of writers.entries()) {
      const all = Array.from(
        { length: SERIES / 2 },
        (_, j): SentSeries => ({
          labels: [
            ["__name__", `metric_${j % 5}`],
            ["instance", `${i}/${j}`],
          ],
          samples: [[engine.nowMs, bitsOf(j)]],
        }),
      );
      await engine.append(writer, all);
    }
    if (engine.nowMs > NOW_MS - HOUR_MS) continue;
    const { clock } = engine;
    const options = { clock, randomBytes, retentionOf: () => 0, deadlineMs: Number.POSITIVE_INFINITY };
    await compact(engine.table, { ...options, sparseSamples: 0 });
  }
  return engine.table;
}

const table = await newTable();

/** Of the reader alone, and of what a request needs before it: the access key is one more. */
async function callsInARow(spanMs: number, memory?: ReaderMemory): Promise<number> {
  const slow = new SlowTable(table, AT_ONCE);
  const clock = () => NOW_MS;
  const { retentionMs } = await new Tenants(0, clock).find(slow, "t");
  const reader = new Reader(slow, { tenant: "t", clock, limits: DEFAULT_LIMITS, retentionMs, memory });
  const matchers = [newMatcher("=", "__name__", "metric_3")];
  let series = 0;
  for await (const _ of reader.select({ matchers, minTime: NOW_MS - spanMs, maxTime: NOW_MS })) series++;
  assert.equal(series, SERIES / 5);
  return slow.callsInARow;
}

const MAX_IN_A_ROW = 6;
const ACCESS_KEY = 1;
for (const [name, spanMs] of [
  ["the last hour", HOUR_MS],
  ["a day", DAY_MS],
  ["six days", DAYS * DAY_MS],
] as const) {
  test(`a panel of ${name} waits for at most six calls in a row, by a cold process and a warm one`, async () => {
    const memory = new ReaderMemory(64 * 1024 * 1024);
    const [forgetful, cold] = [await callsInARow(spanMs), await callsInARow(spanMs, memory)];
    const warm = await callsInARow(spanMs, memory);
    assert.ok(ACCESS_KEY + forgetful <= MAX_IN_A_ROW, `${ACCESS_KEY + forgetful} calls`);
    assert.ok(ACCESS_KEY + cold <= MAX_IN_A_ROW, `${ACCESS_KEY + cold} calls`);
    assert.ok(warm < cold, `${warm} calls, ${cold} cold`);
  });
}
