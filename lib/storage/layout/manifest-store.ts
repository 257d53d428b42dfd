/** Manifests in the table, read whole and replaced whole. */

import { errorKind, errorMessage } from "../../model/errors.ts";
import type { Item, Table } from "../table/table.ts";
import { dayStatesRange, isDeletionsSortKey, manifestKey, parseManifestSortKey } from "./keys.ts";
import { decodeManifest, EMPTY_MANIFEST, encodeManifest, type Manifest } from "./manifest.ts";
import { expiry, type RetentionMs } from "./retention.ts";
import { damaged } from "./verified-table.ts";

/** A manifest as it was read: what it says, and the bytes that must still be there when it is replaced. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array | undefined;
}

export async function loadManifest(table: Table, tenant: string, day: number): Promise<StoredManifest> {
  const item = await table.get(manifestKey(tenant, day), { consistent: true });
  if (item === undefined) return { manifest: EMPTY_MANIFEST, bytes: undefined };
  return { manifest: decode(item), bytes: item.value };
}

/** A day's manifest and the item of its deletions, in one call for the price of the manifest. */
export async function loadDayState(
  table: Table,
  tenant: string,
  day: number,
): Promise<{ readonly stored: StoredManifest; readonly deletions: Item | undefined }> {
  let stored: StoredManifest = { manifest: EMPTY_MANIFEST, bytes: undefined };
  let deletions: Item | undefined;
  for await (const page of table.query(dayStatesRange(tenant, day, day), { consistent: true })) {
    for (const item of page) {
      if (isDeletionsSortKey(item.sk)) deletions = item;
      else stored = { manifest: decode(item), bytes: item.value };
    }
  }
  return { stored, deletions };
}

/** The manifest of an item; throws "data". */
export type DecodeManifestItem = (item: Item) => Manifest;

/** Throws "data", naming tenant and day. */
function decode(item: Item, decodeItem: DecodeManifestItem = ({ value }) => decodeManifest(value)): Manifest {
  try {
    return decodeItem(item);
  } catch (error) {
    throw errorKind(error) === "data" ? damaged(item, errorMessage(error)) : error;
  }
}

/** What one query says of days. */
export interface DayStates {
  /** A day without one was never compacted. */
  readonly manifests: ReadonlyMap<number, Manifest>;
  /** The items of lib/storage/deletion. */
  readonly deletions: ReadonlyMap<number, Item>;
}

/** The manifests and deletions of days `first..last` (inclusive) by day. Default of `decodeItem`: `decodeManifest`. */
export async function loadDayStates(
  table: Table,
  tenant: string,
  first: number,
  last: number,
  signal?: AbortSignal,
  decodeItem?: DecodeManifestItem,
): Promise<DayStates> {
  const manifests = new Map<number, Manifest>();
  const deletions = new Map<number, Item>();
  for await (const page of table.query(dayStatesRange(tenant, first, last), { consistent: true, signal })) {
    for (const item of page) {
      const day = parseManifestSortKey(item.sk);
      if (isDeletionsSortKey(item.sk)) deletions.set(day, item);
      else manifests.set(day, decode(item, decodeItem));
    }
  }
  return { manifests, deletions };
}

export async function loadManifests(
  table: Table,
  tenant: string,
  first: number,
  last: number,
): Promise<ReadonlyMap<number, Manifest>> {
  return (await loadDayStates(table, tenant, first, last)).manifests;
}

/**
 * Replaces a manifest if it is still `previous`; answers the stored one, or undefined if another came first. Undefined may
 * also mean that this one was stored and the answer lost: load it again to know.
 */
export async function replaceManifest(
  table: Table,
  place: { readonly tenant: string; readonly day: number; readonly retentionMs: RetentionMs },
  previous: StoredManifest,
  next: Omit<Manifest, "generation">,
): Promise<StoredManifest | undefined> {
  const manifest = { ...next, generation: previous.manifest.generation + 1 };
  const value = encodeManifest(manifest);
  const item = { ...manifestKey(place.tenant, place.day), value, ...expiry(place.day, place.retentionMs) };
  const isStored =
    previous.bytes === undefined
      ? await table.putIfAbsent(item)
      : await table.putIfEqual(item, previous.bytes);
  return isStored ? { manifest, bytes: value } : undefined;
}
