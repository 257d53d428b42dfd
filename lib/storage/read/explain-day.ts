/** The reads of a day as data: decided from its manifest and the series found, without reading a sample. */
import type { DayReads, PartReads } from "../interface.ts";
import type { Part } from "../layout/manifest.ts";
import { CHUNK_ITEM_BYTES, chunkUnits, runUnits } from "./estimate-units.ts";
import type { FoundMetric } from "./find-series.ts";
import { CHUNK_BYTES_PER_MS, spanOfChunks } from "./plan-groups.ts";
import { type DayQuery, partsWithin, planDay } from "./read-plan.ts";
import type { ReadableDay } from "./selected-series.ts";

/** `metrics`: those with selected series. */
export function explainDay(query: DayQuery, day: ReadableDay, metrics: readonly FoundMetric[]): DayReads {
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
    },
    parts: partsWithin(manifest, query).map((part) => explainPart(query, day, part, metrics)),
  };
}

function countSeries(metrics: readonly FoundMetric[]): number {
  return metrics.reduce((sum, { series }) => sum + series.length, 0);
}

function explainPart(
  query: DayQuery,
  { manifest, shards }: ReadableDay,
  part: Part,
  metrics: readonly FoundMetric[],
): PartReads {
  const only = { ...manifest, parts: [part] };
  const reads = planDay(query, { manifest: only, shards, metrics }, metrics).parts;
  const { kind, id, minTime, maxTime } = part;
  const wholePartitions = reads.filter(({ range }) => range.first === undefined).length;
  const readUnits =
    kind === "run" ? runUnits(part, reads.length) : chunkUnits(chunkBytes(part, metrics), reads.length);
  return { kind, id, minTime, maxTime, queries: reads.length, wholePartitions, readUnits };
}

function chunkBytes(part: Part, metrics: readonly FoundMetric[]): number {
  return countSeries(metrics) * (CHUNK_ITEM_BYTES + spanOfChunks(part) * CHUNK_BYTES_PER_MS);
}
