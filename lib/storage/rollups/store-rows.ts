/** Stores the rows of a partition while they come. */
import type { HourRows } from "../../model/rows/hour-rows.ts";
import type { RowPartition } from "../layout/rollup-keys.ts";
import type { Item, Table } from "../table/table.ts";
import { RowWriter } from "./row-writer.ts";

/** Items stored at a time. */
const STORE_SLICE = 100;

/** What was stored. */
export interface RowCounts {
  readonly rows: number;
  readonly series: number;
  readonly blocks: number;
}

export const NO_ROWS: RowCounts = { rows: 0, series: 0, blocks: 0 };

export function addCounts(a: RowCounts, b: RowCounts): RowCounts {
  return { rows: a.rows + b.rows, series: a.series + b.series, blocks: a.blocks + b.blocks };
}

/** `series`: by ascending hash (hex). */
export async function storeRows(
  table: Pick<Table, "putAll">,
  place: RowPartition,
  expires: { readonly expiresAtSeconds?: number },
  series: AsyncIterable<readonly [hash: string, rows: HourRows]>,
): Promise<RowCounts> {
  const writer = new RowWriter(place, expires);
  let items: Item[] = [];
  for await (const [hash, rows] of series) {
    items.push(...writer.add(hash, rows));
    if (items.length < STORE_SLICE) continue;
    await table.putAll(items);
    items = [];
  }
  await table.putAll([...items, ...writer.finish()]);
  const { rows, series: count, blocks } = writer;
  return { rows, series: count, blocks };
}

/** Rows of a partition, about: a unit of what one invocation finishes, 8 to 16 MB. */
const PARTITION_ROWS = 1_000_000;
const MAX_SHARD_BITS = 8;

/** The partitions, as bits, of a part of so many rows. */
export function rowShardBits(rows: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, rows / PARTITION_ROWS)));
  return Math.min(bits, MAX_SHARD_BITS);
}
