/** Which of the series that deletions mean have rows left: the others leave the index of rows. */
import type { Masks } from "../../deletion/masks.ts";
import { METRIC_HASH_BYTES } from "../../layout/keys.ts";
import { shardOf } from "../../layout/shard.ts";
import { readRowSpan } from "../../rollups/read-rows.ts";
import type { RowPart } from "../../rollups/rollup-manifest.ts";
import type { Table } from "../../table/table.ts";

/**
 * Looks them up in a part that was stored just now. Returns whether a series, by its hash in hex, stays in
 * the index.
 */
export async function findLeft(
  table: Pick<Table, "query">,
  tenant: string,
  { id, day, shardBits: bits }: Pick<RowPart, "id" | "day" | "shardBits">,
  masks: Masks,
): Promise<((hash: string) => boolean) | undefined> {
  if (masks.isEmpty) return undefined;
  const meant = new Set(masks.series);
  const left = new Set<string>();
  const metrics = Map.groupBy([...meant].sort(), (hash) => hash.slice(0, 2 * METRIC_HASH_BYTES));
  for (const [metric, hashes] of metrics) {
    const shard = { bits, prefix: shardOf(Buffer.from(metric, "hex"), bits) };
    const place = { tenant, day, part: id, shard };
    const span = { place, first: hashes[0], last: hashes[hashes.length - 1], isPacked: true };
    await readRowSpan(
      { table },
      span,
      (hash) => meant.has(hash),
      (hash) => left.add(hash),
    );
  }
  return (hash) => left.has(hash) || !meant.has(hash);
}
