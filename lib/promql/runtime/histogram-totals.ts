/**
 * Native histograms without buckets, for queries of counts and sums alone. Resets are detected
 * first, since only buckets show some of them.
 */

import { emptyHistogram } from "../../histogram/float-histogram.ts";
import { columnOf } from "../../histogram/listed-histograms.ts";
import { isReset } from "../../histogram/reset.ts";
import type { CounterResetHint, Histogram } from "../../model/histogram.ts";
import type { HistogramColumn } from "../../model/histogram-samples.ts";

const NO_BOUNDS = new Float64Array(0);

export function withoutBuckets(samples: HistogramColumn): HistogramColumn {
  let last: Histogram | undefined;
  const histograms = samples.histograms.map((histogram) => {
    const { schema, count, sum, isStale } = histogram;
    const hint = isStale ? histogram.counterResetHint : hintAfter(last, histogram);
    if (!isStale) last = histogram;
    const layout = emptyHistogram({ schema, customBounds: NO_BOUNDS });
    return { ...layout, counterResetHint: hint, count, sum, isStale };
  });
  const { timestamps, startTimestamps } = samples;
  return columnOf({ timestamps, histograms, startTimestamps });
}

function hintAfter(last: Histogram | undefined, histogram: Histogram): CounterResetHint {
  if (histogram.counterResetHint !== "unknown" || last === undefined) return histogram.counterResetHint;
  return isReset(histogram, last) ? "reset" : "not reset";
}
