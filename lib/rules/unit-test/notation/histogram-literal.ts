/** Native histograms of tests: `{{schema:1 sum:3 count:22 buckets:[5 10 7] offset:2}}`. */
import { bucketsOf, NO_BUCKETS } from "../../../histogram/side.ts";
import { HearthError } from "../../../model/errors.ts";
import type { Buckets, CounterResetHint, Histogram } from "../../../model/histogram.ts";
import { quoteInput } from "../../../model/shorten.ts";
import { parseNumber } from "./number-text.ts";

export interface HistogramLiteral {
  readonly histogram: Histogram;
  /** It says something of resets: an expected histogram then must have the same hint. */
  readonly hasHint: boolean;
}

const FIELD = /(\w+):(?:\[([^\]]*)\]|(\S+))/g;
const KEYS = new Set([
  "schema",
  "sum",
  "count",
  "z_bucket",
  "z_bucket_w",
  "custom_values",
  "buckets",
  "offset",
  "n_buckets",
  "n_offset",
  "counter_reset_hint",
]);

const HINTS: Readonly<Record<string, CounterResetHint>> = {
  unknown: "unknown",
  reset: "reset",
  not_reset: "not reset",
  gauge: "gauge",
};

/** Takes the text between the braces. */
export function parseHistogram(text: string): HistogramLiteral {
  const fields = new Map<string, string>();
  const rest = text.replace(FIELD, (_, key: string, list?: string, word?: string) => {
    fields.set(key, list ?? word ?? "");
    return "";
  });
  const unknown = rest.trim() || [...fields.keys()].find((key) => !KEYS.has(key));
  if (unknown) throw new HearthError("invalid", `not a histogram: ${quoteInput(unknown)} in {{${text}}}`);
  const number = (key: string) => parseNumber(fields.get(key) ?? "0");
  const list = (key: string) =>
    Float64Array.from((fields.get(key) ?? "").split(/\s+/).filter(Boolean), parseNumber);
  const hint = fields.get("counter_reset_hint");
  const histogram: Histogram = {
    kind: "float",
    counterResetHint: HINTS[hint ?? "unknown"],
    schema: number("schema"),
    zeroThreshold: number("z_bucket_w"),
    zeroCount: number("z_bucket"),
    count: number("count"),
    sum: number("sum"),
    positive: buckets(list("buckets"), number("offset")),
    negative: buckets(list("n_buckets"), number("n_offset")),
    customBounds: list("custom_values"),
    isStale: false,
  };
  return { histogram, hasHint: hint !== undefined };
}

function buckets(counts: Float64Array, offset: number): Buckets {
  if (counts.length === 0) return NO_BUCKETS;
  return bucketsOf({ indexes: Int32Array.from(counts.keys(), (i) => offset + i), counts });
}
