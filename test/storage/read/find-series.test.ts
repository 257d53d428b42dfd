import assert from "node:assert/strict";
import { test } from "node:test";
import { printLabels } from "../../../lib/model/labels.ts";
import { type MatcherType, newMatcher } from "../../../lib/model/matcher.ts";
import { listDays } from "../../../lib/storage/layout/day-shards.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { findSeries } from "../../../lib/storage/read/find-series.ts";
import { hashHex, metricHash, seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);
const SENT = [
  series("up", { job: "a", zone: "x" }, [MIDNIGHT_MS, 1]),
  series("up", { job: "b" }, [MIDNIGHT_MS, 1]),
  series("load", { job: "a" }, [MIDNIGHT_MS, 1]),
  series("load1", {}, [MIDNIGHT_MS, 1]),
  series("yesterday", {}, [MIDNIGHT_MS - 1, 1]),
];

/** The same series: as writers left them; in an index part; in two, and the latest again in a record. */
async function engineOf(state: "in the log" | "in the index" | "in both"): Promise<Engine> {
  const engine = new Engine({ table: new FaultyTable() });
  const [first, rest] = state === "in both" ? [SENT.slice(0, 2), SENT.slice(1)] : [SENT, []];
  await engine.append(engine.newWriters(), first);
  if (state === "in the log") return engine;
  await engine.compact();
  if (state === "in the index") return engine;
  await engine.append(engine.newWriters(), rest.slice(0, 2));
  await engine.compact();
  await engine.append(engine.newWriters(), rest);
  return engine;
}

async function find({ table, inner }: Engine, texts: readonly Text[], maxSeries = 4) {
  const matchers = texts.map(([name, type, value]) => newMatcher(type, name, value));
  const shards = (await listDays(table, "t", DAY, DAY)).get(DAY) ?? [];
  const { manifest } = await loadManifest(table, "t", DAY);
  const limits = { maxSeries, maxLabelBytes: 2 ** 30 };
  const query = { tenant: "t", day: DAY, matchers, ...limits, manifest, shards, hash: seriesHash };
  const { calls } = inner as FaultyTable;
  const before = calls.length;
  const found = await findSeries(table, query);
  return { ...found, calls: calls.slice(before).map((call) => call.replace("query ", "")), manifest };
}

const ALL = ["load1{}", 'load{job="a"}', 'up{job="a",zone="x"}', 'up{job="b"}'];

type Text = readonly [name: string, type: MatcherType, value: string];

/** Matchers, and the series they pass. */
const CASES: readonly (readonly [matchers: Text[], found: string[]])[] = [
  [[], ALL],
  [[["__name__", "=", "up"]], ALL.slice(2)],
  [
    [
      ["__name__", "=", "up"],
      ["job", "=", "b"],
    ],
    ALL.slice(3),
  ],
  [
    [
      ["__name__", "=", "up"],
      ["zone", "=", ""],
    ],
    ALL.slice(3),
  ],
  [[["__name__", "=", "none"]], []],
  [[["__name__", "=", "yesterday"]], []],
  [[["__name__", "=", ""]], []],
  [
    [
      ["__name__", "=", "up"],
      ["__name__", "=", "load"],
    ],
    [],
  ],
  [
    [
      ["__name__", "=", "up"],
      ["__name__", "!=", "up"],
    ],
    [],
  ],
  [
    [
      ["__name__", "=~", "load.?"],
      ["__name__", "=", "load1"],
    ],
    ALL.slice(0, 1),
  ],
  [[["__name__", "=~", "load.?"]], ALL.slice(0, 2)],
  [[["__name__", "!=", "up"]], ALL.slice(0, 2)],
  [[["__name__", "!~", "load|up"]], ALL.slice(0, 1)],
  [[["__name__", "!=", ""]], ALL],
  [[["job", "=~", "a|b"]], ALL.slice(1)],
  [[["job", "=", ""]], ALL.slice(0, 1)],
  [[["job", "!=", "a"]], [ALL[0], ALL[3]]],
  [[["other", "=~", ".+"]], []],
];

for (const state of ["in the log", "in the index", "in both"] as const) {
  const engine = await engineOf(state);
  for (const [texts, found] of CASES) {
    test(`${state}: {${texts.map(([name, type, value]) => `${name}${type}"${value}"`).join(", ")}}`, async () => {
      const { labels, metrics } = await find(engine, texts);
      assert.deepEqual([...labels.values()].map(printLabels).toSorted(), found);
      const hashes = metrics.flatMap(({ series }) => series);
      assert.deepEqual(hashes.toSorted(), [...labels.keys()].toSorted());
    });
  }
}

test("a metric is found with its selected series, and how many it has", async () => {
  for (const state of ["in the log", "in the index"] as const) {
    const { metrics, labels } = await find(await engineOf(state), [["job", "=", "b"]]);
    const hash = seriesHash([
      ["__name__", "up"],
      ["job", "b"],
    ]);
    assert.deepEqual(metrics, [{ hash: metricHash("up"), total: 2, series: [hashHex(hash)] }]);
    assert.deepEqual([...labels.keys()], [hashHex(hash)]);
  }
});

test("each shard of the records and each part is asked once; nothing for what no series can pass", async () => {
  const engine = await engineOf("in both");
  assert.deepEqual((await find(engine, [["__name__", "=", "up"]])).calls, ["S", "I", "I"]);
  assert.deepEqual((await find(engine, [["job", "=", "a"]])).calls, ["S", "I", "I"]);
  assert.deepEqual((await find(engine, [["__name__", "=", ""]])).calls, []);
  await assert.rejects(find(engine, [], 3), /more than 3 series match/);
});

test("two label sets with one hash are an error, wherever they are", async () => {
  for (const state of ["in the log", "in the index", "in both"] as const) {
    const engine = await engineOf(state);
    const { manifest } = await loadManifest(engine.table, "t", DAY);
    const shards = [{ bits: 0, prefix: 0 }];
    const hash = () => new Uint8Array(20);
    const query = {
      tenant: "t",
      day: DAY,
      matchers: [],
      maxSeries: 9,
      maxLabelBytes: 2 ** 30,
      manifest,
      shards,
      hash,
    };
    await assert.rejects(findSeries(engine.table, query), /have the same hash 0000/);
  }
});
