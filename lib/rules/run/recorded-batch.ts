/** Recorded samples as a request that a writer appends. */
import type { LabelSet } from "../../model/labels.ts";
import type { AppendBatch, HistogramSample } from "../../model/sample-batch.ts";
import { decodeArenaLabels, LabelArena } from "../../wire/label-arena.ts";
import { setValue } from "../evaluate/overlay.ts";
import { labelsKey } from "../label-builder.ts";
import type { RecordedSample } from "../recorded-samples.ts";

/** Samples of a series stand together, by time. */
export function recordedBatch(samples: readonly RecordedSample[]): AppendBatch {
  const bySeries = new Map<string, RecordedSample[]>();
  for (const sample of samples) {
    const key = labelsKey(sample.labels);
    const same = bySeries.get(key);
    if (same === undefined) bySeries.set(key, [sample]);
    else same.push(sample);
  }
  const all = [...bySeries.values()].map((same) => same.sort((a, b) => a.timestamp - b.timestamp));
  const arena = new LabelArena(Number.POSITIVE_INFINITY);
  const labelStarts = new Int32Array(all.length);
  const labelEnds = new Int32Array(all.length);
  const histograms: HistogramSample[] = [];
  const floats: { readonly series: number; readonly timestamp: number; readonly value: number | "stale" }[] =
    [];
  for (const [series, same] of all.entries()) {
    labelStarts[series] = writeLabels(arena, same[0].labels);
    labelEnds[series] = arena.length;
    for (const { timestamp, value } of same) {
      if (typeof value === "object")
        histograms.push({ series, timestamp, startTimestamp: 0, histogram: value });
      else floats.push({ series, timestamp, value });
    }
  }
  const values = new Float64Array(floats.length);
  for (const [index, { value }] of floats.entries()) setValue(values, index, value);
  return {
    bytes: arena.bytes,
    seriesCount: all.length,
    labelStarts,
    labelEnds,
    sampleCount: floats.length,
    sampleSeries: Int32Array.from(floats, ({ series }) => series),
    timestamps: Float64Array.from(floats, ({ timestamp }) => timestamp),
    values,
    histograms,
    decodeLabels: decodeArenaLabels,
  };
}

function writeLabels(arena: LabelArena, labels: LabelSet): number {
  const start = arena.beginSeries();
  for (const [name, value] of labels) {
    arena.writeText(name);
    arena.writeText(value);
  }
  return start;
}
