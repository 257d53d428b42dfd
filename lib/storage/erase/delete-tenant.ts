/**
 * Deletes all items of a tenant, found by going through the whole table: parts that no manifest names and
 * kinds of a later version are among them. What is left of a run that was stopped, the next one finds.
 */
import { errorKind } from "../../model/errors.ts";
import { placeOfKey } from "../layout/key-place.ts";
import { KIND, parseMarkSortKey } from "../layout/keys.ts";
import { forEachBounded } from "../table/bounded.ts";
import { itemSizeBytes, writeUnits as unitsOf } from "../table/item-size.ts";
import type { Key, ScannableTable } from "../table/table.ts";

/** Deletes under way at once. */
const DELETE_CONCURRENCY = 16;

/** Kinds whose sort key is a tenant's name. */
const NAMED: ReadonlySet<number> = new Set([KIND.swept, KIND.tenant, KIND.ruled]);

/** Whether an item is of a tenant. Access keys say so in their values alone: those are for their owner. */
export function isOfTenant(key: Key, tenant: string): boolean {
  const kind = key.pk[0];
  if (NAMED.has(kind)) return new TextDecoder().decode(key.sk) === tenant;
  if (kind !== KIND.mark) return placeOfKey(key).tenant === tenant;
  try {
    return parseMarkSortKey(key.sk).tenant === tenant;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return false;
  }
}

export interface TenantItems {
  readonly items: number;
  readonly bytes: number;
  /** What deleting them costs: as much as writing them. */
  readonly writeUnits: number;
}

export interface TenantScan {
  readonly signal?: AbortSignal | undefined;
  /** After each page: items gone through, and those of the tenant. */
  readonly onProgress?: ((scanned: number, found: number) => void) | undefined;
}

/** Counts a tenant's items. Throws "unavailable". */
export async function countTenantItems(
  table: ScannableTable,
  tenant: string,
  { signal, onProgress }: TenantScan = {},
): Promise<TenantItems> {
  let [scanned, items, bytes, writeUnits] = [0, 0, 0, 0];
  for await (const page of table.scan({ signal, onDamage: () => {} })) {
    scanned += page.length;
    for (const item of page) {
      if (!isOfTenant(item, tenant)) continue;
      const sizeBytes = itemSizeBytes(item);
      items++;
      bytes += sizeBytes;
      writeUnits += unitsOf(sizeBytes);
    }
    onProgress?.(scanned, items);
  }
  return { items, bytes, writeUnits };
}

/** Deletes them. Returns how many. Throws "unavailable"; what is left, another call deletes. */
export async function deleteTenantItems(
  table: ScannableTable,
  tenant: string,
  { signal, onProgress }: TenantScan = {},
): Promise<number> {
  let [scanned, deleted] = [0, 0];
  for await (const page of table.scan({ keysOnly: true, signal })) {
    signal?.throwIfAborted();
    scanned += page.length;
    const keys = page.filter((key) => isOfTenant(key, tenant)).map(({ pk, sk }) => ({ pk, sk }));
    await forEachBounded(keys, DELETE_CONCURRENCY, (key) => table.delete(key));
    deleted += keys.length;
    onProgress?.(scanned, deleted);
  }
  return deleted;
}
