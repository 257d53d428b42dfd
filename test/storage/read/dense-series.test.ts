/** Series whose samples hardly compress: their items are read once, however little memory there is, or not at all. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SeriesChunks, storeBucket, storeIndex, storeManifest } from "../../../bench/query/store-day.ts";
import { cutChunks } from "../../../lib/chunk/cut.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { BUCKET_MS } from "../../../lib/storage/layout/bucket.ts";
import type { Part } from "../../../lib/storage/layout/manifest.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { Random } from "../../simulation/random.ts";

const SEED = 20261130;
const SERIES = 30;
const FIRST_DAY = 20_700;
const DAYS = 15;
const INTERVAL_MS = 60 * SECOND_MS;
const MIB = 1024 * 1024;

/** `SERIES` of one metric, and as many of another that nobody asks for. */
async function newTable(): Promise<MemoryTable> {
  const random = new Random(SEED);
  const table = new MemoryTable();
  const all = Array.from({ length: 2 * SERIES }, (_, i) => {
    const labels = [
      ["__name__", i < SERIES ? "noise" : "other"],
      ["instance", String(i)],
    ] as const;
    const values = Array.from({ length: BUCKET_MS / INTERVAL_MS }, () => random.between(0, 1e9) / 7);
    return { labels, hash: seriesHash(labels), values };
  }).sort((a, b) => Buffer.compare(a.hash, b.hash));
  for (let day = FIRST_DAY; day < FIRST_DAY + DAYS; day++) {
    const place = { table, tenant: "t", day };
    const parts: Part[] = [];
    let index: Awaited<ReturnType<typeof storeIndex>> = [];
    for (let bucket = 0; bucket < DAY_MS / BUCKET_MS; bucket++) {
      const startMs = day * DAY_MS + bucket * BUCKET_MS;
      const series = all.map(({ labels, hash, values }): SeriesChunks => {
        const timestamps = Float64Array.from(values, (_, i) => startMs + i * INTERVAL_MS);
        return { labels, hash, chunks: [...cutChunks({ timestamps, values: Float64Array.from(values) })] };
      });
      if (bucket === 0) index = await storeIndex(place, series);
      parts.push(await storeBucket(place, bucket, series));
    }
    await storeManifest(place, parts, index);
  }
  return table;
}

const table = await newTable();
const SELECTION = {
  matchers: [newMatcher("=", "__name__", "noise")],
  minTime: FIRST_DAY * DAY_MS,
  maxTime: (FIRST_DAY + DAYS) * DAY_MS,
};

async function readAll(order: "labels" | "any", limits: Partial<Limits>) {
  const meter = newMeter();
  const reader = new Reader(table.metered(meter), {
    tenant: "t",
    clock: () => SELECTION.maxTime,
    limits: { ...DEFAULT_LIMITS, ...limits },
    retentionMs: 0,
  });
  const found = new Map<string, string>();
  let error: Error | undefined;
  try {
    for await (const { labels, timestamps, values } of reader.select({ ...SELECTION, order }))
      found.set(JSON.stringify(labels), `${timestamps.join()} ${values.join()}`);
  } catch (thrown) {
    error = thrown as Error;
  }
  return { found, error, units: meter.readUnits, calls: meter.calls, peak: reader.held.peak };
}

const whole = await readAll("any", {});

describe(`${SERIES} series of noise over ${DAYS} days`, () => {
  test("in any order, groups cost little more than one group does", async () => {
    const groups = await readAll("any", { maxQueryBytes: 2 * MIB });
    assert.deepEqual([...groups.found.keys()].sort(), [...whole.found.keys()].sort());
    for (const [labels, samples] of whole.found) assert.equal(groups.found.get(labels), samples);
    assert.equal(whole.found.size, SERIES);
    assert.ok(groups.peak < 2.1 * MIB, `held ${groups.peak}`);
    assert.ok(whole.peak > 4 * MIB, `held ${whole.peak}`);
    assert.ok(groups.units < 1.15 * whole.units, `${groups.units} units, ${whole.units} as one group`);
    // One query of each bucket and group, not one of each series.
    const most = Math.ceil(whole.peak / (0.3 * MIB)) * whole.calls;
    assert.ok(groups.calls < most && groups.calls < SERIES * DAYS, `${groups.calls} calls, ${whole.calls}`);
  });

  test("in the order of labels they are sorted, in groups too", async () => {
    const groups = await readAll("labels", { maxQueryBytes: 2 * MIB });
    assert.deepEqual([...groups.found.keys()], [...whole.found.keys()].sort());
  });

  test("a query that is too expensive is refused for a tenth of what it may cost", async () => {
    const maxQueryReadUnits = Math.floor(whole.units * 0.8);
    const { error, units, found } = await readAll("any", { maxQueryReadUnits });
    assert.match(error?.message ?? "", /would take about [\d,]+ read units \(\$0\.\d+\), a request may take/);
    assert.match(error?.message ?? "", /limit=maxQueryReadUnits$/);
    assert.equal(found.size, 0);
    assert.ok(units < 0.1 * maxQueryReadUnits, `${units} units of ${maxQueryReadUnits}`);
  });

  test("what it is estimated to cost is what it costs, within a tenth", async () => {
    const { error } = await readAll("any", { maxQueryReadUnits: Math.floor(whole.units * 0.5) });
    const estimated = Number(/about ([\d,]+)/.exec(error!.message)![1].replaceAll(",", ""));
    assert.ok(Math.abs(estimated / whole.units - 1) < 0.1, `${estimated} estimated, ${whole.units} spent`);
  });
});
