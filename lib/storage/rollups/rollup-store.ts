/** Manifests of months of rows in the table, read whole and replaced whole. */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { parseRollupManifestSortKey, rollupManifestKey } from "../layout/rollup-keys.ts";
import { damaged } from "../layout/verified-table.ts";
import type { Item, Table } from "../table/table.ts";
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
  return { manifest: manifestOf(item), bytes: item.value };
}

/** Throws "data", naming the tenant. */
export function manifestOf(item: Item): RollupManifest {
  try {
    return decodeRollupManifest(parseRollupManifestSortKey(item.sk), item.value);
  } catch (error) {
    throw errorKind(error) === "data" ? damaged(item, errorMessage(error)) : error;
  }
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
 * Changes a month's manifest, and tries again while others change it first. `change` returns undefined
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
    `rollup manifest: others changed it before each of ${MAX_TRIES} changes; try again tenant=${tenant}`,
  );
}
