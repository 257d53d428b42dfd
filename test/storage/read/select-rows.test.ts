/** Rows read from the table are those that the samples make, whatever form the days are in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { printLabels } from "../../../lib/model/labels.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { dayOf, KIND } from "../../../lib/storage/layout/keys.ts";
import { monthOf } from "../../../lib/storage/layout/rollup-keys.ts";
import type { Reader } from "../../../lib/storage/read/reader.ts";
import { makeRows } from "../../../lib/storage/rollups/make-rows.ts";
import { loadRollupMonth } from "../../../lib/storage/rollups/rollup-months.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { plainRows } from "../../helpers/storage/plain-rows.ts";
import { bitsOf, type SentSeries, STALE_BITS } from "../../helpers/write-requests.ts";
import { Random } from "../../simulation/random.ts";

const SEED = 20261130;
const SERIES = 12;

function labelsOf(number: number): SentSeries["labels"] {
  return [
    ["__name__", `metric_${number % 3}`],
    ["instance", `${number}`],
  ];
}

/** Samples every ten minutes and at each midnight, with gaps, resets and markers; each is late now and then. */
function request(random: Random, timeMs: number): SentSeries[] {
  return Array.from({ length: SERIES }, (_, number): SentSeries => {
    const jitter = number % 4 === 0 ? 0 : random.between(1, 2000);
    const value = random.chance(0.05) ? 0 : (timeMs - MIDNIGHT_MS) / 60_000 + random.between(0, 9) / 10;
    const bits = random.chance(0.03) ? STALE_BITS : bitsOf(value);
    return { labels: labelsOf(number), samples: random.chance(0.9) ? [[timeMs + jitter, bits]] : [] };
  });
}

async function newDays(random: Random, days: number): Promise<Engine> {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  const end = MIDNIGHT_MS + days * DAY_MS;
  for (let timeMs = MIDNIGHT_MS; timeMs <= end; timeMs += 10 * MINUTE_MS) {
    engine.nowMs = Math.max(engine.nowMs, timeMs);
    await engine.append(writers, request(random, timeMs));
    if (timeMs % (6 * HOUR_MS) === 40 * MINUTE_MS) await engine.compact();
  }
  engine.nowMs = end + HOUR_MS;
  await engine.compact();
  return engine;
}

/** How many items of a kind a table has. */
async function countItems(engine: Engine, kind: number): Promise<number> {
  let count = 0;
  for await (const page of (engine.inner as MemoryTable).scan())
    for (const { pk } of page) if (pk[0] === kind) count++;
  return count;
}

const HOURS = { fromMs: MIDNIGHT_MS - DAY_MS, toMs: MIDNIGHT_MS + 9 * DAY_MS };

async function storedRows(reader: Reader, range = HOURS, matchers = [newMatcher("=~", "__name__", ".+")]) {
  const rows = new Map<string, unknown>();
  for await (const { labels, ...one } of reader.selectRows({ matchers, ...range }))
    rows.set(printLabels(labels), plainRows(one));
  return rows;
}

async function expectedRows(
  reader: Reader,
  { fromMs, toMs } = HOURS,
  matchers = [newMatcher("=~", "__name__", ".+")],
) {
  const rows = new Map<string, unknown>();
  for await (const { labels, ...one } of reader.select({ matchers, minTime: fromMs + 1, maxTime: toMs }))
    rows.set(printLabels(labels), plainRows(makeRows(one)));
  return rows;
}

test(`days in rows and days in samples make one answer (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const engine = await newDays(random, 3);
  assert.equal(await countItems(engine, KIND.rollupManifest), 1);
  assert.ok((await countItems(engine, KIND.rows)) >= 3);
  const expected = await expectedRows(engine.reader());
  assert.equal(expected.size, SERIES);
  assert.deepEqual(await storedRows(engine.reader()), expected);
  for (let round = 0; round < 20; round++) {
    const [from, to] = [random.between(0, 80), random.between(0, 80)].sort((a, b) => a - b);
    const range = { fromMs: MIDNIGHT_MS + from * HOUR_MS, toMs: MIDNIGHT_MS + (to + 1) * HOUR_MS };
    const matchers = [
      newMatcher("=", "__name__", `metric_${round % 3}`),
      newMatcher("=~", "instance", "[0-4]|11"),
    ];
    assert.deepEqual(
      await storedRows(engine.reader(), range, matchers),
      await expectedRows(engine.reader(), range, matchers),
      `hours ${from} to ${to + 1}`,
    );
  }
});

test("samples that come late are in rows at once, and when they are flushed", async () => {
  const random = new Random(SEED);
  const engine = await newDays(random, 2);
  const before = await storedRows(engine.reader());
  const late = MIDNIGHT_MS + 5 * HOUR_MS + 1234;
  await engine.append(engine.newWriters(), [{ labels: labelsOf(1), samples: [[late, bitsOf(1e6)]] }]);
  const expected = await expectedRows(engine.reader());
  assert.notDeepEqual(expected, before);
  assert.deepEqual(await storedRows(engine.reader()), expected);
  await engine.compact();
  assert.deepEqual(await storedRows(engine.reader()), expected);
  // Late chunks wait four hours; then the day's rows are made again.
  engine.nowMs += 5 * HOUR_MS;
  await engine.compact();
  assert.deepEqual(await storedRows(engine.reader()), expected);
});

test("rows that are made while a writer is at it do not count before its hour is over", async () => {
  const engine = await newDays(new Random(SEED), 2);
  const writers = engine.newWriters();
  const append = async (minute: number) => {
    const late = MIDNIGHT_MS + 5 * HOUR_MS + minute * MINUTE_MS;
    await engine.append(writers, [{ labels: labelsOf(1), samples: [[late, bitsOf(minute)]] }]);
  };
  await append(1);
  const { days } = (await loadRollupMonth(engine.table, "t", monthOf(dayOf(MIDNIGHT_MS)))).manifest;
  assert.deepEqual(
    days.map(({ isStale }) => isStale),
    [true, false],
  );
  // All of it becomes rows within the hour that the writer has marked, and then it writes again.
  for (let run = 0; run < 3; run++) await compactEagerly(engine);
  await append(2);
  assert.deepEqual(await storedRows(engine.reader()), await expectedRows(engine.reader()));
  for (let hours = 0; hours < 8; hours++) {
    engine.nowMs += HOUR_MS;
    await compactEagerly(engine);
    assert.deepEqual(await storedRows(engine.reader()), await expectedRows(engine.reader()));
  }
  const after = (await loadRollupMonth(engine.table, "t", monthOf(dayOf(MIDNIGHT_MS)))).manifest;
  assert.ok(after.days.every(({ isStale }) => !isStale));
});

/** Late runs become chunks at once. */
async function compactEagerly(engine: Engine): Promise<void> {
  engine.nowMs += 2 * MINUTE_MS;
  const { errors } = await runCompactor(engine, { isEager: true });
  assert.deepEqual(errors, []);
}
