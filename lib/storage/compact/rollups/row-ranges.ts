/** The partitions of a part of rows: its rows and its index. */
import { MAX_PLAIN_BLOCKS } from "../../index/index-part.ts";
import { type IndexSection, indexRange } from "../../layout/part-keys.ts";
import { rowRange } from "../../layout/rollup-keys.ts";
import { ALL_SERIES, shardsOf } from "../../layout/shard.ts";
import type { RowPart } from "../../rollups/rollup-manifest.ts";
import type { Item, KeyRange, Table } from "../../table/table.ts";

const CATALOGUE: readonly IndexSection[] = ["values", "pairs", "directory"];

export function rangesOf(tenant: string, { id, day, shardBits, index }: Omit<RowPart, "days">): KeyRange[] {
  const rows = shardsOf(shardBits).map((shard) => rowRange({ tenant, day, part: id, shard }));
  const ofIndex = index.flatMap((part) => {
    const place = { tenant, day, isOfRows: true, part: part.id } as const;
    const series = shardsOf(part.shardBits).map((shard) =>
      indexRange({ ...place, section: "series", shard }),
    );
    if (part.blocks <= MAX_PLAIN_BLOCKS) return series;
    return [...series, ...CATALOGUE.map((section) => indexRange({ ...place, section, shard: ALL_SERIES }))];
  });
  return [...rows, ...ofIndex];
}

/** Stores the items of a part whose expiry is wrong again, to expire at a time. Expiries are in seconds, 0: never. */
export async function setExpiry(
  { table, tenant }: { readonly table: Table; readonly tenant: string },
  part: Omit<RowPart, "days">,
  isWrong: (ownSeconds: number) => boolean,
  seconds: number,
): Promise<void> {
  for (const range of rangesOf(tenant, part))
    for await (const page of table.query(range, { consistent: true })) {
      const wrong = page.flatMap(({ pk, sk, value, expiresAtSeconds }): Item[] => {
        if (!isWrong(expiresAtSeconds ?? 0)) return [];
        return [{ pk, sk, value, ...(seconds !== 0 && { expiresAtSeconds: seconds }) }];
      });
      await table.putAll(wrong);
    }
}
