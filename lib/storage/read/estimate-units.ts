/** What reading a selection's samples will cost, decided from the manifests and the series found. */
import type { Part } from "../layout/manifest.ts";
import { shardOf } from "../layout/shard.ts";
import { READ_UNIT_BYTES } from "../table/table.ts";
import { CHUNK_BYTES_PER_MS, spanOfChunks } from "./plan-groups.ts";
import { type DayQuery, MIN_SPAN_SHARE, partsWithin } from "./read-plan.ts";
import type { SelectedDay, SelectedSeries } from "./selected-series.ts";

/** A sample in a run, with its share of the series' hashes; measured 1.5 to 2. */
const RUN_SAMPLE_BYTES = 1.75;
/** Key, links and column headers of a chunk item. */
export const CHUNK_ITEM_BYTES = 130;
/** Runs and chunks are read eventually consistently, at half the price. */
const EVENTUAL_UNITS = 0.5;

/**
 * Read units of the parts of a selection, without the log, each item read once. `measured`: by the number of a series, bytes of
 * chunk items of a millisecond (measure-chunks.ts).
 */
export function estimateUnits(
  { days }: SelectedSeries,
  query: Omit<DayQuery, "day">,
  measured?: Float64Array,
): number {
  let units = 0;
  for (const day of days) {
    const chunks = chunksOf(day, measured);
    for (const part of partsWithin(day.manifest, query)) {
      const { bytesPerMs, items, queries } = chunks;
      const chunkBytes = bytesPerMs * spanOfChunks(part) + items * CHUNK_ITEM_BYTES;
      units +=
        part.kind === "run" ? runUnits(part, partitionsOf(day, part)) : chunkUnits(chunkBytes, queries);
    }
  }
  return units;
}

/** Partitions of a run are read whole. */
export function runUnits({ samples, shardBits }: Part, partitions: number): number {
  return partitions * unitsOf((samples / 2 ** shardBits) * RUN_SAMPLE_BYTES);
}

/** A query of chunk items reads those of the selected series, and of few others between them. */
export function chunkUnits(bytes: number, queries: number): number {
  return queries === 0 ? 0 : queries * unitsOf(bytes / queries);
}

/** Of one query. */
export function unitsOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / READ_UNIT_BYTES)) * EVENTUAL_UNITS;
}

/**
 * What is read of each bucket of a day: a metric's series in one query, with those between them that nobody asks for, or one by
 * one if they are few of their metric.
 */
function chunksOf({ metrics }: SelectedDay, measured: Float64Array | undefined) {
  let [bytesPerMs, items, queries] = [0, 0, 0];
  for (const { series, total } of metrics) {
    const isSpan = series.length >= total * MIN_SPAN_SHARE;
    const share = isSpan ? Math.max(1, total / series.length) : 1;
    for (const number of series) bytesPerMs += share * (measured?.[number] ?? CHUNK_BYTES_PER_MS);
    items += share * series.length;
    queries += isSpan ? 1 : series.length;
  }
  return { bytesPerMs, items, queries };
}

function partitionsOf({ metrics }: SelectedDay, { shardBits }: Part): number {
  return new Set(metrics.map(({ hash }) => shardOf(hash, shardBits))).size;
}
