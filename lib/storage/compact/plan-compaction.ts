/**
 * What is worth doing to a day, decided from its manifest and the clock alone. Three steps: *flush*, the log to a run and an
 * index part, so that a reader need not merge more than some minutes of log; *merge*, several index parts to one; *chunk*, the
 * runs of a bucket whose time is over to chunk items.
 */

import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { bucketEnd } from "../layout/bucket.ts";
import { type IndexPart, isOpenRun, type Manifest, type Part } from "../layout/manifest.ts";
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
/**
 * A series with fewer samples in a bucket shares the blocks of a run with others: an item of its own costs a write unit, a
 * place in a block about 30 bytes and one more a sample. It is what fills one of Prometheus' chunks.
 */
export const SPARSE_SAMPLES = 120;
/**
 * A bucket gets such a run if its samples are fewer than so many times that for each series of its day: then half of the series
 * may be sparse. A reader of the bucket reads a partition more for it.
 */
const SPARSE_BUCKET_SHARE = 2;
/** A bucket whose inputs are damaged is left alone for so long. */
export const HELD_MS = DAY_MS;
/** The place of the index among the buckets that are held. */
export const HELD_INDEX = 0xff;
/** The place of the hourly rows among them: some of their samples cannot be read. */
export const HELD_ROWS = 0xfe;

/** With more index parts than that some are merged: a query reads of each. */
export const MAX_INDEX_PARTS = 6;
/** So many at least are merged at a time, the smallest. */
const MIN_MERGED_PARTS = 4;

/** What a plan goes by beside the manifest. */
export interface PlanOptions {
  /** A flush is due at once. */
  readonly isEager?: boolean | undefined;
  /** Everything is due at once, whatever its age. */
  readonly isFinishing?: boolean | undefined;
  /** The log was found empty until then, in ms, or is known to be. */
  readonly emptyToMs?: number | undefined;
  /** Buckets that were tried just now. */
  readonly held?: ReadonlySet<number> | undefined;
  /** Default: `SPARSE_SAMPLES`; 0: all series become chunks. */
  readonly sparseSamples?: number | undefined;
}

/** Later than any record. */
const EVERYTHING_MS = Number.MAX_SAFE_INTEGER;

/** Log records received `fromMs..toMs`, both included. */
export interface Flush {
  readonly kind: "flush";
  readonly fromMs: number;
  readonly toMs: number;
}

/** The parts, in the order of the manifest, that become lasting ones. */
export interface Chunking {
  readonly kind: "chunk";
  readonly bucket: number;
  readonly inputs: readonly Part[];
  /** Series with fewer samples go to a run of their own; 0: none do. */
  readonly sparseSamples: number;
}

/** The index parts that become one. */
export interface IndexMerge {
  readonly kind: "merge";
  readonly inputs: readonly IndexPart[];
}

/** The flush that is due, if the log has something to flush; undefined if none is. */
export function planFlush(manifest: Manifest, nowMs: number, options: PlanOptions = {}): Flush | undefined {
  const { isEager = false, isFinishing = false, emptyToMs = 0 } = options;
  const flush = { kind: "flush", fromMs: manifest.flushedToMs + 1 } as const;
  if (isFinishing) return emptyToMs > nowMs ? undefined : { ...flush, toMs: EVERYTHING_MS };
  const toMs = nowMs - SETTLE_MS;
  const intervalMs = manifest.flushedToMs === 0 || isEager ? 1 : flushInterval(manifest);
  const isDue = toMs - Math.max(manifest.flushedToMs, emptyToMs, takenTo(manifest, nowMs)) >= intervalMs;
  return isDue ? { ...flush, toMs } : undefined;
}

/** Up to when the latest flush took all of the log, in ms; a clock that was ahead then is not believed. */
function takenTo({ facts }: Manifest, nowMs: number): number {
  return facts.takenToMs <= nowMs ? facts.takenToMs : 0;
}

/** Whether to flush what was received from `firstMs` on: a day's first records wait for a whole interval's. */
export function isWorthFlushing(manifest: Manifest, plan: Flush, firstMs: number): boolean {
  return manifest.flushedToMs > 0 || plan.toMs - firstMs >= FLUSH_INTERVAL_MS;
}

/** By how many samples come in an interval, going by the latest run and the time since the one before it. */
function flushInterval({ parts }: Manifest): number {
  const runs = parts.filter(isOpenRun);
  const latest = runs.at(-1);
  if (latest === undefined) return FLUSH_INTERVAL_MS;
  const before = runs.findLast((run) => run.createdMs < latest.createdMs && run.bucket === latest.bucket);
  const spanMs = before === undefined ? FLUSH_INTERVAL_MS : latest.createdMs - before.createdMs;
  const samples = (latest.samples * FLUSH_INTERVAL_MS) / spanMs;
  if (samples < SMALL_RUN_SAMPLES) return SMALL_FLUSH_INTERVAL_MS;
  return samples > LARGE_RUN_SAMPLES ? LARGE_FLUSH_INTERVAL_MS : FLUSH_INTERVAL_MS;
}

/** The index parts to merge: the smallest where there are too many; all, once a day is settled. */
export function planIndexMerge(
  manifest: Manifest,
  day: number,
  nowMs: number,
  options: PlanOptions = {},
): IndexMerge | undefined {
  if (isHeld(manifest, HELD_INDEX, nowMs, options)) return undefined;
  const index = manifest.index.filter(({ isFull }) => isFull !== true);
  if (index.length > 1 && isSettled(manifest, day, nowMs, options)) return { kind: "merge", inputs: index };
  if (index.length <= MAX_INDEX_PARTS) return undefined;
  const ascending = index.toSorted((a, b) => a.series - b.series);
  let count = MIN_MERGED_PARTS;
  let series = ascending.slice(0, count).reduce((sum, part) => sum + part.series, 0);
  // A part larger than all that are smaller stays: what is written again of it would be most of the work.
  while (count < ascending.length && ascending[count].series <= series) series += ascending[count++].series;
  return { kind: "merge", inputs: ascending.slice(0, count) };
}

/** The first bucket of a day that is to be made chunks; undefined if none is. */
export function planChunking(
  manifest: Manifest,
  day: number,
  nowMs: number,
  options: PlanOptions = {},
): Chunking | undefined {
  const { isFinishing = false, emptyToMs = 0, sparseSamples = SPARSE_SAMPLES } = options;
  const flushedToMs = Math.max(manifest.flushedToMs, emptyToMs, takenTo(manifest, nowMs));
  const buckets = new Set(manifest.parts.filter(isOpenRun).map((part) => part.bucket));
  for (const bucket of [...buckets].sort((a, b) => a - b)) {
    if (isHeld(manifest, bucket, nowMs, options)) continue;
    const closedMs = bucketEnd(day, bucket) + BUCKET_GRACE_MS;
    if (!isFinishing && (nowMs < closedMs || flushedToMs < closedMs - BUCKET_GRACE_MS)) continue;
    const inputs = chunkingInputs(manifest, bucket, nowMs, isFinishing);
    if (inputs === undefined) continue;
    return {
      kind: "chunk",
      bucket,
      inputs,
      sparseSamples: isSparse(manifest, inputs, sparseSamples) ? sparseSamples : 0,
    };
  }
  return undefined;
}

function chunkingInputs(
  manifest: Manifest,
  bucket: number,
  nowMs: number,
  isFinishing: boolean,
): readonly Part[] | undefined {
  const parts = manifest.parts.filter((part) => part.bucket === bucket);
  const runs = parts.filter(isOpenRun);
  const chunkParts = parts.filter(({ kind }) => kind === "chunks").length;
  const hasFinalRun = parts.length > runs.length + chunkParts;
  if (chunkParts === 0 && !hasFinalRun) return runs;
  if (!isFinishing && nowMs - runs[0].createdMs < LATE_RUN_MS) return undefined;
  // Readers put every run over every chunk, so chunks never come after a final run.
  return hasFinalRun || chunkParts >= MAX_CHUNK_PARTS ? parts : runs;
}

/** Whether the inputs of a bucket have few samples for each series that the day has. */
function isSparse({ index }: Manifest, inputs: readonly Part[], sparseSamples: number): boolean {
  const series = index.reduce((sum, part) => sum + part.series, 0);
  const samples = inputs.reduce((sum, part) => sum + part.samples, 0);
  return samples < series * sparseSamples * SPARSE_BUCKET_SHARE;
}

/** Whether a bucket is left alone since its inputs are damaged. */
export function isHeld(
  { facts }: Manifest,
  bucket: number,
  nowMs: number,
  { isFinishing = false, held = new Set() }: PlanOptions,
): boolean {
  if (held.has(bucket)) return true;
  const known = isFinishing ? undefined : facts.held.find((one) => one.bucket === bucket);
  return known !== undefined && Math.abs(nowMs - known.triedMs) < HELD_MS;
}

/** Whether a day is over and wholly compacted: it need not be looked at again before somebody writes to it. */
export function isSettled(
  manifest: Manifest,
  day: number,
  nowMs: number,
  { isFinishing = false }: PlanOptions = {},
): boolean {
  const isOver = isFinishing || nowMs >= (day + 1) * DAY_MS + BUCKET_GRACE_MS;
  return isOver && !manifest.parts.some(isOpenRun);
}
