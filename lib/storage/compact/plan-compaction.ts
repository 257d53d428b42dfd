/**
 * What is worth doing to a day, decided from its manifest and the clock alone. Three steps: *flush*, the log to a run and an
 * index part, so that a reader need not merge more than some minutes of log; *merge*, several index parts to one; *chunk*, the
 * runs of a bucket whose time is over to chunk items.
 */

import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { bucketEnd } from "../layout/bucket.ts";
import type { IndexPart, Manifest, Part } from "../layout/manifest.ts";
import { SETTLE_MS } from "../log/settling.ts";
/** Between flushes of a day that gets much: what a reader has to merge of its log. */
export const FLUSH_INTERVAL_MS = 10 * MINUTE_MS;
/** Between flushes of one that gets less than `SMALL_RUN_SAMPLES` in such an interval: larger runs cost less. */
export const SMALL_FLUSH_INTERVAL_MS = HOUR_MS;
export const SMALL_RUN_SAMPLES = 25_000;
/** Between flushes of one that gets more than `LARGE_RUN_SAMPLES` in such an interval: whenever the compactor comes by. */
export const LARGE_FLUSH_INTERVAL_MS = 4 * MINUTE_MS;
/** A log of about 4 MB: a sixteenth of it, a metric's shard, is 60 read units. */
export const LARGE_RUN_SAMPLES = 3_000_000;
/** After a bucket's end, until its samples have come, been received and been flushed. */
export const BUCKET_GRACE_MS = 25 * MINUTE_MS;
/** Late samples wait in runs so long before they are made chunks of their own. */
export const LATE_RUN_MS = 4 * HOUR_MS;
/** With so many chunk parts in a bucket already, the next one takes them all in. */
export const MAX_CHUNK_PARTS = 3;

/** With more index parts than that some are merged: a query reads of each. */
export const MAX_INDEX_PARTS = 6;
/** So many at least are merged at a time, the smallest. */
const MIN_MERGED_PARTS = 4;

/** Log records received `fromMs..toMs`, both included. */
export interface Flush {
  readonly kind: "flush";
  readonly fromMs: number;
  readonly toMs: number;
}

/** The parts, in the order of the manifest, that become one part of chunks. */
export interface Chunking {
  readonly kind: "chunk";
  readonly bucket: number;
  readonly inputs: readonly Part[];
}

/** The index parts that become one. */
export interface IndexMerge {
  readonly kind: "merge";
  readonly inputs: readonly IndexPart[];
}

/** The flush that is due, if the log has something to flush; undefined if none is. An eager one is due at once. */
export function planFlush(manifest: Manifest, nowMs: number, isEager = false): Flush | undefined {
  const toMs = nowMs - SETTLE_MS;
  const intervalMs = manifest.flushedToMs === 0 || isEager ? 1 : flushInterval(manifest);
  const isDue = toMs - manifest.flushedToMs >= intervalMs;
  return isDue ? { kind: "flush", fromMs: manifest.flushedToMs + 1, toMs } : undefined;
}

/** Whether to flush what was received from `firstMs` on: a day's first records wait for a whole interval's. */
export function isWorthFlushing(manifest: Manifest, plan: Flush, firstMs: number): boolean {
  return manifest.flushedToMs > 0 || plan.toMs - firstMs >= FLUSH_INTERVAL_MS;
}

/** By how many samples come in an interval, going by the latest run and the time since the one before it. */
function flushInterval({ parts }: Manifest): number {
  const runs = parts.filter((part) => part.kind === "run");
  const latest = runs.at(-1);
  if (latest === undefined) return FLUSH_INTERVAL_MS;
  const before = runs.findLast((run) => run.createdMs < latest.createdMs && run.bucket === latest.bucket);
  const spanMs = before === undefined ? FLUSH_INTERVAL_MS : latest.createdMs - before.createdMs;
  const samples = (latest.samples * FLUSH_INTERVAL_MS) / spanMs;
  if (samples < SMALL_RUN_SAMPLES) return SMALL_FLUSH_INTERVAL_MS;
  return samples > LARGE_RUN_SAMPLES ? LARGE_FLUSH_INTERVAL_MS : FLUSH_INTERVAL_MS;
}

/** The index parts to merge: the smallest where there are too many; all, once a day is settled. */
export function planIndexMerge(manifest: Manifest, day: number, nowMs: number): IndexMerge | undefined {
  const { index } = manifest;
  if (index.length > 1 && isSettled(manifest, day, nowMs)) return { kind: "merge", inputs: index };
  if (index.length <= MAX_INDEX_PARTS) return undefined;
  const ascending = index.toSorted((a, b) => a.series - b.series);
  let count = MIN_MERGED_PARTS;
  let series = ascending.slice(0, count).reduce((sum, part) => sum + part.series, 0);
  // A part larger than all that are smaller stays: what is written again of it would be most of the work.
  while (count < ascending.length && ascending[count].series <= series) series += ascending[count++].series;
  return { kind: "merge", inputs: ascending.slice(0, count) };
}

/** The first bucket of a day that is to be made chunks; undefined if none is. */
export function planChunking(manifest: Manifest, day: number, nowMs: number): Chunking | undefined {
  const buckets = new Set(manifest.parts.filter((part) => part.kind === "run").map((part) => part.bucket));
  for (const bucket of [...buckets].sort((a, b) => a - b)) {
    const closedMs = bucketEnd(day, bucket) + BUCKET_GRACE_MS;
    if (nowMs < closedMs || manifest.flushedToMs < closedMs - BUCKET_GRACE_MS) continue;
    const inputs = chunkingInputs(manifest, bucket, nowMs);
    if (inputs !== undefined) return { kind: "chunk", bucket, inputs };
  }
  return undefined;
}

function chunkingInputs(manifest: Manifest, bucket: number, nowMs: number): readonly Part[] | undefined {
  const parts = manifest.parts.filter((part) => part.bucket === bucket);
  const runs = parts.filter((part) => part.kind === "run");
  const chunkParts = parts.length - runs.length;
  if (chunkParts === 0) return runs;
  if (nowMs - runs[0].createdMs < LATE_RUN_MS) return undefined;
  return chunkParts >= MAX_CHUNK_PARTS ? parts : runs;
}

/** Whether a day is over and wholly compacted: it need not be looked at again before somebody writes to it. */
export function isSettled(manifest: Manifest, day: number, nowMs: number): boolean {
  const hasRuns = manifest.parts.some((part) => part.kind === "run");
  return !hasRuns && nowMs >= (day + 1) * DAY_MS + BUCKET_GRACE_MS;
}
