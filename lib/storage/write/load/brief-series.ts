/**
 * The brief references of a day that other writers gave out (layout/brief-keys.ts), for a writer that starts
 * cold, from the series records of the last hour. With `all`, a tenant's limits count the series of every record.
 */
import { type Clock, SECOND_MS } from "../../../model/time.ts";
import { BRIEF_MS } from "../../layout/brief-keys.ts";
import { parseReceiveTime, seriesRecordsRange } from "../../layout/keys.ts";
import { transientExpiry } from "../../layout/retention.ts";
import { ALL_SERIES, shardOf } from "../../layout/shard.ts";
import { readGiving } from "../../log/brief-series.ts";
import type { SeriesHash } from "../../series/series-hash.ts";
import type { Item, KeyRange, Table } from "../../table/table.ts";
import type { DayPlace } from "../day-place.ts";
import type { LoadBudget } from "./budget.ts";

/** A load ends after so long with what it has, as that of dictionaries does. */
const MAX_LOAD_MS = 3 * SECOND_MS;
/** Of the bytes that a load may read: label sets are a third of hashes, and hashing them takes CPU. */
const BYTES_SHARE = 1 / 4;

/** What a series record gives out to a shard. */
export interface BriefSeriesOfShard {
  readonly dictionary: Uint8Array;
  readonly bits: number;
  readonly prefix: number;
  readonly first: number;
  readonly hashes: readonly Uint8Array[];
  readonly receivedMs: number;
  /** Whether records may name the references; otherwise the series are recorded, and that is all. */
  readonly isNamed: boolean;
}

export interface LoadBriefOptions {
  readonly place: DayPlace;
  readonly maxBytes: number;
  readonly budget: LoadBudget;
  readonly clock: Clock;
  readonly hash: SeriesHash;
  /** Whether to read records of every age. */
  readonly all: boolean;
}

export interface LoadedBrief {
  readonly series: readonly BriefSeriesOfShard[];
  /** Whether nothing was left out. */
  readonly isWhole: boolean;
}

/** Eventually consistent; a record that is damaged or leaves early counts as absent. Throws "unavailable". */
export async function loadBriefSeries(table: Table, options: LoadBriefOptions): Promise<LoadedBrief> {
  const { place, maxBytes, budget, clock, all } = options;
  const startMs = clock();
  const latestMs = startMs - BRIEF_MS;
  const series: BriefSeriesOfShard[] = [];
  let left = maxBytes * BYTES_SHARE;
  const read = async (range: KeyRange, isNamed: boolean): Promise<boolean> => {
    for await (const page of table.query(range, { onDamage: () => {} }))
      for (const item of page) {
        if (left <= 0 || budget.availableBytes === 0 || clock() >= startMs + MAX_LOAD_MS) return false;
        left -= item.value.length;
        budget.spend(item.value.length);
        if (staysLongEnough(item, place)) series.push(...ofShards(item, options, isNamed));
      }
    return true;
  };
  const rangeOf = (fromMs: number, toMs?: number) =>
    seriesRecordsRange(place.tenant, place.day, ALL_SERIES, fromMs, toMs);
  const isLatestWhole = await read(rangeOf(latestMs), true);
  const isWhole = isLatestWhole && (!all || (await read(rangeOf(0, latestMs - 1), false)));
  return { series, isWhole };
}

/** As long as a log record of its time would stay now: retention may have been shorter. */
function staysLongEnough({ sk, expiresAtSeconds }: Item, { day, retentionMs }: DayPlace): boolean {
  if (expiresAtSeconds === undefined) return true;
  return expiresAtSeconds >= transientExpiry(parseReceiveTime(sk), day, retentionMs).expiresAtSeconds;
}

function ofShards(item: Item, { hash }: LoadBriefOptions, isNamed: boolean): BriefSeriesOfShard[] {
  const read = readGiving(item, false);
  if (read === undefined) return [];
  const { dictionary, bits, firsts } = read.given;
  const receivedMs = parseReceiveTime(item.sk);
  const byShard = Map.groupBy(read.labelSets.map(hash), (one) => shardOf(one, bits));
  return Array.from(byShard, ([prefix, hashes]) => {
    return { dictionary, bits, prefix, first: firsts[prefix], hashes, receivedMs, isNamed };
  });
}
