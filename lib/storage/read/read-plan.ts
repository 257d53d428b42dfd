/**
 * Which items a query reads, in which order their samples count, decided from the manifests and the index alone. Samples of
 * one series and time: a later read of the plan counts over an earlier one, and the log over all of them.
 */

import type { TimeRange } from "../../model/time.ts";
import { isFilled } from "../layout/filled-partitions.ts";
import type { Manifest, Part } from "../layout/manifest.ts";
import { endOf } from "../layout/part-ends.ts";
import { chunkRange, chunkSpanRange, runRange } from "../layout/part-keys.ts";
import { type Shard, shardOf } from "../layout/shard.ts";
import type { KeyRange } from "../table/table.ts";
import type { FoundMetric } from "./find-series.ts";

/** From this share of a metric's series on they are read in one query, else one by one: an item of its own costs a unit. */
export const MIN_SPAN_SHARE = 0.25;
/** From so many metrics in a partition on it is read whole: they are most of what is in it. */
const WHOLE_PARTITION_METRICS = 4;
/** And if they are this share of those that the query wants of it: the others' turn comes, and it would be read each time. */
const WHOLE_PARTITION_SHARE = 0.8;

export interface DayQuery {
  readonly tenant: string;
  readonly day: number;
  /** In ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
  /** How long before its timestamp a sample may have been received, in ms. */
  readonly maxFutureMs: number;
}

/** One query for items of a part. */
export interface PartRead {
  readonly kind: "run" | "chunks";
  readonly range: KeyRange;
  /** Whether the range is a whole partition that has items, as far as that is known. */
  readonly isFilled?: boolean;
  /** Of a span of chunks: whether the last item of its partition is of it or behind it, as far as that is known. */
  readonly hasEnd?: boolean;
  /** Of a span of chunks: how many series lie in it, about. */
  readonly spanSeries?: number;
  readonly part: Part;
}

export interface DayPlan {
  /** In the order in which their samples count. */
  readonly parts: readonly PartRead[];
  /** Shards of the log, and from which receive time on. */
  readonly log: { readonly shards: readonly Shard[]; readonly receivedFromMs: number };
}

/** What a plan needs to know of the day. */
export interface DayContents {
  readonly manifest: Manifest;
  /** Those of its log. */
  readonly shards: readonly Shard[];
  /** All that the query selects of it. */
  readonly metrics: readonly Pick<FoundMetric, "hash">[];
}

/** Parts of a day that have something of a range, the earliest received first. */
export function partsWithin({ parts }: Manifest, { minTime, maxTime }: TimeRange): readonly Part[] {
  return parts.filter((part) => part.minTime <= maxTime && part.maxTime >= minTime);
}

/** `metrics`: the series to read, all that the query selects of the day or a group of them. */
export function planDay(query: DayQuery, day: DayContents, metrics: readonly FoundMetric[]): DayPlan {
  return { parts: planParts(query, day, metrics), log: planLog(query, day, metrics) };
}

/** `from`: how many of the parts within the range need not be read. */
export function planParts(
  query: DayQuery,
  day: DayContents,
  metrics: readonly FoundMetric[],
  from = 0,
): readonly PartRead[] {
  const parts = partsWithin(day.manifest, query).slice(from);
  return parts.flatMap((part) => planPart(query, part, day, metrics));
}

export function planLog(
  { minTime, maxFutureMs }: DayQuery,
  { manifest, shards }: DayContents,
  metrics: readonly FoundMetric[],
): DayPlan["log"] {
  return {
    shards: shards.filter((shard) => metrics.some(({ hash }) => shardOf(hash, shard.bits) === shard.prefix)),
    receivedFromMs: Math.max(manifest.flushedToMs + 1, minTime - maxFutureMs),
  };
}

function planPart(
  { tenant, day }: DayQuery,
  part: Part,
  { metrics: all }: DayContents,
  metrics: readonly FoundMetric[],
): PartRead[] {
  const wanted = byShard(all, part.shardBits);
  return [...byShard(metrics, part.shardBits)].flatMap(([prefix, inShard]): PartRead[] => {
    const shard = { bits: part.shardBits, prefix };
    const filled = isFilled(part, prefix);
    if (filled === false) return [];
    const whole = filled === true ? { isFilled: true } : {};
    if (part.kind === "run")
      return [{ kind: "run", range: runRange(tenant, day, part.id, shard), part, ...whole }];
    const place = { tenant, day, bucket: part.bucket, part: part.id, shard };
    const end = endOf(part, prefix);
    if (end === "none") return [];
    const isMost = inShard.length >= wanted.get(prefix)!.length * WHOLE_PARTITION_SHARE;
    if (isMost && inShard.length >= WHOLE_PARTITION_METRICS)
      return [{ kind: "chunks", range: chunkRange(place), part, ...whole, ...(end && { isFilled: true }) }];
    const bounded = end === undefined ? {} : { hasEnd: true };
    return inShard
      .flatMap(spansOf)
      .filter(({ first }) => end === undefined || first.slice(0, end.length) <= end)
      .map(({ first, last, spanSeries }) => ({
        kind: "chunks",
        range: chunkSpanRange(place, first, last),
        spanSeries,
        part,
        ...bounded,
      }));
  });
}

/** From which series to which (hashes in hex, both included) a metric's selected series are read. */
function spansOf({ series, total }: FoundMetric): Span[] {
  const sorted = series.toSorted();
  if (sorted.length >= total * MIN_SPAN_SHARE)
    return [
      { first: sorted[0], last: sorted[sorted.length - 1], spanSeries: Math.max(total, sorted.length) },
    ];
  return sorted.map((hash) => ({ first: hash, last: hash, spanSeries: 1 }));
}

interface Span {
  readonly first: string;
  readonly last: string;
  readonly spanSeries: number;
}

/** By the leading bits of their hashes. */
function byShard<Metric extends Pick<FoundMetric, "hash">>(
  metrics: readonly Metric[],
  bits: number,
): Map<number, Metric[]> {
  return Map.groupBy(metrics, ({ hash }) => shardOf(hash, bits));
}
