/** Which tenants and days there are. */
import { errorKind } from "../../model/errors.ts";
import { parseStoredTenant } from "../../model/tenant.ts";
import {
  daysRange,
  manifestsRange,
  marksRange,
  parseDaySortKey,
  parseManifestSortKey,
  parseMarkSortKey,
} from "../layout/keys.ts";
import { parseSweptSortKey, sweptRange, tenantsRange } from "../layout/tenant-keys.ts";
import type { Key, KeyRange, Table } from "../table/table.ts";

/** The furthest days that keys can hold. */
export const ALL_DAYS = { from: -(2 ** 31), to: 2 ** 31 - 1 };

/**
 * Names of tenants that have data, as far as anything says so: those that the compactor knows, that were
 * written to, or have settings.
 */
export async function listTenants(table: Table): Promise<string[]> {
  const tenants = new Set<string>();
  const add = (storedAs: string) => tenants.add(parseStoredTenant(storedAs).name);
  await forEachKey(table, sweptRange(), ({ sk }) => add(parseSweptSortKey(sk)));
  await forEachKey(table, marksRange(0), ({ sk }) => add(parseMarkSortKey(sk).tenant));
  await forEachKey(table, tenantsRange(), ({ sk }) => add(new TextDecoder().decode(sk)));
  return [...tenants].sort();
}

/** The days `from..to` (inclusive) of a tenant that have a day item or a manifest, ascending. */
export async function listDataDays(table: Table, tenant: string, { from, to } = ALL_DAYS): Promise<number[]> {
  const days = new Set<number>();
  await forEachKey(table, daysRange(tenant, from, to), ({ sk }) => days.add(parseDaySortKey(sk).day));
  await forEachKey(table, manifestsRange(tenant, from, to), ({ sk }) => days.add(parseManifestSortKey(sk)));
  return [...days].sort((a, b) => a - b);
}

/** Of a damaged item the key counts too. A key that cannot be read is passed over. */
async function forEachKey(table: Table, range: KeyRange, onKey: (key: Key) => void): Promise<void> {
  const take = (key: Key) => {
    try {
      onKey(key);
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
    }
  };
  for await (const page of table.query(range, { consistent: true, onDamage: take })) page.forEach(take);
}
