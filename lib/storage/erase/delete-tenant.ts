/**
 * Deletes all items of a tenant, found by going through the whole table: parts that no manifest names and
 * kinds of a later version are among them. What is left of a run that was stopped, the next one finds.
 *
 * The tenant's next life has begun before (tenant-settings.ts). So whatever a flush, a write or an import of
 * before still stores goes to a name that nobody reads.
 */
import { errorKind } from "../../model/errors.ts";
import { parseStoredTenant } from "../../model/tenant.ts";
import { MINUTE_MS } from "../../model/time.ts";
import { placeOfKey } from "../layout/key-place.ts";
import { KIND, parseMarkSortKey } from "../layout/keys.ts";
import { forEachBounded } from "../table/bounded.ts";
import { itemSizeBytes, writeUnits as unitsOf } from "../table/item-size.ts";
import type { Key, ScannableTable, Table } from "../table/table.ts";
import { listTenantSettings, TENANT_CACHE_MS } from "../tenants/tenant-settings.ts";

/** Deletes under way at once. */
const DELETE_CONCURRENCY = 16;

/**
 * How long after the next life has begun the items are deleted: until no process takes the life before for
 * the tenant's, though its clock is corrected meanwhile, and no function is at a request that did.
 */
export const DELETION_WAIT_MS = TENANT_CACHE_MS + MINUTE_MS;

/**
 * The name in an item's keys. Undefined of items without one, and of the two that a deletion leaves: a tenant's
 * settings, which keep the number of its lives, and the revision of its rules, which must not come again. Access keys name a tenant in their values alone: those are for their owner.
 */
function storedTenantOf(key: Key): string | undefined {
  const kind = key.pk[0];
  if (kind === KIND.ruled) return undefined;
  if (kind === KIND.swept) return new TextDecoder().decode(key.sk);
  if (kind !== KIND.mark) return placeOfKey(key).tenant;
  try {
    return parseMarkSortKey(key.sk).tenant;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return undefined;
  }
}

/** Whether an item is of a life of a tenant before `life`; default: of any. */
export function isOfTenant(key: Key, tenant: string, life = Number.POSITIVE_INFINITY): boolean {
  const storedAs = storedTenantOf(key);
  if (storedAs === undefined) return false;
  const found = parseStoredTenant(storedAs);
  return found.name === tenant && found.life < life;
}

/** Kinds with the plain name of a tenant in their keys, in every life. */
const IN_ALL_LIVES: ReadonlySet<number> = new Set([
  KIND.ruleGroup,
  KIND.ruleState,
  KIND.ruleSeries,
  KIND.alertNotices,
  KIND.election,
  KIND.quota,
]);

/** Tells items that were stored by a life of a tenant that was deleted by then. Throws "unavailable" or "data". */
export async function newLeftoverCheck(table: Table): Promise<(key: Key) => boolean> {
  const lives = new Map<string, number>();
  for (const [tenant, { life = 0 }] of await listTenantSettings(table)) if (life > 0) lives.set(tenant, life);
  return (key) => {
    if (lives.size === 0 || IN_ALL_LIVES.has(key.pk[0])) return false;
    const storedAs = storedTenantOf(key);
    if (storedAs === undefined) return false;
    const { name, life } = parseStoredTenant(storedAs);
    return life < (lives.get(name) ?? 0);
  };
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

/** Deletes those of before `life`. Returns how many. Throws "unavailable"; what is left, another call deletes. */
export async function deleteTenantItems(
  table: ScannableTable,
  tenant: string,
  life: number,
  { signal, onProgress }: TenantScan = {},
): Promise<number> {
  let [scanned, deleted] = [0, 0];
  for await (const page of table.scan({ keysOnly: true, signal })) {
    signal?.throwIfAborted();
    scanned += page.length;
    const keys = page.filter((key) => isOfTenant(key, tenant, life)).map(({ pk, sk }) => ({ pk, sk }));
    await forEachBounded(keys, DELETE_CONCURRENCY, (key) => table.delete(key));
    deleted += keys.length;
    onProgress?.(scanned, deleted);
  }
  return deleted;
}
