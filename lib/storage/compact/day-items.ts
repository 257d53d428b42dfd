/** The partitions of a day by how long their items stay: what lasts as long as the day, and what compaction supersedes. */

import { MAX_PLAIN_BLOCKS } from "../index/index-part.ts";
import { NEEDED_MS } from "../layout/brief-keys.ts";
import { listShards } from "../layout/day-shards.ts";
import { daysRange, dictionariesRange, logRange, seriesRecordsRange } from "../layout/keys.ts";
import { type IndexPart, isOpenRun, type Manifest, type Part } from "../layout/manifest.ts";
import { chunkRange, type IndexSection, indexRange, runRange } from "../layout/part-keys.ts";
import { ALL_SERIES, shardsOf } from "../layout/shard.ts";
import type { KeyRange } from "../table/table.ts";
import { type DayContext, readItems } from "./day-context.ts";
import { earlierExpiry } from "./expiry.ts";

const CATALOGUE: readonly IndexSection[] = ["values", "pairs", "directory"];

/** Index parts and lasting parts of samples: a list for each part, that of its first item first. */
export function lastingRanges(
  context: DayContext,
  { parts, index }: Manifest,
): readonly (readonly KeyRange[])[] {
  return [
    ...index.map((part) => indexRanges(context, part)),
    ...parts.filter((part) => !isOpenRun(part)).map((part) => partRanges(context, part)),
  ];
}

/** When the first of the day's own items leaves, in seconds; 0: none ever does. */
export async function dayItemsExpiry(context: DayContext): Promise<number> {
  const { tenant, day } = context;
  let earliest = 0;
  for await (const page of readItems(context, daysRange(tenant, day, day)))
    for (const { expiresAtSeconds = 0 } of page) earliest = earlierExpiry(earliest, expiresAtSeconds);
  return earliest;
}

/** Where the log and series records lie that were received `fromMs..toMs`, both included; `toMs` absent: all since. */
export function recordRanges(
  context: DayContext,
  fromMs: number,
  toMs?: number,
): Promise<readonly KeyRange[]> {
  return logAndSeriesRanges(context, fromMs, fromMs, toMs);
}

/**
 * Where what an unflushed log needs lies: the records that were received from `fromMs` on, and the series records before
 * them that gave out brief references.
 */
export function neededRanges(
  context: DayContext,
  fromMs: number,
  toMs?: number,
): Promise<readonly KeyRange[]> {
  return logAndSeriesRanges(context, fromMs, fromMs - NEEDED_MS, toMs);
}

async function logAndSeriesRanges(
  { table, tenant, day }: DayContext,
  logFromMs: number,
  seriesFromMs: number,
  toMs: number | undefined,
): Promise<readonly KeyRange[]> {
  const shards = await listShards(table, tenant, day);
  return shards.flatMap((shard) => [
    logRange(tenant, day, shard, logFromMs, toMs),
    seriesRecordsRange(tenant, day, shard, seriesFromMs, toMs),
  ]);
}

/** The day's own items, and its dictionaries. */
export async function namingRanges(context: DayContext): Promise<readonly KeyRange[]> {
  const { tenant, day } = context;
  return [daysRange(tenant, day, day), ...(await dictionaryRanges(context))];
}

export async function dictionaryRanges({ table, tenant, day }: DayContext): Promise<readonly KeyRange[]> {
  const shards = await listShards(table, tenant, day);
  return shards.map((shard) => dictionariesRange(tenant, day, shard));
}

/** The partitions of a run or a chunk part. */
export function partRanges({ tenant, day }: DayContext, part: Part): KeyRange[] {
  const { kind, id, bucket, shardBits } = part;
  return shardsOf(shardBits).map((shard) =>
    kind === "run" ? runRange(tenant, day, id, shard) : chunkRange({ tenant, day, bucket, part: id, shard }),
  );
}

function indexRanges({ tenant, day }: DayContext, { id, shardBits, blocks }: IndexPart): KeyRange[] {
  const place = { tenant, day, part: id };
  const series = shardsOf(shardBits).map((shard) => indexRange({ ...place, section: "series", shard }));
  if (blocks <= MAX_PLAIN_BLOCKS) return series;
  return [...series, ...CATALOGUE.map((section) => indexRange({ ...place, section, shard: ALL_SERIES }))];
}
