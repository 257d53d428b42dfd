/** The reads of a day as data: decided from its manifest and the series found, without reading a sample. */
import { DAY_MS } from "../../../model/time.ts";
import type { DayReads, PartReads } from "../../interface.ts";
import type { Part } from "../../layout/manifest.ts";
import type { Shard } from "../../layout/shard.ts";
import { READ_UNIT_BYTES } from "../../table/table.ts";
import { CHUNK_ITEM_BYTES, runUnits, unitsOf } from "../estimate-units.ts";
import type { FoundMetric } from "../find-series.ts";
import { CHUNK_SAMPLE_BYTES, spanOfChunks } from "../plan-groups.ts";
import { type DayQuery, type PartRead, partsWithin, planDay } from "../read-plan.ts";
import type { ReadableDay } from "../selected-series.ts";
import type { DayDensity } from "./density.ts";

/** A sample in a log record, with its share of key, hashes and dictionary; measured 1.8 to 4. */
const LOG_SAMPLE_BYTES = 2.5;

export interface MeasuredChunks {
  /** Bytes of chunk items that a series has of a millisecond, if that was measured. */
  readonly chunkBytesPerMs?: number | undefined;
}

/** `metrics`: those with selected series. */
export function explainDay(
  query: DayQuery & { readonly nowMs: number },
  day: ReadableDay,
  metrics: readonly FoundMetric[],
  density: DayDensity & MeasuredChunks,
): DayReads {
  const { manifest, shards } = day;
  const contents = { manifest, shards, metrics };
  const { log } = planDay(query, contents, metrics);
  const { index, generation, flushedToMs } = manifest;
  return {
    day: query.day,
    seriesCount: countSeries(metrics),
    metricCount: metrics.length,
    manifest: { generation, flushedToMs },
    index: {
      parts: index.length,
      series: index.reduce((sum, part) => sum + part.series, 0),
      blocks: index.reduce((sum, part) => sum + part.blocks, 0),
    },
    log: {
      shards: log.shards.length,
      ofShards: shards.length,
      receivedFromMs: log.receivedFromMs,
      readUnits: metrics.length === 0 ? 0 : logUnits(query, log, density),
    },
    parts: partsWithin(manifest, query).map((part) => explainPart(query, day, part, metrics, density)),
  };
}

function countSeries(metrics: readonly FoundMetric[]): number {
  return metrics.reduce((sum, { series }) => sum + series.length, 0);
}

/** The log is read consistently: a unit for each 4 KB, and one for each shard that has nothing. */
function logUnits(
  { day, nowMs }: DayQuery & { readonly nowMs: number },
  { shards, receivedFromMs }: { readonly shards: readonly Shard[]; readonly receivedFromMs: number },
  { samplesPerMs }: DayDensity,
): number {
  const sinceMs = Math.max(receivedFromMs, day * DAY_MS);
  const spanMs = Math.max(0, Math.min(nowMs, (day + 1) * DAY_MS) - sinceMs);
  const bytes = spanMs * samplesPerMs * LOG_SAMPLE_BYTES;
  let units = 0;
  for (const { bits } of shards) units += Math.max(1, Math.ceil(bytes / 2 ** bits / READ_UNIT_BYTES));
  return units;
}

function explainPart(
  query: DayQuery,
  { manifest, shards }: ReadableDay,
  part: Part,
  metrics: readonly FoundMetric[],
  density: DayDensity & MeasuredChunks,
): PartReads {
  const only = { ...manifest, parts: [part] };
  const reads = planDay(query, { manifest: only, shards, metrics }, metrics).parts;
  const { kind, id, minTime, maxTime } = part;
  const wholePartitions = reads.filter(({ range }) => range.first === undefined).length;
  const readUnits = kind === "run" ? runUnits(part, reads.length) : chunkUnits(part, reads, density);
  return { kind, id, minTime, maxTime, queries: reads.length, wholePartitions, readUnits };
}

/** Of chunk items of the same size, which all series of the day have. */
function chunkUnits(
  part: Part,
  reads: readonly PartRead[],
  { series, chunkBytesPerMs }: DayDensity & MeasuredChunks,
): number {
  const sampleBytes =
    chunkBytesPerMs === undefined
      ? Math.max(1, part.samples / series) * CHUNK_SAMPLE_BYTES
      : chunkBytesPerMs * spanOfChunks(part);
  const itemBytes = CHUNK_ITEM_BYTES + sampleBytes;
  const inPartition = series / 2 ** part.shardBits;
  let units = 0;
  for (const { spanSeries = inPartition } of reads) units += unitsOf(spanSeries * itemBytes);
  return units;
}
