/** Histograms in short, for tests. */
import { bucketsOf, NO_BUCKETS } from "../../lib/histogram/side.ts";
import type { Histogram } from "../../lib/model/histogram.ts";

export interface Sketch {
  readonly schema?: number;
  readonly zero?: readonly [threshold: number, count: number];
  readonly positive?: Readonly<Record<number, number>>;
  readonly negative?: Readonly<Record<number, number>>;
  readonly bounds?: readonly number[];
  readonly hint?: Histogram["counterResetHint"];
  readonly sum?: number;
}

/** The count is that of all buckets. */
export function histogram({
  schema = 0,
  zero = [0, 0],
  positive = {},
  negative = {},
  bounds = [],
  hint,
  sum = 0,
}: Sketch): Histogram {
  const side = (counts: Readonly<Record<number, number>>) => {
    const indexes = Object.keys(counts)
      .map(Number)
      .sort((a, b) => a - b);
    if (indexes.length === 0) return NO_BUCKETS;
    return bucketsOf({
      indexes: Int32Array.from(indexes),
      counts: Float64Array.from(indexes, (index) => counts[index]),
    });
  };
  const all = [zero[1], ...Object.values(positive), ...Object.values(negative)];
  return {
    kind: "float",
    counterResetHint: hint ?? "unknown",
    schema: bounds.length > 0 ? -53 : schema,
    zeroThreshold: zero[0],
    zeroCount: zero[1],
    count: all.reduce((total, count) => total + count, 0),
    sum,
    positive: side(positive),
    negative: side(negative),
    customBounds: Float64Array.from(bounds),
    isStale: false,
  };
}
