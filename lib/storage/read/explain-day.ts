/** The reads of a day as data: decided from its manifest and the series found, without reading a sample. */
import type { DayReads, PartReads } from "../interface.ts";
import type { Part } from "../layout/manifest.ts";
import { READ_UNIT_BYTES } from "../table/table.ts";
import type { FoundMetric } from "./find-series.ts";
import { CHUNK_SAMPLE_BYTES, samplesWithin } from "./plan-groups.ts";
import { type DayQuery, partsWithin, planDay } from "./read-plan.ts";
import type { ReadableDay } from "./selected-series.ts";

/** A sample in a run, with its share of the series' hashes; measured 1.5 to 2. */
const RUN_SAMPLE_BYTES = 1.75;
/** Key, links and column headers of a chunk item. */
const CHUNK_ITEM_BYTES = 130;
/** Runs and chunks are read eventually consistently, at half the price. */
const EVENTUAL_UNITS = 0.5;

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
  const readUnits = kind === "run" ? runUnits(part, reads.length) : chunkUnits(part, metrics, reads.length);
  return { kind, id, minTime, maxTime, queries: reads.length, wholePartitions, readUnits };
}

/** Partitions of a run are read whole. */
function runUnits({ samples, shardBits }: Part, partitions: number): number {
  return partitions * unitsOf((samples / 2 ** shardBits) * RUN_SAMPLE_BYTES);
}

/** A query of chunk items reads those of the selected series, and of few others between them. */
function chunkUnits(part: Part, metrics: readonly FoundMetric[], queries: number): number {
  if (queries === 0) return 0;
  const samples = Math.min(part.samples, samplesWithin(part, part));
  const itemBytes = CHUNK_ITEM_BYTES + samples * CHUNK_SAMPLE_BYTES;
  return queries * unitsOf((countSeries(metrics) * itemBytes) / queries);
}

/** Of one query. */
function unitsOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / READ_UNIT_BYTES)) * EVENTUAL_UNITS;
}
