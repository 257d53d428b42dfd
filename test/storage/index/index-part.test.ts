/** An index part too large to be read whole: what its catalogue leads to, against a plain filter. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type LabelSet, labelValue, printLabels } from "../../../lib/model/labels.ts";
import { type Matcher, matchesAll, newMatcher } from "../../../lib/model/matcher.ts";
import { newDayContext } from "../../../lib/storage/compact/day-context.ts";
import { mergeIndexParts, storeIndexPart } from "../../../lib/storage/compact/store-index.ts";
import { IndexEntries } from "../../../lib/storage/index/index-entry.ts";
import { MAX_PLAIN_BLOCKS } from "../../../lib/storage/index/index-part.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { EMPTY_MANIFEST, type IndexPart } from "../../../lib/storage/layout/manifest.ts";
import { replaceManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { type FoundSeries, findSeries } from "../../../lib/storage/read/find-series.ts";
import { seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { assertSameLines } from "../../helpers/same-lines.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);

const JOBS = 40;
/** 16,000 series: one metric of 8,000, others of 20; a value of 40 bytes for each, so that there are many blocks. */
const sets = Array.from({ length: 16_000 }, (_, i): LabelSet => {
  const metric = i % 2 === 0 ? "large" : `small_${i % 401}`;
  const job = `job-${String(i % JOBS).padStart(2, "0")}`;
  const id = `${i}-${"x".repeat((i * 7) % 50)}-${(i * 2_654_435_761) % 2 ** 32}`;
  return [
    ["__name__", metric],
    ["instance", `host-${Math.floor(i / 16)}`],
    ["job", job],
    ["uid", id],
    ...(i % 3 === 0 ? [["zone", "z"] as const] : []),
  ];
});

/** Stores parts of some of the series each, partitioned as their number asks for or as is said. */
async function store(parts: readonly (readonly LabelSet[])[], shardBits?: number) {
  const table = new MemoryTable();
  const place = { table, tenant: "t", day: DAY, retentionMs: 0 };
  const context = newDayContext({ ...place, clock: () => MIDNIGHT_MS, randomBytes });
  const entries = new IndexEntries();
  const index: IndexPart[] = [];
  for (const part of parts) {
    const own = part.map((set) => entries.entryOf(set));
    index.push(
      ...(await storeIndexPart(context, own, shardBits === undefined ? undefined : () => shardBits)),
    );
  }
  return { table, context, index };
}

const whole = await store([sets]);

async function query(table: MemoryTable, index: readonly IndexPart[], matchers: readonly Matcher[]) {
  const meter = newMeter();
  const manifest = { ...EMPTY_MANIFEST, index };
  const found = await findSeries(table.metered(meter), {
    tenant: "t",
    day: DAY,
    matchers,
    maxSeries: 100_000,
    maxLabelBytes: 2 ** 30,
    manifest,
    shards: [],
    hash: seriesHash,
  });
  return { found, units: meter.readUnits };
}

function assertFound({ labels }: FoundSeries, matchers: readonly Matcher[], what: string) {
  const expected = sets
    .filter((set) => matchesAll(matchers, set))
    .map(printLabels)
    .sort();
  assertSameLines([...labels.values()].map(printLabels).sort(), expected, what);
}

const eq = (name: string, value: string) => newMatcher("=", name, value);
const re = (name: string, value: string) => newMatcher("=~", name, value);
/** Matchers, and how many read units they may take; all of the part is some 200. */
const CASES: readonly (readonly [matchers: readonly Matcher[], maxUnits: number])[] = [
  [[eq("__name__", "small_7")], 4],
  [[eq("__name__", "none")], 2],
  [[eq("__name__", "large"), eq("instance", "host-500")], 25],
  [[eq("__name__", "large"), re("instance", "host-50|host-51")], 40],
  [[eq("uid", labelValue(sets[12_345], "uid"))], 12],
  [[eq("uid", "none")], 6],
  [[re("__name__", "small_1[0-9]"), newMatcher("!=", "job", "job-01")], 60],
  [[re("__name__", "small_(7|9)"), eq("job", "job-07")], 25],
  [[newMatcher("!=", "__name__", "large"), eq("instance", "host-500")], 250],
];

test("its catalogue leads to the blocks that matter", async () => {
  const { table, index } = whole;
  assert.ok(index[0].blocks > MAX_PLAIN_BLOCKS, `${index[0].blocks} blocks`);
  assert.equal(index[0].series, sets.length);
  for (const [matchers, maxUnits] of CASES) {
    const what = matchers.map(({ name, type, value }) => `${name}${type}"${value}"`).join();
    const { found, units } = await query(table, index, matchers);
    assertFound(found, matchers, what);
    assert.ok(units <= maxUnits, `{${what}}: ${units} read units, expected ${maxUnits} at most`);
  }
  for (const matchers of [
    [],
    [eq("job", "")],
    [eq("zone", "")],
    [re("zone", "|y"), eq("job", "job-02")],
    [newMatcher("!~", "job", "job-.*")],
    [eq("__name__", "large")],
  ])
    assertFound((await query(table, index, matchers)).found, matchers, `${matchers.length} matchers`);
});

test("says how many series a metric has that it did not read", async () => {
  const { table, index } = whole;
  const { found } = await query(table, index, [eq("__name__", "large"), eq("instance", "host-500")]);
  const { total, series } = found.metrics[0];
  assert.ok(series.length === 8 && total >= 8000 && total < 9000, `${total}`);
});

test("answers names and values without being read", async () => {
  const { table, context, index } = whole;
  const absent = { manifest: EMPTY_MANIFEST, bytes: undefined };
  await replaceManifest(table, context, absent, { ...EMPTY_MANIFEST, index });
  const engine = new Engine({ table });
  await engine.append(engine.newWriters(), [series("new", { shape: "round" }, [MIDNIGHT_MS, 1])]);
  const meter = newMeter();
  const reader = new Engine({ table: table.metered(meter) }).reader();
  const all = { matchers: [], ...ALL_TIME };
  assert.deepEqual(await reader.labelNames(all), ["__name__", "instance", "job", "shape", "uid", "zone"]);
  assert.deepEqual((await reader.labelValues("job", all)).length, JOBS);
  assert.deepEqual((await reader.labelValues("__name__", all)).length, 403);
  assert.deepEqual(await reader.labelValues("shape", all), ["round"]);
  assert.ok(meter.readUnits < 40, `${meter.readUnits} read units`);
  assert.equal((await reader.labelValues("uid", all)).length, sets.length);
});

test("parts that overlap are merged to what they have together", async () => {
  const parts = [sets.slice(0, 10_000), sets.slice(6000), sets.slice(12_000, 12_050)];
  const { table, context, index } = await store(parts);
  const [merged] = await mergeIndexParts(context, index);
  assert.equal(merged.series, sets.length);
  for (const [matchers, maxUnits] of CASES) {
    const { found, units } = await query(table, [merged], matchers);
    assertFound(found, matchers, matchers.map(({ value }) => value).join());
    assert.ok(units <= maxUnits, `${units} read units, expected ${maxUnits} at most`);
    assertFound((await query(table, index, matchers)).found, matchers, "of three parts");
  }
});

test("is found in all its partitions", async () => {
  assert.equal(whole.index[0].shardBits, 0);
  const { table, index } = await store([sets], 2);
  assert.equal(index[0].shardBits, 2);
  for (const [matchers] of [...CASES, [[]] as const]) {
    const { found } = await query(table, index, matchers);
    assertFound(found, matchers, matchers.map(({ value }) => value).join());
  }
  const metrics = Map.groupBy(sets, (set) => labelValue(set, "__name__"));
  for (const [metric, own] of metrics) {
    const { found } = await query(table, index, [eq("__name__", metric)]);
    assert.equal(found.labels.size, own.length, metric);
  }
});
