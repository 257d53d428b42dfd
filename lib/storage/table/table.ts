/**
 * The narrow waist between the engine and DynamoDB: one table of binary keys and opaque values. Implementations: the
 * real one (`dynamodb/dynamodb-table.ts`) and a strict twin in memory (`memory-table.ts`). Processes put a `VerifiedTable`
 * (`layout/verified-table.ts`) over either. `test/storage/table/table-contract.ts` holds for all of them, and for the real
 * one against each emulator.
 *
 * Limits: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */

/** An item's size: its attribute names and values together. */
export const MAX_ITEM_BYTES = 400 * 1024;
export const MAX_PARTITION_KEY_BYTES = 2048;
export const MAX_SORT_KEY_BYTES = 1024;
/**
 * Items of one BatchWriteItem call. Its other limit, a request of 16 MB, cannot be met first: 25 of the largest items
 * are 13.7 MB in base64.
 */
export const BATCH_PUT_ITEMS = 25;
/**
 * What a Query reads for one page before it answers: the item that reaches it is the page's last, so a full page is a
 * little larger (the well-known 128.5 read units).
 */
export const QUERY_PAGE_BYTES = 1024 * 1024;
/** What one write unit and one (strongly consistent) read unit cover. */
export const WRITE_UNIT_BYTES = 1024;
export const READ_UNIT_BYTES = 4096;

/** Keys are not empty and sort as unsigned bytes. */
export interface Key {
  readonly pk: Uint8Array;
  readonly sk: Uint8Array;
}

export interface Item extends Key {
  readonly value: Uint8Array;
  /** When TTL may remove it, in seconds since the epoch; absent: never. It may still be returned for days after. */
  readonly expiresAtSeconds?: number;
  /**
   * Of key and value (checksum.ts), as an unsigned 32-bit number. `VerifiedTable` alone writes and compares it, and
   * strips it from what it returns; the tables below keep it as it is.
   */
  readonly checksum?: number;
}

/**
 * The items of one partition with `first <= sk <= last`; an absent bound is open. A range whose `first` is after its
 * `last` holds nothing and costs nothing.
 */
export interface KeyRange {
  readonly pk: Uint8Array;
  readonly first?: Uint8Array;
  readonly last?: Uint8Array;
}

export interface QueryOptions {
  /** Strongly consistent: sees every write answered before; costs twice. Default false. */
  readonly consistent?: boolean;
  /** Stop after this many items; a whole number from 1. */
  readonly limit?: number | undefined;
  /** Ends the query with "unavailable", before the next call or within it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called for each damaged item, which is then left out. Absent: a damaged item ends the query with "data". Only
   * `VerifiedTable` recognises damage.
   */
  readonly onDamage?: OnDamage | undefined;
}

/** Takes an item whose value or key is not what was written, as it was read, and what is wrong with it. */
export type OnDamage = (item: Item, reason: string) => void;

/** Counts what a table's calls cost, as DynamoDB bills them. A call is one request: a page, a batch of at most 25. */
export interface Meter {
  calls: number;
  readUnits: number;
  writeUnits: number;
  /** Items read that have no checksum, and items whose checksum is wrong; counted by `VerifiedTable`. */
  uncheckedItems: number;
  damagedItems: number;
}

export function newMeter(): Meter {
  return { calls: 0, readUnits: 0, writeUnits: 0, uncheckedItems: 0, damagedItems: 0 };
}

/** What a log line says of a meter; the last two where there are any. */
export function costFields({ calls, readUnits, writeUnits, uncheckedItems, damagedItems }: Meter) {
  return {
    calls,
    readUnits,
    writeUnits,
    ...(uncheckedItems > 0 ? { uncheckedItems } : {}),
    ...(damagedItems > 0 ? { damagedItems } : {}),
  };
}

/**
 * Every method throws `HearthError` "unavailable" when the outcome is unknown or the call should be made again later
 * (throttled, timed out, unreachable), and "internal" for a request that breaks a limit. A put that fails "unavailable"
 * may have taken effect, and a `putAll` that fails may have stored any part; nothing of it runs on after it has failed.
 *
 * A caller leaves the bytes that it passes alone until the promise settles; bytes that it gets are its own.
 */
export interface Table {
  /** Stores an item, replacing the one of its key. */
  put(item: Item): Promise<void>;

  /** Stores an item if its key is free; answers whether it was. A refused put is billed as a write too. */
  putIfAbsent(item: Item): Promise<boolean>;

  /**
   * Stores an item if its key holds the value `expected`; answers whether it did. A refused put is billed as a write
   * too. A put that took effect and whose answer was lost may be refused when the client repeats it: false then says
   * only that the value is no longer `expected`.
   */
  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean>;

  /**
   * Stores any number of items with distinct keys, each as `put` would, in no order and not atomically. Not one is
   * stored if one breaks a limit.
   */
  putAll(items: readonly Item[]): Promise<void>;

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined>;

  /** Removes an item, if it is there. */
  delete(key: Key): Promise<void>;

  /** The items of a range in key order, in pages as DynamoDB cuts them; a page may be empty. */
  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void>;

  /** The same table, its calls counted on `meter` too. */
  metered(meter: Meter): Table;
}

export interface ScanOptions {
  /** Values are empty and checksums absent; the price is the same. Default false. */
  readonly keysOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** As in `QueryOptions`. */
  readonly onDamage?: OnDamage | undefined;
}

/** A table that can be gone through as a whole. Commands of an operator need that, functions do not. */
export interface ScannableTable extends Table {
  /** Every item, in no order that means anything, eventually consistent: half a unit for each 4 KB of the table. */
  scan(options?: ScanOptions): AsyncGenerator<readonly Item[], void, void>;

  metered(meter: Meter): ScannableTable;
}
