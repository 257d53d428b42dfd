/** Deletions in the table: read with the manifest or alone, added by compare and swap. */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { type Clock, SECOND_MS } from "../../model/time.ts";
import { deletionsKey } from "../layout/keys.ts";
import { dayExpirySeconds, type RetentionMs } from "../layout/retention.ts";
import { damaged } from "../layout/verified-table.ts";
import type { Item, Table } from "../table/table.ts";
import {
  type DayDeletions,
  type Deletion,
  decodeDeletions,
  encodeDeletions,
  NO_DELETIONS,
  supersedes,
} from "./deletion.ts";

/** Every query of the day reads them: four read units at most. */
const MAX_DELETIONS_BYTES = 16 * 1024;
export const MAX_DAY_DELETIONS = 128;

/**
 * A compactor flushes what was received a settle time ago (log/settling.ts), and must find every
 * deletion of that time: so storing one takes no longer, as for a log record.
 */
const MAX_HOLD_MS = 30 * SECOND_MS;
/** Tries against others that delete in the same day. */
const MAX_TRIES = 20;

/** Throws "data", naming tenant and day: answers must not show what was deleted. */
export function deletionsOf(item: Item | undefined): DayDeletions {
  if (item === undefined) return NO_DELETIONS;
  try {
    return decodeDeletions(item.value);
  } catch (error) {
    throw errorKind(error) === "data" ? damaged(item, errorMessage(error)) : error;
  }
}

export async function loadDeletions(table: Table, tenant: string, day: number): Promise<DayDeletions> {
  return deletionsOf(await table.get(deletionsKey(tenant, day), { consistent: true }));
}

export interface DeletionPlace {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: RetentionMs;
  readonly clock: Clock;
}

/**
 * Stores a deletion; its moment is now. Storing takes longer than the moment, a ms, so what is
 * written after that counts. Throws "too large" where the day has too many, "unavailable".
 */
export async function addDeletion(
  place: DeletionPlace,
  deletion: Omit<Deletion, "number" | "deletedMs">,
): Promise<Deletion> {
  const { table, tenant, day, retentionMs, clock } = place;
  const key = deletionsKey(tenant, day);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await table.get(key, { consistent: true });
    const { last, all } = deletionsOf(stored);
    const added = { ...deletion, number: last + 1, deletedMs: clock() };
    const next = { last: added.number, all: [...all.filter((one) => !supersedes(added, one)), added] };
    const value = encodeDeletions(next);
    checkSize(next, value, place);
    const item = { ...key, value, ...laterExpiry(stored, dayExpirySeconds(day, retentionMs)) };
    const isStored =
      stored === undefined ? await table.putIfAbsent(item) : await table.putIfEqual(item, stored.value);
    if (isStored && Math.abs(clock() - added.deletedMs) <= MAX_HOLD_MS) return added;
  }
  throw new HearthError("unavailable", `deletion: others delete in the same day tries=${MAX_TRIES}`);
}

/** An item keeps a later expiry: whoever deletes may know an older retention. Undefined: never. */
function laterExpiry(
  stored: Item | undefined,
  seconds: number | undefined,
): { readonly expiresAtSeconds?: number } {
  const isEndless = seconds === undefined || (stored !== undefined && stored.expiresAtSeconds === undefined);
  return isEndless ? {} : { expiresAtSeconds: Math.max(seconds, stored?.expiresAtSeconds ?? 0) };
}

/** Deletions stay as long as their day: stores the item again if it leaves earlier. Whoever comes between is left alone. */
export async function keepDeletions(
  table: Table,
  item: Item,
  day: number,
  retentionMs: RetentionMs,
): Promise<void> {
  const expires = laterExpiry(item, dayExpirySeconds(day, retentionMs));
  if (expires.expiresAtSeconds === item.expiresAtSeconds) return;
  const { pk, sk, value } = item;
  await table.putIfEqual({ pk, sk, value, ...expires }, value);
}

function checkSize({ all }: DayDeletions, value: Uint8Array, { tenant, day }: DeletionPlace): void {
  if (all.length <= MAX_DAY_DELETIONS && value.length <= MAX_DELETIONS_BYTES) return;
  const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
  throw new HearthError(
    "too large",
    `deletion: ${all.length} deletions of ${value.length} bytes in ${date} of tenant ${tenant}, the limit is ${MAX_DAY_DELETIONS} and ${MAX_DELETIONS_BYTES} bytes a day; name several series in one selector with =~"a|b"`,
  );
}
