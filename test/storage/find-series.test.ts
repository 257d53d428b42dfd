import assert from "node:assert/strict";
import { test } from "node:test";
import { printLabels } from "../../lib/model/labels.ts";
import { type MatcherType, newMatcher } from "../../lib/model/matcher.ts";
import { findSeries } from "../../lib/storage/find-series.ts";
import { dayOf } from "../../lib/storage/keys.ts";
import { hashHex, metricHash, seriesHash } from "../../lib/storage/series-hash.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/engine.ts";
import { FaultyTable } from "../helpers/faulty-table.ts";
import { series } from "../helpers/write-requests.ts";

const table = new FaultyTable();
const engine = new Engine({ table });
await engine.append(engine.newWriters(), [
  series("up", { job: "a", zone: "x" }, [MIDNIGHT_MS, 1]),
  series("up", { job: "b" }, [MIDNIGHT_MS, 1]),
  series("load", { job: "a" }, [MIDNIGHT_MS, 1]),
  series("load1", {}, [MIDNIGHT_MS, 1]),
  series("yesterday", {}, [MIDNIGHT_MS - 1, 1]),
]);

const ALL = ["load1{}", 'load{job="a"}', 'up{job="a",zone="x"}', 'up{job="b"}'];

type Text = readonly [name: string, type: MatcherType, value: string];

/** Matchers, the series they pass, and whether the list of metric names is read for them. */
const CASES: readonly (readonly [matchers: Text[], found: string[], readsNames: boolean])[] = [
  [[], ALL, true],
  [[["__name__", "=", "up"]], ALL.slice(2), false],
  [
    [
      ["__name__", "=", "up"],
      ["job", "=", "b"],
    ],
    ALL.slice(3),
    false,
  ],
  [
    [
      ["__name__", "=", "up"],
      ["zone", "=", ""],
    ],
    ALL.slice(3),
    false,
  ],
  [[["__name__", "=", "none"]], [], false],
  [[["__name__", "=", "yesterday"]], [], false],
  [[["__name__", "=", ""]], [], false],
  [
    [
      ["__name__", "=", "up"],
      ["__name__", "=", "load"],
    ],
    [],
    false,
  ],
  [
    [
      ["__name__", "=", "up"],
      ["__name__", "!=", "up"],
    ],
    [],
    false,
  ],
  [
    [
      ["__name__", "=~", "load.?"],
      ["__name__", "=", "load1"],
    ],
    ALL.slice(0, 1),
    false,
  ],
  [[["__name__", "=~", "load.?"]], ALL.slice(0, 2), true],
  [[["__name__", "!=", "up"]], ALL.slice(0, 2), true],
  [[["__name__", "!~", "load|up"]], ALL.slice(0, 1), true],
  [[["__name__", "!=", ""]], ALL, true],
  [[["job", "=~", "a|b"]], ALL.slice(1), true],
  [[["job", "=", ""]], ALL.slice(0, 1), true],
  [[["job", "!=", "a"]], [ALL[0], ALL[3]], true],
  [[["other", "=~", ".+"]], [], true],
];

for (const [texts, found, readsNames] of CASES) {
  test(`{${texts.map(([name, type, value]) => `${name}${type}"${value}"`).join(", ")}}`, async () => {
    const matchers = texts.map(([name, type, value]) => newMatcher(type, name, value));
    const before = table.calls.length;
    const query = { tenant: "t", day: dayOf(MIDNIGHT_MS), matchers, maxSeries: 4 };
    const result = await findSeries(table, query);
    assert.deepEqual([...result.labels.values()].map(printLabels).toSorted(), found);
    const hashes = result.metrics.flatMap(({ series }) => series);
    assert.deepEqual(hashes.toSorted(), [...result.labels.keys()].toSorted());
    assert.equal(table.calls.slice(before).includes("query M"), readsNames);
  });
}

test("a metric is found with its selected series, and how many it has", async () => {
  const matchers = [newMatcher("=", "job", "b")];
  const { metrics, labels } = await findSeries(table, {
    tenant: "t",
    day: dayOf(MIDNIGHT_MS),
    matchers,
    maxSeries: 4,
  });
  const hash = seriesHash([
    ["__name__", "up"],
    ["job", "b"],
  ]);
  assert.deepEqual(metrics, [{ hash: metricHash("up"), total: 2, series: [hashHex(hash)] }]);
  assert.deepEqual([...labels.keys()], [hashHex(hash)]);
});

test("of the metrics of a day only those are read whose names pass", async () => {
  const before = table.calls.length;
  const matchers = [newMatcher("=~", "__name__", "load.?"), newMatcher("=", "job", "none")];
  await findSeries(table, { tenant: "t", day: dayOf(MIDNIGHT_MS), matchers, maxSeries: 4 });
  assert.deepEqual(table.calls.slice(before), ["query M", "query S", "query S"]);
});
