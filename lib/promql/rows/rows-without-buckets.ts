/**
 * Hourly rows for queries of counts and sums of native histograms alone, as `withoutBuckets` makes samples: without buckets,
 * and with the resets that only buckets show. So mostly the same resets are reported as of samples.
 */
import { emptyHistogram } from "../../histogram/float-histogram.ts";
import { isReset } from "../../histogram/reset.ts";
import type { Histogram } from "../../model/histogram.ts";
import {
  type HistogramRows,
  ROW_HAS_GAUGE,
  ROW_SAW_NO_RESET,
  ROW_SAW_RESET,
} from "../../model/rows/hour-rows.ts";

const NO_BOUNDS = new Float64Array(0);

export function rowsWithoutBuckets(rows: HistogramRows): HistogramRows {
  const { counts, resets, firsts, lasts, sums, drops } = rows;
  const flags = rows.flags.slice();
  let before: Histogram | undefined;
  const hinted = firsts.map((first, row) => {
    if (first === undefined) return undefined;
    const hint = hintAfter(before, first);
    before = lasts[row];
    if (hint === "reset" || resets[row] > 0) flags[row] |= ROW_SAW_RESET;
    if (hint === "not reset") flags[row] |= ROW_SAW_NO_RESET;
    // Gauges are no resets either, and rows do not tell how many there are.
    const others = flags[row] & ROW_HAS_GAUGE ? 0 : counts[row] - 1 - resets[row];
    if (others > 0) flags[row] |= ROW_SAW_NO_RESET;
    return { ...first, counterResetHint: hint };
  });
  const hintedLasts = lasts.map((last, row) => {
    if (last === undefined || last.counterResetHint !== "unknown") return last;
    if (counts[row] === 1) return hinted[row];
    // Of an hour with resets the row does not tell whether its last sample is one.
    const counterResetHint = resets[row] === 0 ? ("not reset" as const) : last.counterResetHint;
    return { ...last, counterResetHint };
  });
  return {
    ...rows,
    flags,
    firsts: hinted.map(strip),
    lasts: hintedLasts.map(strip),
    sums: sums.map(strip),
    drops: drops.map(strip),
  };
}

function hintAfter(before: Histogram | undefined, histogram: Histogram): Histogram["counterResetHint"] {
  if (histogram.counterResetHint !== "unknown" || before === undefined) return histogram.counterResetHint;
  return isReset(histogram, before) ? "reset" : "not reset";
}

function strip(histogram: Histogram | undefined): Histogram | undefined {
  if (histogram === undefined) return undefined;
  const { schema, count, sum, counterResetHint } = histogram;
  return { ...emptyHistogram({ schema, customBounds: NO_BOUNDS }), counterResetHint, count, sum };
}
