/** Deletions in the table: read with the manifest or alone, added by compare and swap. */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../../model/time.ts";
import { deletionsKey } from "../layout/keys.ts";
import { dayExpirySeconds, type RetentionMs } from "../layout/retention.ts";
import { damaged } from "../layout/verified-table.ts";
import type { Item, Key, Table } from "../table/table.ts";
import {
  type DayDeletions,
  type Deletion,
  decodeDeletions,
  encodeDeletions,
  NO_DELETIONS,
  supersedes,
  withoutDeletions,
} from "./deletion.ts";

export const MAX_DAY_DELETIONS = 128;
/** Every query of the day reads them: four read units at most. */
const DAY_LIMITS = { count: MAX_DAY_DELETIONS, bytes: 16 * 1024 };

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

/** A deletion without what storing it adds. */
export type NewDeletion = Omit<Deletion, "number" | "deletedMs">;

/**
 * Stores a deletion; its moment is now. Storing takes longer than the moment, a ms, so what is
 * written after that counts. Throws "too large" where the day has too many, "unavailable".
 */
export async function addDeletion(place: DeletionPlace, deletion: NewDeletion): Promise<Deletion> {
  const { table, tenant, day, retentionMs, clock } = place;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return addDeletionTo(table, deletion, {
    key: deletionsKey(tenant, day),
    of: `${date} of tenant ${tenant}`,
    limits: DAY_LIMITS,
    expiresAtSeconds: dayExpirySeconds(day, retentionMs),
    clock,
  });
}

/** An item of deletions. */
export interface DeletionsItem {
  readonly key: Key;
  /** For an error: the time that it is of. */
  readonly of: string;
  readonly limits: { readonly count: number; readonly bytes: number };
  /** Undefined: never. */
  readonly expiresAtSeconds: number | undefined;
  readonly clock: Clock;
}

/** Likewise, of any item. */
export async function addDeletionTo(
  table: Table,
  deletion: NewDeletion,
  place: DeletionsItem,
): Promise<Deletion> {
  const { key, clock } = place;
  const tried: Deletion[] = [];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await table.get(key, { consistent: true });
    const { last, all } = deletionsOf(stored);
    const added = { ...deletion, number: last + 1, deletedMs: clock() };
    // One of these may be of a clock that was ahead, and would hide what comes later.
    const isOwn = (one: Deletion) =>
      tried.some((own) => own.number === one.number && supersedes(own, one) && supersedes(one, own));
    const others = all.filter((one) => !isOwn(one) && !supersedes(added, one));
    const next = { last: added.number, all: [...others, added] };
    const value = encodeDeletions(next);
    checkSize(next, value, place);
    const item = { ...key, value, ...laterExpiry(stored, place.expiresAtSeconds) };
    const isStored =
      stored === undefined ? await table.putIfAbsent(item) : await table.putIfEqual(item, stored.value);
    if (isStored && Math.abs(clock() - added.deletedMs) <= MAX_HOLD_MS) return added;
    tried.push(added);
  }
  throw new HearthError("unavailable", `deletion: others delete at the same time tries=${MAX_TRIES}`);
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

/** Removes deletions up to a number, unless others change the item meanwhile: then the next try does. */
export async function forgetDeletions(
  table: Table,
  tenant: string,
  day: number,
  toNumber: number,
): Promise<void> {
  const stored = await table.get(deletionsKey(tenant, day), { consistent: true });
  if (stored === undefined) return;
  const value = encodeDeletions(withoutDeletions(deletionsOf(stored), toNumber));
  await table.putIfEqual({ ...stored, value }, stored.value);
}

function checkSize({ all }: DayDeletions, value: Uint8Array, { of, limits }: DeletionsItem): void {
  if (all.length <= limits.count && value.length <= limits.bytes) return;
  throw new HearthError(
    "too large",
    `deletion: ${all.length} deletions of ${value.length} bytes in ${of}, the limit is ${limits.count} and ${limits.bytes} bytes; name several series in one selector with =~"a|b"`,
  );
}
