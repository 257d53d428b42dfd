/** Hourly rows say of an hour what its samples say, and rows of two halves join to the rows of the whole. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addHistograms } from "../../../lib/histogram/pair.ts";
import { isReset } from "../../../lib/histogram/reset.ts";
import { staleHistogram } from "../../../lib/histogram/spans.ts";
import type { Histogram } from "../../../lib/model/histogram.ts";
import {
  type FloatRows,
  type HistogramRows,
  type HourRows,
  ROW_ENDS_STALE,
  ROW_FIRST_IS_RESET,
  ROW_HAS_GAUGE,
  ROW_HAS_STARTS,
  ROW_IS_INCOMPATIBLE,
  ROW_IS_MIXED,
} from "../../../lib/model/rows/hour-rows.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { samplesBetween } from "../../../lib/storage/parts/hashed-samples.ts";
import { joinMidnights, joinRows } from "../../../lib/storage/rollups/join-rows.ts";
import { makeRows } from "../../../lib/storage/rollups/make-rows.ts";
import { gatherFloats } from "../../../lib/storage/rollups/row-slices.ts";
import { bucketsOf, histogram, histogramText } from "../../helpers/histograms.ts";
import { Random } from "../../simulation/random.ts";
import { mixed, randomSamples, type Sent, START, stale, up } from "./written-samples.ts";

const SEED = 20261130;

/** A row of floats in one line. */
function printFloats(rows: FloatRows): string[] {
  return Array.from(rows.hours, (hour, i) => {
    const flags = rows.flags[i];
    const marks = `${flags & ROW_ENDS_STALE ? " stale" : ""}${flags & ROW_IS_MIXED ? " mixed" : ""}`;
    const end = `${(hour - START) / HOUR_MS}h n=${rows.counts[i]}`;
    if (rows.counts[i] === 0) return end + marks;
    const time = (ms: number) => (ms - START) / MINUTE_MS;
    const firstLast = `${time(rows.firstTimes[i])}:${rows.firstValues[i]}..${time(rows.lastTimes[i])}:${rows.lastValues[i]}`;
    const rest = `min=${rows.mins[i]} max=${rows.maxs[i]} sum=${rows.sums[i]} drops=${rows.drops[i]}`;
    return `${end} ${firstLast} ${rest} resets=${rows.resets[i]} changes=${rows.changes[i]}${marks}`;
  });
}

const FLOAT_CASES: readonly (readonly [what: string, samples: MixedSamples, rows: readonly string[]])[] = [
  ["nothing", mixed(), []],
  [
    "an hour is left-open",
    mixed([0, 7], [1, 8], [60, 9], [61, 10]),
    [
      "0h n=1 0:7..0:7 min=7 max=7 sum=7 drops=0 resets=0 changes=0",
      "1h n=2 1:8..60:9 min=8 max=9 sum=17 drops=0 resets=0 changes=1",
      "2h n=1 61:10..61:10 min=10 max=10 sum=10 drops=0 resets=0 changes=0",
    ],
  ],
  [
    "a counter with resets",
    mixed([1, 5], [2, 9], [3, 2], [4, 2], [5, 1]),
    ["1h n=5 1:5..5:1 min=1 max=9 sum=19 drops=11 resets=2 changes=3"],
  ],
  [
    "a gap",
    mixed([1, 1], [200, 2]),
    [
      "1h n=1 1:1..1:1 min=1 max=1 sum=1 drops=0 resets=0 changes=0",
      "4h n=1 200:2..200:2 min=2 max=2 sum=2 drops=0 resets=0 changes=0",
    ],
  ],
  [
    "a marker at the end",
    mixed([1, 1], stale(2)),
    ["1h n=1 1:1..1:1 min=1 max=1 sum=1 drops=0 resets=0 changes=0 stale"],
  ],
  [
    "a marker alone",
    mixed([1, 1], stale(61)),
    ["1h n=1 1:1..1:1 min=1 max=1 sum=1 drops=0 resets=0 changes=0", "2h n=0 stale"],
  ],
  [
    "a marker that is passed",
    mixed(stale(1), [2, 4], stale(3), [4, 3]),
    ["1h n=2 2:4..4:3 min=3 max=4 sum=7 drops=4 resets=1 changes=1"],
  ],
  [
    "NaN beside numbers",
    mixed([1, NaN], [2, 4], [3, NaN], [4, NaN]),
    ["1h n=4 1:NaN..4:NaN min=4 max=4 sum=NaN drops=0 resets=0 changes=2"],
  ],
  [
    "NaN alone",
    mixed([1, NaN], [2, NaN]),
    ["1h n=2 1:NaN..2:NaN min=NaN max=NaN sum=NaN drops=0 resets=0 changes=0"],
  ],
  [
    "infinities",
    mixed([1, Infinity], [2, 4], [3, Infinity]),
    ["1h n=3 1:Infinity..3:Infinity min=4 max=Infinity sum=Infinity drops=Infinity resets=1 changes=2"],
  ],
  [
    "both infinities",
    mixed([1, Infinity], [2, -Infinity]),
    ["1h n=2 1:Infinity..2:-Infinity min=-Infinity max=Infinity sum=NaN drops=Infinity resets=1 changes=1"],
  ],
  [
    "what rounding would lose",
    mixed([1, 1e16], [2, 1], [3, -1e16]),
    [
      "1h n=3 1:10000000000000000..3:-10000000000000000 min=-10000000000000000 max=10000000000000000 sum=1 drops=10000000000000000 resets=2 changes=2",
    ],
  ],
];

for (const [what, samples, rows] of FLOAT_CASES)
  test(`floats: ${what}`, () => assert.deepEqual(printFloats(makeRows(samples).floats), rows));

test("floats with start timestamps say so", () => {
  const samples = mixed([1, 1], [61, 2]);
  const { flags } = makeRows({ ...samples, startTimestamps: Float64Array.of(0, START) }).floats;
  assert.deepEqual([...flags], [0, ROW_HAS_STARTS]);
});

function histogramRows(...samples: readonly Sent[]): HistogramRows {
  return makeRows(mixed(...samples)).histograms!;
}

test("histograms: sum, resets and what was lost by them", () => {
  const { counts, firsts, lasts, sums, drops, resets, changes, flags } = histogramRows(
    [1, up(5)],
    [2, up(9)],
    [3, up(2)],
    [4, up(2)],
    [5, up(1)],
  );
  assert.deepEqual([counts[0], resets[0], changes[0], flags[0]], [5, 2, 3, 0]);
  assert.equal(firsts[0]!.sum, 5);
  assert.equal(lasts[0]!.sum, 1);
  assert.deepEqual([sums[0]!.sum, sums[0]!.count], [19, 57]);
  assert.deepEqual([drops[0]!.sum, drops[0]!.count], [11, 33]);
});

test("histograms: a reset right after the first leaves the first out of what was lost", () => {
  const { drops, resets, flags } = histogramRows([1, up(5)], [2, up(4)], [3, up(2)]);
  assert.deepEqual([drops[0]!.sum, resets[0], flags[0]], [4, 2, ROW_FIRST_IS_RESET]);
});

test("histograms: exponential and custom buckets have no sum", () => {
  const custom = histogram({ schema: -53, customBounds: Float64Array.of(1, 2), positive: bucketsOf([0, 1]) });
  const { sums, drops, counts, firsts, lasts, flags } = histogramRows([1, up(5)], [2, custom], [3, custom]);
  assert.deepEqual([counts[0], sums[0], drops[0]], [3, undefined, undefined]);
  assert.deepEqual([firsts[0]!.schema, lasts[0]!.schema], [0, -53]);
  assert.ok(flags[0] & ROW_IS_INCOMPATIBLE);
});

test("histograms: gauges and markers are told", () => {
  const gauge = up(1, { counterResetHint: "gauge" });
  const { flags, counts, firsts } = histogramRows(
    [1, gauge],
    [2, staleHistogram("integer", "unknown")],
    [61, staleHistogram("integer", "unknown")],
  );
  assert.deepEqual([...flags], [ROW_HAS_GAUGE | ROW_ENDS_STALE, ROW_ENDS_STALE]);
  assert.deepEqual([...counts], [1, 0]);
  assert.equal(firsts[1], undefined);
});

test("an hour of both kinds is mixed, and only its newest sample can end it", () => {
  const { floats: first, histograms: second } = makeRows(mixed([1, 5], stale(2), [3, up(1)]));
  assert.deepEqual([first.flags[0], second!.flags[0]], [ROW_IS_MIXED, ROW_IS_MIXED]);
  const ended = makeRows(mixed([1, up(1)], [2, 5], [3, up(1)], stale(4)));
  assert.deepEqual(
    [ended.floats.flags[0], ended.histograms!.flags[0]],
    [ROW_IS_MIXED | ROW_ENDS_STALE, ROW_IS_MIXED],
  );
  const marker = makeRows(mixed([1, up(1)], stale(4)));
  assert.deepEqual([marker.floats.flags[0], marker.histograms!.flags[0]], [ROW_ENDS_STALE, 0]);
});

function printRows({ floats: ofFloats, histograms }: HourRows): unknown {
  const close = (value: number) => (Number.isFinite(value) ? value.toPrecision(12) : `${value}`);
  const text = (one: Histogram | undefined) => one && histogramText({ ...one, counterResetHint: "unknown" });
  return {
    floats: printFloats({
      ...ofFloats,
      sums: ofFloats.sums.map(() => 0),
      drops: ofFloats.drops.map(() => 0),
    }),
    floatFlags: [...ofFloats.flags],
    sums: Array.from(ofFloats.sums, close),
    drops: Array.from(ofFloats.drops, close),
    histograms: histograms && {
      ...histograms,
      firsts: histograms.firsts.map(text),
      lasts: histograms.lasts.map(text),
      sums: histograms.sums.map(text),
      drops: histograms.drops.map(text),
    },
  };
}

test(`rows of pieces join to the rows of the whole (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let round = 0; round < 400; round++) {
    const samples = randomSamples(random, 6);
    // Cuts within hours too: an hour in two parts is what midnight makes.
    const cuts = [0, ...Array.from({ length: 3 }, () => random.between(0, 12) * 30), 1e6].sort(
      (a, b) => a - b,
    );
    const parts = cuts.slice(1).flatMap((cut, i) => {
      const [from, to] = [cuts[i], cut].map((minutes) => START + minutes * MINUTE_MS);
      return from === to ? [] : [makeRows(samplesBetween(samples, from, to))];
    });
    assert.deepEqual(printRows(joinRows(parts)), printRows(makeRows(samples)), `round ${round}`);
    const floats = parts.map((part) => ({ floats: part.floats }));
    const joined = { floats: joinMidnights(gatherFloats(floats)) };
    assert.deepEqual(printRows(joined), printRows(joinRows(floats)), `round ${round}, floats`);
  }
});

test(`a counter's increase follows from its rows (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: 50 }, () => random.between(0, 40));
    const samples = mixed(...values.map((value, i) => [i * 20, up(value)] as const));
    let expected: Histogram | undefined;
    const all = samples.histograms!.histograms;
    for (let i = 1; i < all.length; i++)
      if (isReset(all[i], all[i - 1]))
        expected = expected ? addHistograms(expected, all[i - 1])!.histogram : all[i - 1];
    const { firsts, lasts, drops, flags } = makeRows(samples).histograms!;
    let lost = 0;
    for (let row = 0; row < firsts.length; row++) {
      lost += (drops[row]?.sum ?? 0) + (flags[row] & ROW_FIRST_IS_RESET ? firsts[row]!.sum : 0);
      if (row > 0 && isReset(firsts[row]!, lasts[row - 1]!)) lost += lasts[row - 1]!.sum;
    }
    assert.equal(lost, expected?.sum ?? 0, `round ${round}`);
  }
});
