/**
 * Which histograms of a series go into one chunk, and with which layout: what Prometheus' appender
 * decides one histogram at a time, re-encoding a chunk when a bucket appears, is decided here
 * before a byte is written. `appendable` and `appendableGauge` in
 * https://github.com/prometheus/prometheus/blob/main/tsdb/chunkenc/histogram.go and
 * float_histogram.go; the cut after 120 samples is that of `seriesToChunkEncoder` in
 * storage/series.go.
 *
 * A chunk of counters goes on while counts only grow. A bucket that appears joins the layout, at
 * zero in earlier histograms; one that is absent must have been zero. A chunk of gauges takes the
 * buckets of all. Another schema, zero threshold, kind or set of bounds begins a chunk, and so does
 * a histogram after a staleness marker.
 */

import { bucketIndices, equalSpans, hasCustomBuckets, spansOf } from "../histogram/spans.ts";
import type { Buckets, CounterResetHint, Histogram, Span } from "../model/histogram.ts";
import { SAMPLES_PER_CHUNK } from "./cut.ts";
import type { HistogramLayout } from "./histogram-layout.ts";

export interface HistogramChunkPlan {
  /** The histograms `start..end`. */
  readonly start: number;
  readonly end: number;
  readonly kind: Histogram["kind"];
  /** The chunk head's statement about its first histogram. */
  readonly counterReset: CounterResetHint;
  readonly layout: HistogramLayout;
}

/** One sign of the chunk that is being planned. */
interface Side {
  readonly spans: readonly Span[];
  readonly indices: Float64Array;
  /** The counts of the latest histogram, by index. */
  readonly counts: Float64Array;
}

interface OpenChunk {
  readonly start: number;
  readonly counterReset: CounterResetHint;
  /**
   * The first histogram of the chunk. All others share its kind, schema, zero threshold and bounds.
   */
  readonly first: Histogram;
  /** The histogram appended last. */
  readonly latest: Histogram;
  readonly positive: Side;
  readonly negative: Side;
}

/** How a histogram's buckets relate to those of the chunk. */
interface SideFit {
  /** A count decreased, or a bucket that had counts is absent. */
  readonly isReset: boolean;
  /** It has buckets that the chunk lacks. */
  readonly adds: boolean;
  /** It lacks buckets that the chunk has. */
  readonly lacks: boolean;
  /** The buckets of both, with the histogram's counts. */
  readonly indices: Float64Array;
  readonly counts: Float64Array;
}

/** The chunk with the histogram in it, or the head of a new chunk. */
type Fit = { readonly chunk: OpenChunk } | { readonly cut: CounterResetHint };

/** Plans the chunks of histograms `start..end`, in order of time. */
export function planHistogramChunks(
  histograms: readonly Histogram[],
  start = 0,
  end = histograms.length,
): HistogramChunkPlan[] {
  const plans: HistogramChunkPlan[] = [];
  let open: OpenChunk | undefined;
  for (let i = start; i < end; i++) {
    const histogram = histograms[i];
    const isFull = open !== undefined && i - open.start >= SAMPLES_PER_CHUNK;
    if (open === undefined || isFull || histogram.kind !== open.first.kind) {
      if (open !== undefined) plans.push(close(open, i));
      open = begin(histogram, i, firstHint(histogram));
      continue;
    }
    const fit: Fit = fitHistogram(open, histogram);
    if ("cut" in fit) {
      plans.push(close(open, i));
      open = begin(histogram, i, fit.cut);
    } else open = fit.chunk;
  }
  if (open !== undefined) plans.push(close(open, end));
  return plans;
}

/** Of a chunk that follows none, or a full one, nothing is known beyond its first histogram. */
function firstHint({ counterResetHint }: Histogram): CounterResetHint {
  return counterResetHint === "not reset" ? "unknown" : counterResetHint;
}

function begin(first: Histogram, start: number, counterReset: CounterResetHint): OpenChunk {
  const { positive, negative } = first;
  return {
    start,
    counterReset,
    first,
    latest: first,
    positive: sideOf(first, positive),
    negative: sideOf(first, negative),
  };
}

/** A staleness marker has no buckets, whatever it was sent with. */
function sideOf({ isStale }: Histogram, { spans, counts }: Buckets): Side {
  if (isStale) return { spans: [], indices: new Float64Array(0), counts: new Float64Array(0) };
  return { spans, indices: bucketIndices(spans), counts };
}

function close(
  { start, counterReset, first, positive, negative }: OpenChunk,
  end: number,
): HistogramChunkPlan {
  const { kind, isStale, schema, zeroThreshold, customBounds } = first;
  const layout = {
    schema: isStale ? 0 : schema,
    zeroThreshold: isStale ? 0 : zeroThreshold,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    customBounds,
  };
  return { start, end, kind, counterReset, layout };
}

function fitHistogram(open: OpenChunk, histogram: Histogram): Fit {
  const { counterResetHint: hint, isStale } = histogram;
  const isGauge = hint === "gauge";
  if (isGauge !== (open.counterReset === "gauge")) return { cut: hintAfterGauges(isGauge, histogram) };
  if (hint === "reset") return { cut: "reset" };
  if (isStale) return { chunk: { ...open, latest: histogram } };
  if (open.latest.isStale) return { cut: isGauge ? "gauge" : "unknown" };
  return isGauge ? fitGauge(open, histogram) : fitCounter(open, histogram);
}

/**
 * When counters follow gauges, Prometheus' integer chunk says that nothing was reset, and its float
 * chunk that nothing is known.
 */
function hintAfterGauges(isGauge: boolean, { kind }: Histogram): CounterResetHint {
  if (isGauge) return "gauge";
  return kind === "integer" ? "not reset" : "unknown";
}

function fitCounter(open: OpenChunk, histogram: Histogram): Fit {
  const { latest } = open;
  if (histogram.count < latest.count) return { cut: "reset" };
  if (histogram.schema !== latest.schema || histogram.zeroThreshold !== latest.zeroThreshold) {
    return { cut: "unknown" };
  }
  if (!sameBounds(histogram, latest) || histogram.zeroCount < latest.zeroCount) return { cut: "reset" };
  const positive = fitSide(open.positive, histogram.positive);
  const negative = fitSide(open.negative, histogram.negative);
  if (positive.isReset || negative.isReset) return { cut: "reset" };
  const adds = positive.adds || negative.adds;
  return {
    chunk: {
      ...open,
      latest: histogram,
      positive: joinSide(open.positive, histogram.positive, positive, adds, positive.lacks),
      negative: joinSide(open.negative, histogram.negative, negative, adds, negative.lacks),
    },
  };
}

function fitGauge(open: OpenChunk, histogram: Histogram): Fit {
  const { latest } = open;
  const isOther = histogram.schema !== latest.schema || histogram.zeroThreshold !== latest.zeroThreshold;
  if (isOther || !sameBounds(histogram, latest)) return { cut: "gauge" };
  const positive = fitSide(open.positive, histogram.positive);
  const negative = fitSide(open.negative, histogram.negative);
  const adds = positive.adds || negative.adds;
  const lacks = positive.lacks || negative.lacks;
  return {
    chunk: {
      ...open,
      latest: histogram,
      positive: joinSide(open.positive, histogram.positive, positive, adds, lacks),
      negative: joinSide(open.negative, histogram.negative, negative, adds, lacks),
    },
  };
}

/**
 * If a bucket was added the layout is the histogram's own, with new spans where buckets of the
 * chunk were inserted.
 */
function joinSide(open: Side, { spans }: Buckets, fit: SideFit, adds: boolean, respell: boolean): Side {
  const { indices, counts } = fit;
  if (!adds) return { ...open, counts };
  return { spans: respell ? spansOf(indices) : spans, indices, counts };
}

function sameBounds(a: Histogram, b: Histogram): boolean {
  if (!hasCustomBuckets(a) || a.customBounds === b.customBounds) return true;
  const { length } = a.customBounds;
  return length === b.customBounds.length && a.customBounds.every((bound, i) => bound === b.customBounds[i]);
}

function fitSide(open: Side, { spans, counts }: Buckets): SideFit {
  if (equalSpans(open.spans, spans)) {
    const isReset = counts.some((count, i) => open.counts[i] > count);
    return { isReset, adds: false, lacks: false, indices: open.indices, counts };
  }
  return mergeSides(open, bucketIndices(spans), counts);
}

function mergeSides(open: Side, indices: Float64Array, counts: Float64Array): SideFit {
  const merged = new Float64Array(open.indices.length + indices.length);
  const mergedCounts = new Float64Array(merged.length);
  let isReset = false;
  let length = 0;
  let o = 0;
  let h = 0;
  while (o < open.indices.length || h < indices.length) {
    const atOpen = o < open.indices.length ? open.indices[o] : Number.POSITIVE_INFINITY;
    const atNew = h < indices.length ? indices[h] : Number.POSITIVE_INFINITY;
    merged[length] = Math.min(atOpen, atNew);
    if (atNew <= atOpen) mergedCounts[length] = counts[h];
    if (atNew === atOpen && open.counts[o] > counts[h]) isReset = true;
    // Not "above zero": a NaN counts as in use.
    if (atOpen < atNew && open.counts[o] !== 0) isReset = true;
    if (atOpen <= atNew) o++;
    if (atNew <= atOpen) h++;
    length++;
  }
  const both = { indices: merged.slice(0, length), counts: mergedCounts.slice(0, length) };
  return { isReset, adds: length > open.indices.length, lacks: length > indices.length, ...both };
}
