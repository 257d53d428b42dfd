/** The partitions of a part of rows: its rows and its index. */
import { MAX_PLAIN_BLOCKS } from "../../index/index-part.ts";
import { type IndexSection, indexRange } from "../../layout/part-keys.ts";
import { rowRange } from "../../layout/rollup-keys.ts";
import { ALL_SERIES, shardsOf } from "../../layout/shard.ts";
import { numberedId } from "../../rollups/pending-parts.ts";
import type { RowPart } from "../../rollups/rollup-manifest.ts";
import type { Item, KeyRange, Table } from "../../table/table.ts";

const CATALOGUE: readonly IndexSection[] = ["values", "pairs", "directory"];

type Unnamed = Omit<RowPart, "days">;

function rangesOf(tenant: string, part: Unnamed): KeyRange[] {
  const { id, day, shardBits } = part;
  const rows = shardsOf(shardBits).map((shard) => rowRange({ tenant, day, part: id, shard }));
  return [...rows, ...indexRangesOf(tenant, part)];
}

function indexRangesOf(tenant: string, { day, index }: Pick<Unnamed, "day" | "index">): KeyRange[] {
  return index.flatMap((part) => {
    const place = { tenant, day, isOfRows: true, part: part.id } as const;
    const series = shardsOf(part.shardBits).map((shard) =>
      indexRange({ ...place, section: "series", shard }),
    );
    if (part.blocks <= MAX_PLAIN_BLOCKS) return series;
    return [...series, ...CATALOGUE.map((section) => indexRange({ ...place, section, shard: ALL_SERIES }))];
  });
}

interface NewExpiry {
  /** Whether items are stored again that expire at a time. Times are in seconds, 0: never. */
  readonly isWrong: (ownSeconds: number) => boolean;
  readonly seconds: number;
}

interface Place {
  readonly table: Table;
  readonly tenant: string;
}

/** Stores the items of a part whose expiry is wrong again, to expire at a time. */
export async function setExpiry(place: Place, part: Unnamed, expiry: NewExpiry): Promise<void> {
  await setExpiryIn(place.table, rangesOf(place.tenant, part), expiry);
}

/**
 * The same of a part whose writer died. How many parts its indexes have is not known: the first one without items is
 * past the last.
 */
export async function setExpiryOfPending(place: Place, part: Unnamed, expiry: NewExpiry): Promise<void> {
  await setExpiry(place, part, expiry);
  for (const first of part.index)
    for (let number = 1, items = 1; items > 0; number++) {
      const next = { day: part.day, index: [{ ...first, id: numberedId(first.id, number) }] };
      items = await setExpiryIn(place.table, indexRangesOf(place.tenant, next), expiry);
    }
}

/** Returns how many items there are. */
async function setExpiryIn(
  table: Table,
  ranges: readonly KeyRange[],
  { isWrong, seconds }: NewExpiry,
): Promise<number> {
  let items = 0;
  for (const range of ranges)
    for await (const page of table.query(range, { consistent: true })) {
      items += page.length;
      const wrong = page.flatMap(({ pk, sk, value, expiresAtSeconds }): Item[] => {
        if (!isWrong(expiresAtSeconds ?? 0)) return [];
        return [{ pk, sk, value, ...(seconds !== 0 && { expiresAtSeconds: seconds }) }];
      });
      await table.putAll(wrong);
    }
  return items;
}
