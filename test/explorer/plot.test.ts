import assert from "node:assert/strict";
import { test } from "node:test";
import { printMetric, usualQuery } from "../../explorer/api/metric-text.ts";
import type { ApiBucket, ApiSeries } from "../../explorer/api/prometheus.ts";
import { compareCells } from "../../explorer/design/compare-cells.ts";
import { sparklinePath } from "../../explorer/design/sparkline-path.ts";
import { guessUnit, printValue } from "../../explorer/number/units.ts";
import { SeriesColors } from "../../explorer/plot/colors.ts";
import { rowsAt, windowOf } from "../../explorer/plot/crosshair.ts";
import { foldLabels } from "../../explorer/plot/fold-labels.ts";
import { newFrame } from "../../explorer/plot/frame.ts";
import { isClassicHistogram, newHeatMap } from "../../explorer/plot/heat.ts";
import { NONE_HIDDEN, toggleAlone, toggleOne } from "../../explorer/plot/legend-choice.ts";
import { stackValues } from "../../explorer/plot/stack.ts";

const RANGE = { start: 100, end: 130, step: 10 };
const noTurn = async () => {};

test("names that PromQL quotes are quoted", () => {
  assert.equal(printMetric({ __name__: "up", job: 'a"b' }), 'up{job="a\\"b"}');
  assert.equal(printMetric({ __name__: "my.metric", "my.label": "x" }), '{"my.metric", "my.label"="x"}');
  assert.equal(printMetric({}), "{}");
  assert.equal(usualQuery("a_total"), "rate(a_total[5m])");
  assert.equal(usualQuery("my.gauge"), '{"my.gauge"}');
});

test("a frame has a value for each step, and figures of the finite ones", async () => {
  const all: ApiSeries[] = [
    {
      metric: { a: "1" },
      values: [
        [100, "1"],
        [110, "NaN"],
        [120, "3"],
      ],
    },
    { metric: { a: "2" }, values: [[130, "+Inf"]] },
  ];
  const frame = await newFrame(all, RANGE, noTurn);
  assert.deepEqual(frame.times, [100, 110, 120, 130]);
  const [first, second] = frame.series;
  assert.deepEqual(first.values, [1, null, 3, null]);
  assert.deepEqual([first.min, first.max, first.mean, first.last], [1, 3, 2, 3]);
  assert.ok(Number.isNaN(second.last));
  assert.equal(frame.points, 4);
});

test("a large frame gives the event loop turns, and ends when it is aborted", async () => {
  const range = { start: 0, end: 9999, step: 1 };
  const values = Array.from({ length: 10_000 }, (_, i) => [i, "1"] as const);
  const all = Array.from({ length: 100 }, (_, i) => ({ metric: { i: String(i) }, values }));
  let turns = 0;
  await newFrame(all, range, async () => void turns++);
  assert.equal(turns, 10);
  const controller = new AbortController();
  const turn = async () => controller.abort(new Error("closed"));
  await assert.rejects(newFrame(all, range, turn, controller.signal), /closed/);
});

test("labels that all have are said once", () => {
  const folded = foldLabels([
    { __name__: "up", job: "node", instance: "a" },
    { __name__: "up", job: "node", instance: "b", zone: "z" },
  ]);
  assert.equal(folded.common, 'up{job="node"}');
  assert.deepEqual(folded.own, ["a", 'instance="b" zone="z"']);
  assert.deepEqual(foldLabels([{ __name__: "up" }]).own, ["up"]);
  assert.deepEqual(foldLabels([{ __name__: "a" }, { __name__: "b" }]).own, ["a", "b"]);
  assert.deepEqual(foldLabels([{ mode: "user" }, { mode: "idle" }]), {
    common: "",
    own: ["user", "idle"],
    labels: ["mode"],
  });
});

test("a click shows one alone and all again; a Ctrl-click one more or less", () => {
  const keys = ["a", "b", "c"];
  const alone = toggleAlone(NONE_HIDDEN, keys, "b");
  assert.deepEqual([...alone], ["a", "c"]);
  assert.deepEqual([...toggleAlone(alone, keys, "b")], []);
  assert.deepEqual([...toggleAlone(alone, keys, "a")], ["b", "c"]);
  const two = toggleOne(alone, keys, "a");
  assert.deepEqual([...two], ["c"]);
  assert.deepEqual([...toggleOne(alone, keys, "b")], []);
  // A series that is gone for a while is remembered.
  assert.ok(toggleOne(alone, ["a", "b"], "a").has("c"));
});

test("a series keeps its colour while others come and go", () => {
  const colors = new SeriesColors();
  colors.keep(["a", "b", "c"]);
  const before = colors.colorOf("c", false);
  colors.keep(["c", "d"]);
  assert.equal(colors.colorOf("c", false), before);
  assert.notEqual(colors.colorOf("d", false), before);
  colors.keep(Array.from({ length: 100 }, (_, i) => `k${i}`));
  assert.equal(new Set(Array.from({ length: 100 }, (_, i) => colors.colorOf(`k${i}`, true))).size, 100);
});

test("values are stacked over those that are shown", () => {
  const columns = [
    [1, 2],
    [10, null],
    [100, 200],
  ];
  assert.deepEqual(
    stackValues(columns, () => true),
    [
      [1, 2],
      [11, null],
      [111, 202],
    ],
  );
  assert.deepEqual(
    stackValues(columns, (i) => i !== 1),
    [
      [1, 2],
      [null, null],
      [101, 202],
    ],
  );
});

test("under the crosshair the largest comes first, and what has no room is counted", async () => {
  const all = ["1", "3", "2"].map((value, i) => ({
    metric: { i: String(i) },
    values: [[100, value] as const],
  }));
  const frame = await newFrame(all, RANGE, noTurn);
  const names = ["x", "y", "z"];
  assert.deepEqual(
    rowsAt(frame, names, 0, new Set(['{i="2"}'])).map(({ name }) => name),
    ["y", "x"],
  );
  assert.deepEqual(rowsAt(frame, names, 1, NONE_HIDDEN), []);
  assert.deepEqual(windowOf([0, 1, 2, 3, 4, 5], 4, 3), { shown: [3, 4, 5], above: 3, below: 0 });
  assert.deepEqual(windowOf([0, 1], 1, 3), { shown: [0, 1], above: 0, below: 0 });
});

test("classic histograms become cells of what is between two bounds", () => {
  const bucket = (le: string, ...counts: number[]): ApiSeries => ({
    metric: { le },
    values: counts.map((count, i) => [100 + 10 * i, String(count)]),
  });
  const all = [bucket("+Inf", 6, 6), bucket("1", 3, 0), bucket("2", 5, 6)];
  assert.ok(isClassicHistogram(all));
  assert.ok(!isClassicHistogram([bucket("1", 1), { metric: {} }, bucket("2", 1)]));
  const heat = newHeatMap(all, RANGE);
  assert.deepEqual(heat.bounds, [0, 1, 2, Number.POSITIVE_INFINITY]);
  assert.deepEqual(Array.from(heat.counts), [3, 0, 0, 0, 2, 6, 0, 0, 1, 0, 0, 0]);
  assert.deepEqual([heat.max, heat.histograms], [6, 1]);
});

test("native histograms are added up, wide buckets spread over narrow ones", () => {
  const series = (i: number, buckets: readonly ApiBucket[]): ApiSeries => ({
    metric: { i: String(i) },
    histograms: [[110, { count: "1", sum: "1", buckets }]],
  });
  const heat = newHeatMap(
    [
      series(0, [[0, "1", "4", "8"]]),
      series(1, [
        [0, "1", "2", "1"],
        [0, "2", "4", "2"],
      ]),
    ],
    RANGE,
  );
  assert.deepEqual(heat.bounds, [1, 2, 4]);
  assert.deepEqual(Array.from(heat.counts), [0, 5, 0, 0, 0, 6, 0, 0]);
  const many = Array.from({ length: 500 }, (_, i): ApiBucket => [0, String(i), String(i + 1), "1"]);
  const thinned = newHeatMap([series(0, many)], RANGE);
  assert.ok(thinned.bounds.length <= 152);
  assert.equal(
    thinned.counts.reduce((sum, count) => sum + count, 0),
    500,
  );
});

test("units are guessed where a name says one, and not where arithmetic changes it", () => {
  const cases: readonly (readonly [string, string[], string])[] = [
    ["process_resident_memory_bytes", ["process_resident_memory_bytes"], "bytes"],
    ["rate(node_network_receive_bytes_total[5m])", ["node_network_receive_bytes_total"], "bytes/s"],
    ["sum by (mode) (rate(node_cpu_seconds_total[1m]))", ["node_cpu_seconds_total"], "ratio"],
    ["histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket[5m])))", ["x_seconds_bucket"], "seconds"],
    ["increase(http_requests_total[1h])", ["http_requests_total"], "none"],
    ["rate(http_requests_total[5m])", ["http_requests_total"], "per second"],
    ["count(process_resident_memory_bytes)", ["process_resident_memory_bytes"], "none"],
    ["a_bytes / b_bytes", ["a_bytes", "b_bytes"], "none"],
    ["a_bytes * 8", ["a_bytes"], "none"],
    ['a_bytes{path=~"/x/.*"}', ["a_bytes"], "bytes"],
    ["a_bytes + b_seconds", ["a_bytes", "b_seconds"], "none"],
    ["process_start_time_seconds", ["process_start_time_seconds"], "date"],
    ["1", [], "none"],
  ];
  for (const [expr, metrics, unit] of cases) assert.equal(guessUnit(expr, metrics), unit, expr);
  assert.equal(guessUnit("memory", ["memory"], "By"), "bytes");
});

test("values are printed for people", () => {
  assert.deepEqual(
    [
      printValue(0, "none"),
      printValue(1234.5, "none"),
      printValue(-0.000_01, "none"),
      printValue(Number.NaN, "bytes"),
      printValue(Number.NEGATIVE_INFINITY, "none"),
      printValue(1536, "bytes"),
      printValue(2 ** 80, "bytes"),
      printValue(0.0123, "seconds"),
      printValue(7200, "seconds"),
      printValue(0.5, "ratio"),
      printValue(0, "date"),
    ],
    [
      "0",
      "1.234k",
      "-0.00001",
      "NaN",
      "-Inf",
      "1.5 KiB",
      "1049000 EiB",
      "12.3 ms",
      "2 h",
      "50%",
      "1970-01-01 00:00",
    ],
  );
});

test("cells without a value come last, whichever way a table is sorted", () => {
  const values = [2, Number.NaN, 10, Number.NEGATIVE_INFINITY];
  assert.deepEqual(
    values.toSorted((a, b) => compareCells(a, b, 1)),
    [Number.NEGATIVE_INFINITY, 2, 10, Number.NaN],
  );
  assert.deepEqual(
    values.toSorted((a, b) => compareCells(a, b, -1)),
    [10, 2, Number.NEGATIVE_INFINITY, Number.NaN],
  );
  assert.deepEqual(
    ["a10", "", "a2"].toSorted((a, b) => compareCells(a, b, 1)),
    ["a2", "a10", ""],
  );
});

test("a sparkline has a gap where there is no value", () => {
  const { line } = sparklinePath([0, null, 1, 2], 30, 13);
  assert.equal(line, "M0 11.5M20 6.5L30 1.5");
  assert.deepEqual(sparklinePath([null, Number.NaN], 30, 12), { line: "", area: "" });
  assert.equal(sparklinePath([5, 5], 10, 10).line, "M0 5L10 5");
});
