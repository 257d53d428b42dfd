/** Requests of remote write 2.0 as the tests decode and print them. */
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { WriteV2Decoder } from "../../lib/wire/write-v2.ts";
import { columnBits } from "../helpers/write-requests.ts";
import { encodeV2, type V2Series } from "../helpers/write-v2-requests.ts";
import { atOffset } from "./prometheus-proto.ts";

export const SEED = 20261125;

export function decode(body: Uint8Array, limits: Partial<Limits> = {}): WriteBatch {
  return new WriteV2Decoder({ ...DEFAULT_LIMITS, ...limits }).decode(atOffset(body));
}

export function labelsOf(batch: WriteBatch, series: number): Label[] {
  return batch.decodeLabels(batch.bytes, batch.labelStarts[series], batch.labelEnds[series], 1000);
}

/** One line for each series: labels, samples as `value bits@time since start`. */
export function short(batch: WriteBatch): string[] {
  const bits = columnBits(batch.values.subarray(0, batch.sampleCount));
  return Array.from({ length: batch.seriesCount }, (_, s) => {
    const labels = labelsOf(batch, s).map(([name, value]) => `${name}=${value}`);
    const samples = bits.flatMap((b, i) => {
      const start = batch.startTimestamps?.[i] ?? 0;
      return batch.sampleSeries[i] === s ? [`${b.toString(16)}@${batch.timestamps[i]} since ${start}`] : [];
    });
    return [`{${labels.join(",")}}`, ...samples].join(" ");
  });
}

export const UP: V2Series = {
  labels: [
    ["__name__", "up"],
    ["job", "a"],
  ],
  samples: [{ value: 1, timestamp: 5 }],
};

/** Everything there is, once. */
export const FULL = encodeV2([
  {
    ...UP,
    histograms: [
      {
        countInt: 3,
        sum: 1,
        positiveSpans: [{ offset: 1, length: 2 }],
        positiveDeltas: [1, 1],
        timestamp: 5,
      },
    ],
    exemplars: [{ labels: [["trace_id", "abc"]], value: 1, timestamp: 5 }],
    metadata: { type: "METRIC_TYPE_COUNTER", help: "help", unit: "s" },
    createdTimestamp: 4,
  },
  {
    labels: [["__name__", "f"]],
    histograms: [{ countFloat: 3, positiveSpans: [{ length: 1 }], positiveCounts: [3] }],
  },
]);
