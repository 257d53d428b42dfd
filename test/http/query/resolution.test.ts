/** `max_source_resolution`: which queries are answered from hourly rows, and how the response says so. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type SeriesChunks, storeBucket, storeIndex, storeManifest } from "../../../bench/query/store-day.ts";
import { rollDay } from "../../../bench/range/roll-day.ts";
import { cutChunks } from "../../../lib/chunk/cut.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DAY_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { BUCKET_MS } from "../../../lib/storage/layout/bucket.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import type { Part } from "../../../lib/storage/layout/manifest.ts";
import { seriesHash } from "../../../lib/storage/series/series-hash.ts";
import type { Table } from "../../../lib/storage/table/table.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { Random } from "../../simulation/random.ts";

const DAYS = 10;
const START_MS = MIDNIGHT_MS - DAYS * DAY_MS;
const INTERVAL_MS = MINUTE_MS;
const SERIES = 30;
const SEED = 20261130;
/** Less than the samples of ten days cost, more than their rows do. */
const MAX_READ_UNITS = 260;

/** Counters that begin again each day. */
async function storeDays(table: Table, tenant: string): Promise<void> {
  const random = new Random(SEED);
  const all = Array.from({ length: SERIES }, (_, i) => {
    const labels = [
      ["__name__", "requests_total"],
      ["instance", String(i)],
    ] as const;
    const counter = new Float64Array(DAY_MS / INTERVAL_MS);
    for (let at = 1; at < counter.length; at++) counter[at] = counter[at - 1] + random.between(0, 1e6) / 7;
    return { labels, hash: seriesHash(labels), counter };
  }).sort((a, b) => Buffer.compare(a.hash, b.hash));
  for (let day = dayOf(START_MS); day < dayOf(MIDNIGHT_MS); day++) {
    const place = { table, tenant, day };
    const parts: Part[] = [];
    let index: Awaited<ReturnType<typeof storeIndex>> = [];
    for (let bucket = 0; bucket < DAY_MS / BUCKET_MS; bucket++) {
      const first = (bucket * BUCKET_MS) / INTERVAL_MS;
      const series = all.map(({ labels, hash, counter }): SeriesChunks => {
        const length = BUCKET_MS / INTERVAL_MS;
        const timestamps = Float64Array.from({ length }, (_, i) => day * DAY_MS + (first + i) * INTERVAL_MS);
        const values = counter.slice(first, first + length);
        return { labels, hash, chunks: [...cutChunks({ timestamps, values })] };
      });
      if (bucket === 0) index = await storeIndex(place, series);
      const part = await storeBucket(place, bucket, series);
      parts.push({ ...part, samples: (SERIES * BUCKET_MS) / INTERVAL_MS });
    }
    await storeManifest(place, parts, index);
  }
}

interface Answer {
  readonly status: number;
  readonly error?: string;
  readonly infos: readonly string[];
  readonly values: readonly (readonly string[])[];
  readonly rowsRead: number | undefined;
  readonly samples: number;
  readonly readUnits: number;
}

let ask: (fields: Record<string, string>) => Promise<Answer>;
before(async () => {
  const memory = new ReaderMemory(64 * 1024 * 1024);
  const gateway = await TestGateway.open({ maxQueryReadUnits: MAX_READ_UNITS });
  gateway.nowMs = MIDNIGHT_MS;
  await storeDays(gateway.table, "t");
  for (let day = dayOf(START_MS); day < dayOf(MIDNIGHT_MS); day++)
    await rollDay({ table: gateway.table, tenant: "t", day }, MIDNIGHT_MS + DAY_MS);
  addQueryRoutes(
    gateway.app,
    gateway.services,
    newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS, memory),
  );
  ask = async (fields) => {
    const response = await gateway.fetch(
      `/api/v1/query_range?${new URLSearchParams({ stats: "true", ...fields })}`,
      { headers: { Authorization: basic("HKA") } },
    );
    // biome-ignore lint/suspicious/noExplicitAny: a response of the API
    const body = (await response.json()) as any;
    return {
      status: response.status,
      readUnits: Number(response.headers.get("X-Hearth-Read-Units")),
      error: body.error,
      infos: body.infos ?? [],
      values: (body.data?.result ?? []).map((one: { values: [number, string][] }) =>
        one.values.map(([, value]) => value),
      ),
      rowsRead: body.data?.stats.samples.rowsRead,
      samples: body.data?.stats.samples.totalQueryableSamples,
    };
  };
});

const FOUR_DAYS = {
  start: String((START_MS + DAY_MS) / 1000),
  end: String((START_MS + 4 * DAY_MS) / 1000),
  step: "6h",
};
const QUERY = "sum(increase(requests_total[6h]))";

test("rows give the values of samples, count apart from them, and are said", async () => {
  const samples = await ask({ ...FOUR_DAYS, query: QUERY, max_source_resolution: "0s" });
  const rows = await ask({ ...FOUR_DAYS, query: QUERY, max_source_resolution: "1h" });
  assert.deepEqual([samples.status, rows.status], [200, 200]);
  assert.equal(samples.values[0].length, 13);
  rows.values[0].forEach((value, i) => {
    assert.ok(Math.abs(Number(value) / Number(samples.values[0][i]) - 1) < 1e-9, `${value} at ${i}`);
  });
  assert.deepEqual(samples.infos, []);
  assert.equal(samples.rowsRead, undefined);
  assert.deepEqual(rows.infos, [
    "PromQL info: read from hourly rows: all window edges lie on hours, so the result is that of samples (1:14)",
  ]);
  // Of three days and six hours, each with a sample at midnight in the hour before.
  assert.equal(rows.rowsRead, SERIES * 78);
  assert.equal(rows.samples, 0);
});

test("spellings", async () => {
  for (const [text, isOfRows] of [
    ["0", false],
    ["0s", false],
    ["5m", false],
    ["1h", true],
    ["3600", true],
    ["1d", true],
    ["auto", false],
    ["", false],
  ] as const) {
    const { rowsRead } = await ask({ ...FOUR_DAYS, query: QUERY, max_source_resolution: text });
    assert.equal(rowsRead !== undefined, isOfRows, text);
  }
  const { status, error } = await ask({ ...FOUR_DAYS, query: QUERY, max_source_resolution: "raw" });
  assert.equal(status, 400);
  assert.match(error!, /invalid parameter "max_source_resolution": .*expected auto, 0s or 1h/);
});

const ALL_DAYS = {
  start: String((START_MS + DAY_MS) / 1000),
  end: String(MIDNIGHT_MS / 1000),
  step: "12h",
};

test("auto: rows where samples would cost more than a request may", async () => {
  const query = "sum(increase(requests_total[12h]))";
  const auto = await ask({ ...ALL_DAYS, query });
  assert.equal(auto.status, 200, auto.error);
  assert.equal(auto.values[0].length, 19);
  assert.equal(auto.rowsRead, SERIES * 228);
  assert.deepEqual(auto.infos, [
    "PromQL info: read from hourly rows: all window edges lie on hours, so the result is that of samples; its samples would cost more than QueryReadUnits (1:14)",
  ]);
  const samples = await ask({ ...ALL_DAYS, query, max_source_resolution: "0s" });
  assert.equal(samples.status, 422);
  assert.match(
    samples.error!,
    /would take about \d+ read units \(\$[\d.]+\), a request may take 260 read units/,
  );
  const unfit = await ask({ ...ALL_DAYS, query: "quantile_over_time(0.5, requests_total[12h])" });
  assert.equal(unfit.status, 422);
  assert.match(unfit.error!, /hourly rows cannot stand for them: quantile_over_time\(\) needs every sample/);
});

test("what does not suit rows is read from samples, and the response says why", async () => {
  for (const [query, step, why] of [
    ["rate(requests_total[30m])", "6h", "a window of 30m is shorter than an hour"],
    ["rate(requests_total[6h])", "30m", "a step of 30m is shorter than an hour"],
    ["quantile_over_time(0.5, requests_total[6h])", "6h", "quantile_over_time() needs every sample"],
    ["rate(requests_total[6h] smoothed)", "6h", "its samples are needed together"],
  ] as const) {
    const { infos, rowsRead, status, error } = await ask({
      ...FOUR_DAYS,
      query,
      step,
      max_source_resolution: "1h",
    });
    assert.equal(status, 200, error);
    assert.equal(rowsRead, undefined, query);
    assert.ok(
      infos.some((info) => info.startsWith(`PromQL info: read from samples, not from hourly rows: ${why}`)),
      `${query}: ${infos}`,
    );
  }
});

test("edges within hours are moved, which is said", async () => {
  const start = String((START_MS + DAY_MS) / 1000 + 60);
  const { infos } = await ask({ ...FOUR_DAYS, start, query: QUERY, max_source_resolution: "1h" });
  assert.deepEqual(infos, [
    "PromQL info: read from hourly rows: window edges are moved to whole hours (1:14)",
  ]);
  const longer = "sum(increase(requests_total[6h15s]))";
  const other = await ask({ ...FOUR_DAYS, query: longer, max_source_resolution: "1h" });
  assert.match(other.infos[0], /moved to whole hours/);
});

test("a warm process remembers rows", async () => {
  const fields = { ...FOUR_DAYS, query: "max_over_time(requests_total[6h])", max_source_resolution: "1h" };
  const [, again] = [await ask(fields), await ask(fields)];
  assert.equal(again.rowsRead, SERIES * 78);
  // Lists of days and months alone; the rows of four days are more than 40.
  assert.ok(again.readUnits <= 10, `${again.readUnits} read units`);
});
