/** Manifests of months of rows in the table, read whole and replaced whole. */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import {
  monthOf,
  parseRollupManifestSortKey,
  rollupManifestKey,
  rollupManifestsRange,
} from "../layout/rollup-keys.ts";
import type { NoteDamage } from "../layout/verified-table.ts";
import { damaged } from "../layout/verified-table.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";
import {
  decodeRollupManifest,
  EMPTY_ROLLUP_MANIFEST,
  encodeRollupManifest,
  type RollupManifest,
} from "./rollup-manifest.ts";

export interface StoredRollupManifest {
  readonly manifest: RollupManifest;
  readonly bytes: Uint8Array | undefined;
}

export async function loadRollupManifest(
  table: Table,
  tenant: string,
  month: number,
): Promise<StoredRollupManifest> {
  const item = await table.get(rollupManifestKey(tenant, month), { consistent: true });
  if (item === undefined) return { manifest: EMPTY_ROLLUP_MANIFEST, bytes: undefined };
  return { manifest: decode(item), bytes: item.value };
}

/** Throws "data", naming the tenant. */
function decode(item: Item): RollupManifest {
  try {
    return decodeRollupManifest(parseRollupManifestSortKey(item.sk), item.value);
  } catch (error) {
    throw errorKind(error) === "data" ? damaged(item, errorMessage(error)) : error;
  }
}

/** The manifests of the months of days `first..last` (inclusive), by month. One that is damaged is noted, and left out. */
export function loadRollupManifests(
  table: Table,
  tenant: string,
  first: number,
  last: number,
  signal?: AbortSignal,
  note?: NoteDamage,
): Promise<Map<number, RollupManifest>> {
  return loadRange(table, rollupManifestsRange(tenant, monthOf(first), monthOf(last)), note, signal);
}

/** The manifests of all months of a tenant, likewise. */
export function loadAllRollupManifests(
  table: Table,
  tenant: string,
  note?: NoteDamage,
): Promise<Map<number, RollupManifest>> {
  return loadRange(table, { pk: rollupManifestKey(tenant, 0).pk }, note);
}

async function loadRange(
  table: Table,
  range: KeyRange,
  note: NoteDamage | undefined,
  signal?: AbortSignal,
): Promise<Map<number, RollupManifest>> {
  const manifests = new Map<number, RollupManifest>();
  for await (const page of table.query(range, { consistent: true, signal, onDamage: note }))
    for (const item of page) {
      try {
        manifests.set(parseRollupManifestSortKey(item.sk), decode(item));
      } catch (error) {
        if (note === undefined || errorKind(error) !== "data") throw error;
        note(item, errorMessage(error));
      }
    }
  return manifests;
}

/** Replaces a manifest if it is still `previous`. Returns the stored one, or undefined if another came first. */
export async function replaceRollupManifest(
  table: Table,
  tenant: string,
  month: number,
  previous: StoredRollupManifest,
  next: Omit<RollupManifest, "generation">,
): Promise<StoredRollupManifest | undefined> {
  const manifest = { ...next, generation: previous.manifest.generation + 1 };
  const value = encodeRollupManifest(month, manifest);
  const expires = next.expiresAtSeconds === 0 ? {} : { expiresAtSeconds: next.expiresAtSeconds };
  const item = { ...rollupManifestKey(tenant, month), value, ...expires };
  const isStored =
    previous.bytes === undefined
      ? await table.putIfAbsent(item)
      : await table.putIfEqual(item, previous.bytes);
  return isStored ? { manifest, bytes: value } : undefined;
}

/** Tries of a change that others come before. */
const MAX_TRIES = 20;

/**
 * Changes a month's manifest, again and again until nobody comes before. `change` returns undefined
 * where nothing is to be changed. Throws "unavailable" after `MAX_TRIES`.
 */
export async function changeRollupManifest(
  table: Table,
  tenant: string,
  month: number,
  change: (manifest: RollupManifest) => Omit<RollupManifest, "generation"> | undefined,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await loadRollupManifest(table, tenant, month);
    const next = change(stored.manifest);
    if (next === undefined) return;
    if ((await replaceRollupManifest(table, tenant, month, stored, next)) !== undefined) return;
  }
  throw new HearthError(
    "unavailable",
    `rollup manifest: ${MAX_TRIES} changes in a row came after another's; try again tenant=${tenant}`,
  );
}
