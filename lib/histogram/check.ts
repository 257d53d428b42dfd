/**
 * Rules for a sender's native histograms: Prometheus' own before it appends one (`Validate` in
 * https://github.com/prometheus/prometheus/blob/main/model/histogram/histogram.go and
 * float_histogram.go), and three of Hearth's: integer counts are whole and below 2^53, and bucket
 * indices fit in 32 bits.
 */
import { type Buckets, type Histogram, MIN_EXPONENTIAL_SCHEMA, type Span } from "../model/histogram.ts";
import { MAX_RESERVED_SCHEMA } from "./resolution.ts";
import { countBuckets, hasCustomBuckets } from "./spans.ts";

const MAX_INDEX = 2 ** 31 - 1;
const MIN_INDEX = -(2 ** 31);

/**
 * What is wrong with a histogram, or undefined. Valid are also staleness markers, whatever else
 * they contain, and schemas that `reduceToSupported` accepts.
 */
export function checkHistogram(histogram: Histogram): string | undefined {
  if (histogram.isStale) return undefined;
  return (
    checkZeroThreshold(histogram) ??
    checkLayout(histogram) ??
    checkCounts("positive", histogram.positive) ??
    checkCounts("negative", histogram.negative) ??
    checkTotals(histogram)
  );
}

/**
 * Apart from the layout: earlier versions stored histograms without this check, so decoders accept
 * any threshold.
 */
function checkZeroThreshold({ zeroThreshold }: Histogram): string | undefined {
  if (Number.isFinite(zeroThreshold) && zeroThreshold >= 0) return undefined;
  return `a zero threshold of ${zeroThreshold}: expected a finite number that is not negative`;
}

type Layout = Pick<Histogram, "schema" | "zeroThreshold" | "customBounds"> & {
  readonly positive: { readonly spans: readonly Span[] };
  readonly negative: { readonly spans: readonly Span[] };
};

/** What is wrong with a histogram's schema, spans or bounds, or undefined. */
export function checkLayout(histogram: Layout): string | undefined {
  if (hasCustomBuckets(histogram)) return checkCustomLayout(histogram);
  const { schema } = histogram;
  if (!(schema >= MIN_EXPONENTIAL_SCHEMA && schema <= MAX_RESERVED_SCHEMA)) {
    return `schema ${schema}: expected ${MIN_EXPONENTIAL_SCHEMA} to ${MAX_RESERVED_SCHEMA}, or -53 for custom buckets`;
  }
  if (histogram.customBounds.length > 0) return `custom bounds with schema ${schema}, which has none`;
  return checkSpans("positive", histogram.positive.spans) ?? checkSpans("negative", histogram.negative.spans);
}

function checkCustomLayout({ customBounds, zeroThreshold, positive, negative }: Layout): string | undefined {
  if (zeroThreshold !== 0) return `a zero threshold of ${zeroThreshold} with custom buckets`;
  if (negative.spans.length > 0) return "negative buckets with custom buckets";
  const { spans } = positive;
  if (spans.length > 0 && spans[0].offset < 0) return `positive span 1 has the offset ${spans[0].offset}`;
  return checkCustomBounds(customBounds) ?? checkSpans("positive", spans) ?? checkCovers(customBounds, spans);
}

function checkCustomBounds(bounds: Float64Array): string | undefined {
  for (let i = 0; i < bounds.length; i++) {
    if (Number.isNaN(bounds[i])) return "a custom bound is NaN";
    if (i > 0 && bounds[i] <= bounds[i - 1])
      return `custom bounds do not ascend: ${bounds[i - 1]}, ${bounds[i]}`;
  }
  if (bounds.at(-1) === Number.POSITIVE_INFINITY) return "the last custom bound is +Inf, which is never sent";
  return undefined;
}

function checkCovers(bounds: Float64Array, spans: readonly Span[]): string | undefined {
  const end = spans.reduce((total, { offset, length }) => total + offset + length, 0);
  if (end <= bounds.length + 1) return undefined;
  return `custom bounds are too few: spans reach over ${end} buckets, ${bounds.length} bounds make ${bounds.length + 1}`;
}

function checkSpans(side: string, spans: readonly Span[]): string | undefined {
  let index = 0;
  for (let i = 0; i < spans.length; i++) {
    const { offset, length } = spans[i];
    if (i > 0 && offset < 0) return `${side} span ${i + 1} has the offset ${offset}`;
    index += offset;
    // Written so that NaN is refused too.
    if (!(index >= MIN_INDEX && index + length <= MAX_INDEX))
      return `a ${side} bucket's index is beyond 32 bits`;
    index += length;
  }
  return undefined;
}

function checkCounts(side: string, { spans, counts }: Buckets): string | undefined {
  const needed = countBuckets(spans);
  if (needed !== counts.length)
    return `${side} spans have ${needed} buckets, but ${counts.length} counts came`;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] < 0) return `${side} bucket ${i + 1} has a count of ${counts[i]}`;
  }
  return undefined;
}

function checkTotals(histogram: Histogram): string | undefined {
  const { count, zeroCount } = histogram;
  if (count < 0) return `a count of ${count}`;
  if (zeroCount < 0) return `a zero bucket with a count of ${zeroCount}`;
  if (hasCustomBuckets(histogram) && zeroCount !== 0)
    return `a zero bucket of ${zeroCount} with custom buckets`;
  return histogram.kind === "integer" ? checkWholeTotals(histogram) : undefined;
}

/**
 * A NaN is counted, falls into no bucket, and makes the sum NaN. Sums that round are past the
 * largest count.
 */
function checkWholeTotals({ count, zeroCount, sum, positive, negative }: Histogram): string | undefined {
  let inBuckets = zeroCount;
  let areWhole = Number.isInteger(count) && Number.isInteger(zeroCount);
  for (const { counts } of [positive, negative]) {
    for (const one of counts) {
      inBuckets += one;
      areWhole &&= Number.isInteger(one);
    }
  }
  if (!areWhole) return "a count that is not whole, in a histogram of whole counts";
  const largest = Math.max(count, inBuckets);
  if (!(largest <= Number.MAX_SAFE_INTEGER)) return `a count of ${largest}: at most 2^53 - 1 can be stored`;
  if (Number.isNaN(sum) ? inBuckets <= count : inBuckets === count) return undefined;
  return `${inBuckets} observations in the buckets, but a count of ${count}`;
}
