/**
 * Expiry, which dynalite lacks: each item that expires has an entry beside it, sorted by the second of
 * its expiry. So a sweep reads only what has expired.
 *
 *     key     `hearth-ttl~`, the second in hex (10 digits), `~`, the item's key in the store
 *     value   0
 *
 * An item written again with another expiry leaves its old entry behind; the sweep checks the item itself.
 */
const PREFIX = "hearth-ttl~";
const SECOND_DIGITS = 10;
/** Items are stored under this and the table's name. */
const ITEM_PREFIX = "item-";

export interface Put {
  readonly type: "put";
  readonly key: string;
  readonly value: unknown;
}

export interface Del {
  readonly type: "del";
  readonly key: string;
}

export type Operation = Put | Del;

/** The range of entries of items that expired before `nowSeconds`. */
export function expiredRange(nowSeconds: number): { readonly gte: string; readonly lt: string } {
  return { gte: PREFIX, lt: `${PREFIX}${printSecond(nowSeconds)}` };
}

/** The entry of an operation that stores an item with an expiry; undefined for any other. */
export function entryOf(operation: Operation): Put | undefined {
  if (operation.type !== "put" || !operation.key.startsWith(ITEM_PREFIX)) return undefined;
  const seconds = expirySeconds(operation.value);
  if (seconds === undefined) return undefined;
  return { type: "put", key: `${PREFIX}${printSecond(seconds)}~${operation.key}`, value: 0 };
}

/** The item's key in an entry's. */
export function itemKeyOf(entryKey: string): string {
  return entryKey.slice(PREFIX.length + SECOND_DIGITS + 1);
}

/** The expiry of an item as dynalite stores it, in seconds since the epoch; undefined: never. */
export function expirySeconds(item: unknown): number | undefined {
  const text = (item as { readonly ttl?: { readonly N?: unknown } } | null | undefined)?.ttl?.N;
  const seconds = typeof text === "string" ? Number(text) : Number.NaN;
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined;
}

/** The range of all items of all tables. */
export const ALL_ITEMS = { gte: ITEM_PREFIX, lt: "item." } as const;

function printSecond(seconds: number): string {
  return seconds.toString(16).padStart(SECOND_DIGITS, "0");
}
