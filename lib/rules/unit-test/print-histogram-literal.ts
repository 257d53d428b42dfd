/** A histogram in the notation of tests, equal for equal histograms: without empty buckets at the ends. */
import { sideOf } from "../../histogram/side.ts";
import { type Buckets, CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../model/histogram.ts";
import { printGeneralFloat } from "../../number/print-general-float.ts";

const HINTS = { unknown: "", reset: "reset", "not reset": "not_reset", gauge: "gauge" } as const;

export function printHistogramLiteral(histogram: Histogram): string {
  const { schema, count, sum, zeroCount, zeroThreshold, customBounds, counterResetHint } = histogram;
  const hint = HINTS[counterResetHint];
  const parts = [
    ...(schema === 0 ? [] : [`schema:${schema}`]),
    ...number("count", count),
    ...number("sum", sum),
    ...number("z_bucket", zeroCount),
    ...number("z_bucket_w", zeroThreshold),
    ...(schema === CUSTOM_BUCKETS_SCHEMA ? [`custom_values:[${list(customBounds)}]`] : []),
    ...(hint === "" ? [] : [`counter_reset_hint:${hint}`]),
    ...buckets("", histogram.positive),
    ...buckets("n_", histogram.negative),
  ];
  return `{{${parts.join(" ")}}}`;
}

function number(name: string, value: number): string[] {
  return value === 0 ? [] : [`${name}:${printGeneralFloat(value)}`];
}

/** Gaps between buckets are zeros. */
function buckets(prefix: string, side: Buckets): string[] {
  const { indexes } = sideOf(side);
  const filled = Array.from(side.counts.keys()).filter((i) => side.counts[i] !== 0);
  if (filled.length === 0) return [];
  const first = indexes[filled[0]];
  const counts = new Float64Array(indexes[filled[filled.length - 1]] - first + 1);
  for (const i of filled) counts[indexes[i] - first] = side.counts[i];
  return [...(first === 0 ? [] : [`${prefix}offset:${first}`]), `${prefix}buckets:[${list(counts)}]`];
}

function list(values: Float64Array): string {
  return Array.from(values, printGeneralFloat).join(" ");
}
