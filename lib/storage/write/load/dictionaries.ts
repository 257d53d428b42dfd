/**
 * The dictionaries of a day that other writers stored, for a writer that starts cold. The load has a
 * bound in bytes and in time: what it does not learn is recorded again, which costs more than to read
 * it, and no more than that.
 */
import { type Clock, SECOND_MS } from "../../../model/time.ts";
import { dictionariesRange, HASH_BYTES, parseDictionarySortKey } from "../../layout/keys.ts";
import type { Shard } from "../../layout/shard.ts";
import { HASH_WORDS, wordsOf } from "../../series/hash-index.ts";
import { hashHex } from "../../series/series-hash.ts";
import { forEachBounded } from "../../table/bounded.ts";
import type { Item, Table } from "../../table/table.ts";
import { type DayPlace, staysWithDay } from "../day-place.ts";
import type { LoadBudget } from "./budget.ts";

/** Shards read at once. */
const READ_CONCURRENCY = 8;
/** A load ends after so long with what it has: the request that waits for it has 29 s. */
const MAX_LOAD_MS = 3 * SECOND_MS;

export interface DictionaryItem {
  readonly firstReference: number;
  /** `HASH_BYTES` each, one after another. */
  readonly hashes: Uint8Array;
}

export interface LoadedDictionary {
  readonly id: Uint8Array;
  readonly items: readonly DictionaryItem[];
}

export interface LoadOptions {
  readonly place: DayPlace;
  readonly shards: readonly Shard[];
  /** Of hashes, of all shards together; each has an equal share. */
  readonly maxBytes: number;
  /** What the process may read; other loads under way spend of it too. */
  readonly budget: LoadBudget;
  readonly clock: Clock;
  /** Takes the dictionaries of one shard, the largest first: of a series that stands in several, one of few remains. */
  readonly onShard: (shard: Shard, dictionaries: readonly LoadedDictionary[]) => void;
}

/**
 * Reads the dictionaries of some shards, the newest first (own-dictionary.ts). Eventually consistent, at
 * half the price: an item that is there stays there, one that is missing counts as unknown. An item that
 * is damaged or leaves before the day does counts as absent. Returns whether all were read. Throws "unavailable".
 */
export async function loadDictionaries(table: Table, options: LoadOptions): Promise<boolean> {
  const { place, shards, maxBytes, budget, clock, onShard } = options;
  const endMs = clock() + MAX_LOAD_MS;
  let isWhole = true;
  await forEachBounded(shards, READ_CONCURRENCY, async (shard) => {
    const found = new Map<string, DictionaryItem[]>();
    let left = maxBytes / shards.length;
    const range = dictionariesRange(place.tenant, place.day, shard);
    for await (const page of table.query(range, { onDamage: () => {} })) {
      for (const item of page) {
        if (isIntact(item) && staysWithDay(item, place)) add(found, item);
        left -= item.value.length;
        budget.spend(item.value.length);
      }
      if (left <= 0 || budget.availableBytes === 0 || clock() >= endMs) {
        isWhole = false;
        break;
      }
    }
    onShard(shard, largestFirst(found));
  });
  return isWhole;
}

function isIntact({ value }: Item): boolean {
  return value.length > 0 && value.length % HASH_BYTES === 0;
}

function add(found: Map<string, DictionaryItem[]>, { sk, value }: Item): void {
  const { writer, firstReference } = parseDictionarySortKey(sk);
  const key = hashHex(writer);
  const item = { firstReference, hashes: value };
  const items = found.get(key);
  if (items === undefined) found.set(key, [item]);
  else items.push(item);
}

function largestFirst(found: ReadonlyMap<string, readonly DictionaryItem[]>): LoadedDictionary[] {
  const sized = Array.from(found, ([key, items]) => ({
    id: Buffer.from(key, "hex"),
    items,
    sizeBytes: items.reduce((sum, { hashes }) => sum + hashes.length, 0),
  }));
  return sized.sort((a, b) => b.sizeBytes - a.sizeBytes);
}

/** Calls `note` with the place of each hash of some dictionaries. */
export function countAll(
  dictionaries: readonly LoadedDictionary[],
  note: (words: Int32Array, at: number) => void,
): void {
  for (const { items } of dictionaries)
    for (const { hashes } of items) {
      const words = wordsOf(hashes);
      for (let at = 0; at < words.length; at += HASH_WORDS) note(words, at);
    }
}
