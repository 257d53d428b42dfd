/**
 * How many series are read together, decided from the manifests alone. A group of consecutive series is read whole, answered
 * and dropped, so memory is what a group takes, whatever the query does.
 *
 * A query that fits is one group, which reads each item once. Another cut costs nothing of what is kept from group to group
 * (log and runs) nor between two metrics; within a metric, series are then read one by one, which takes a read unit for each
 * chunk item, 0.65 on average if read together. So groups are as large as they may be, and end where a metric does if they
 * can.
 */

import { COLUMN_SAMPLE_BYTES } from "../../chunk/sample-sizes.ts";
import { DAY_MS, SECOND_MS, type TimeRange } from "../../model/time.ts";
import { METRIC_HASH_BYTES } from "../layout/keys.ts";
import type { Part } from "../layout/manifest.ts";
import { SERIES_BYTES, storedItemBytes } from "../parts/series-data.ts";
import { partsWithin } from "./read-plan.ts";
import type { ReadableDay, SelectedSeries } from "./selected-series.ts";

/** How often a series is taken to have a sample, until the first group has shown it. */
const ASSUMED_INTERVAL_MS = 15 * SECOND_MS;
/**
 * What a remembered sample is taken for: a value, and of a time the share that it has where four series or more have the same times
 * (warm-times.ts). A target has hundreds of series; where fewer share theirs a group turns out too large, and is cut.
 */
const WARM_SAMPLE_BYTES = 10;
/** A sample in a chunk item, measured 1.38. */
export const CHUNK_SAMPLE_BYTES = 1.5;
/** A group ends with a metric if it has at least this share of the bytes that it may take by then. */
const MIN_GROUP_SHARE = 0.1;

/** Bytes of chunk items that a series has of a millisecond, unless it was measured. */
export const CHUNK_BYTES_PER_MS = CHUNK_SAMPLE_BYTES / ASSUMED_INTERVAL_MS;

/**
 * Bytes of memory that each series, by number, is expected to take. `nowMs`: the log has nothing that is later. `measured`: by
 * number, bytes of chunk items of a millisecond, if that was measured.
 */
export function expectedBytes(
  selected: SelectedSeries,
  range: TimeRange,
  nowMs: number,
  measured?: Float64Array,
): Float64Array {
  const bytes = new Float64Array(selected.hashes.length).fill(SERIES_BYTES);
  for (const day of selected.days) {
    const { fixedBytes, chunkMs } = takenOfDay(day, range, nowMs);
    for (const { series } of day.metrics) {
      for (const number of series)
        bytes[number] += fixedBytes + chunkMs * (measured?.[number] ?? CHUNK_BYTES_PER_MS);
    }
  }
  return bytes;
}

/** What one series takes of a day: bytes of memory whatever its samples are, and milliseconds of chunk items. */
function takenOfDay(
  { day, manifest }: ReadableDay,
  range: TimeRange,
  nowMs: number,
): { fixedBytes: number; chunkMs: number } {
  let [fixedBytes, chunkMs] = [0, 0];
  for (const part of manifest.parts) {
    const inRange = samplesWithin(part, range);
    if (inRange === 0) continue;
    if (part.kind === "chunks") {
      // A chunk item is held as it lies, whatever part of it is asked for.
      fixedBytes += storedItemBytes(0);
      chunkMs += spanOfChunks(part);
    } else fixedBytes += Math.min(part.samples, inRange) * COLUMN_SAMPLE_BYTES;
  }
  const log = {
    minTime: Math.max(day * DAY_MS, manifest.flushedToMs + 1),
    maxTime: Math.min((day + 1) * DAY_MS - 1, nowMs),
  };
  fixedBytes += samplesWithin(log, range) * COLUMN_SAMPLE_BYTES;
  return { fixedBytes, chunkMs };
}

/** How long a part's samples are, in ms: with a sample every 15 s, or less if it has fewer samples. */
export function spanOfChunks(part: Part): number {
  return Math.min(part.samples, samplesWithin(part, part)) * ASSUMED_INTERVAL_MS;
}

/** Bytes of memory that all samples are taken for of the parts that have something of a range, decoded whole. */
export function expectedDecodedBytes(selected: SelectedSeries, range: TimeRange): number {
  let bytes = 0;
  for (const { manifest, metrics } of selected.days) {
    const series = metrics.reduce((total, metric) => total + metric.series.length, 0);
    for (const part of partsWithin(manifest, range))
      bytes += series * Math.min(part.samples, samplesWithin(part, part)) * WARM_SAMPLE_BYTES;
  }
  return bytes;
}

/** Samples of one series within two ranges. */
export function samplesWithin(a: TimeRange, b: TimeRange): number {
  const spanMs = Math.min(a.maxTime, b.maxTime) - Math.max(a.minTime, b.minTime);
  return spanMs < 0 ? 0 : Math.floor(spanMs / ASSUMED_INTERVAL_MS) + 1;
}

export interface GroupLimits {
  /** What a group may take if it is all that is left and nothing is held beside it, and otherwise. */
  readonly wholeBytes: number;
  readonly groupBytes: number;
}

/**
 * Where the group ends that begins with series `start`: at least one series further. `factor`: what series took that were
 * read before, to what was expected of them.
 */
export function planGroup(
  { hashes }: SelectedSeries,
  expected: Float64Array,
  start: number,
  factor: number,
  { wholeBytes, groupBytes }: GroupLimits,
): number {
  let rest = 0;
  for (let number = start; number < hashes.length; number++) rest += expected[number] * factor;
  if (rest <= (start === 0 ? wholeBytes : groupBytes)) return hashes.length;
  let metricEnd = start;
  let end = start;
  for (let total = 0; end < hashes.length; end++) {
    const beginsMetric = end > start && !isOneMetric(hashes[end - 1], hashes[end]);
    if (beginsMetric && total >= groupBytes * MIN_GROUP_SHARE) metricEnd = end;
    total += expected[end] * factor;
    if (total > groupBytes) break;
  }
  return metricEnd > start ? metricEnd : Math.max(end, start + 1);
}

/** The number of groups of a query whose series take what is expected. */
export function countGroups(selected: SelectedSeries, expected: Float64Array, limits: GroupLimits): number {
  let groups = 0;
  for (let start = 0; start < selected.hashes.length; groups++) {
    start = planGroup(selected, expected, start, 1, limits);
  }
  return groups;
}

/** Hashes in hex, which begin with their metric's. */
function isOneMetric(a: string, b: string): boolean {
  return a.slice(0, 2 * METRIC_HASH_BYTES) === b.slice(0, 2 * METRIC_HASH_BYTES);
}
