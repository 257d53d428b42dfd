/** Series records of one day: what writers said of new series, beside the log. */
import type { LabelSet } from "../../model/labels.ts";
import { seriesRecordsRange } from "../layout/keys.ts";
import type { Shard } from "../layout/shard.ts";
import type { NoteDamage } from "../layout/verified-table.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import { labelSetsOf } from "./index-items.ts";

/** Shards read at once. */
const SHARD_CONCURRENCY = 8;

export interface SeriesRecordsRange {
  readonly tenant: string;
  readonly day: number;
  readonly shards: readonly Shard[];
  /** Records received from..to, in ms, both included; `to` absent: all since. */
  readonly receivedFromMs: number;
  readonly receivedToMs?: number | undefined;
}

/**
 * Calls back with the label sets of each record and its size in bytes, records in no order. `note` takes records that cannot
 * be decoded; default: they throw "data".
 */
export async function forEachSeriesRecord(
  table: Table,
  { tenant, day, shards, receivedFromMs, receivedToMs }: SeriesRecordsRange,
  onRecord: (labelSets: readonly LabelSet[], sizeBytes: number) => void,
  signal?: AbortSignal,
  note?: NoteDamage,
): Promise<void> {
  await forEachBounded(shards, SHARD_CONCURRENCY, async (shard) => {
    const range = seriesRecordsRange(tenant, day, shard, receivedFromMs, receivedToMs);
    for await (const page of table.query(range, { consistent: true, signal })) {
      for (const item of page) onRecord(labelSetsOf(item, note), item.value.length);
    }
  });
}
