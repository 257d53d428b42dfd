import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  cutHistogramChunks,
  decodeHistogramChunk,
  decodeHistogramChunks,
} from "../../lib/chunk/histogram-chunk.ts";
import { columnOf } from "../../lib/histogram/listed-histograms.ts";
import { staleHistogram } from "../../lib/histogram/spans.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import type { HistogramColumn } from "../../lib/model/histogram-samples.ts";
import { bucketsOf, histogram } from "../helpers/histograms.ts";
import { readGoldenSeries } from "./histogram-golden.ts";

const golden = readGoldenSeries("histogram-golden-prom3.14.jsonl");

function chunksOf(histograms: readonly Histogram[]) {
  const timestamps = Float64Array.from(histograms, (_, i) => 15_000 * i);
  return [...cutHistogramChunks({ timestamps, histograms })];
}

/** A counter's; a bucket appears on the way. */
function grown(count: number): Histogram[] {
  return Array.from({ length: count }, (_, i) =>
    histogram({
      positive: bucketsOf([0, i], [1, 2 * i + (i % 3)], [3, Math.max(0, i - 70)]),
      negative: bucketsOf([2, i >> 2]),
      zeroCount: 3,
    }),
  );
}

/** What one can ask of each histogram. */
function asked(column: HistogramColumn, index: number) {
  return {
    hint: column.hintAt(index),
    isStale: column.isStaleAt(index),
    schema: column.schemaAt(index),
    samples: column.sampleCountAt(index),
    histogram: column.at(index),
  };
}

describe("histograms that are made when they are asked for", () => {
  const fine = histogram({ schema: 10, positive: bucketsOf([-3, 1], [1, 1], [4, 1], [5, 2]) });
  const gauge = histogram({ counterResetHint: "gauge" });
  const series = [
    ...golden.map(({ name, chunks }) => [name, chunks] as const),
    ["a finer schema", chunksOf([fine, fine])],
    ["gauges", chunksOf([gauge, gauge, gauge])],
    ["staleness markers", chunksOf([histogram(), ...Array(50).fill(staleHistogram("integer", "unknown"))])],
    ["several chunks", chunksOf(grown(300))],
  ] as const;
  for (const [name, chunks] of series) {
    test(`are what all of them are: ${name}`, () => {
      const parts = chunks.map(({ bytes, kind }) => decodeHistogramChunk(bytes, kind));
      const timestamps = Float64Array.from(parts.flatMap((part) => [...part.timestamps]));
      const all = columnOf({ timestamps, histograms: parts.flatMap(({ histograms }) => histograms) });
      const column = decodeHistogramChunks(chunks);
      assert.deepEqual(column.timestamps, timestamps);
      // From behind, so that none is made in its turn.
      for (let i = timestamps.length - 1; i >= 0; i--) assert.deepEqual(asked(column, i), asked(all, i));
      assert.deepEqual(column.histograms, all.histograms);
    });
  }

  test("of a range, which begins and ends within chunks", () => {
    const chunks = chunksOf(grown(300));
    const column = decodeHistogramChunks(chunks, { minTime: 15_000 * 100 - 1, maxTime: 15_000 * 250 });
    const all = decodeHistogramChunks(chunks);
    assert.deepEqual(column.timestamps, all.timestamps.slice(100, 251));
    for (let i = 0; i <= 150; i++) assert.deepEqual(asked(column, i), asked(all, i + 100));
  });

  test("stay what they are when their chunk is given back", () => {
    const chunks = chunksOf(grown(100));
    const column = decodeHistogramChunks(chunks);
    const kept = [column.at(3), column.at(99)];
    const copies = structuredClone(kept);
    column.release();
    const other = decodeHistogramChunks(chunksOf(grown(100).map(() => histogram())));
    assert.notDeepEqual(other.at(3), kept[0]);
    assert.deepEqual(structuredClone(kept), copies);
  });

  test("counts that become large, and small again", () => {
    const large = [1, 2 ** 50 - 1, 2 ** 50, 2 ** 50 + 1, 2 ** 52 + 1, 2 ** 52 + 3, 7, 2 ** 51 + 1, 8, 9];
    // As gauges they stay in one chunk though they go down.
    const histograms = large.map((count, i) =>
      histogram({
        counterResetHint: "gauge",
        count: count + i,
        positive: bucketsOf([0, count], [1, 0], [2, i]),
      }),
    );
    const chunks = chunksOf(histograms);
    assert.equal(chunks.length, 1);
    const decoded = decodeHistogramChunk(chunks[0].bytes, "integer").histograms;
    assert.deepEqual(
      decoded.map(({ positive }) => [...positive.counts]),
      large.map((count, i) => [count, 0, i]),
    );
  });
});
