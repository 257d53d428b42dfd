/**
 * Expiry, which dynalite does not have: beside each item that may leave, an entry that sorts by the second in which it may.
 * So a sweep reads what has expired and nothing else.
 *
 *     key     `hearth-ttl~`, the second in hex (10 digits), `~`, the item's key in the store
 *     value   0
 *
 * An item that is written again with another time leaves its old entry behind; the sweep looks at the item itself.
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

/** The entries' keys from the beginning up to those of items that expired before `nowSeconds`. */
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

/** When an item as dynalite stores it may leave, in seconds since the epoch; undefined: never. */
export function expirySeconds(item: unknown): number | undefined {
  const text = (item as { readonly ttl?: { readonly N?: unknown } } | null | undefined)?.ttl?.N;
  const seconds = typeof text === "string" ? Number(text) : Number.NaN;
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined;
}

/** The range of all items, whatever their table. */
export const ALL_ITEMS = { gte: ITEM_PREFIX, lt: "item." } as const;

function printSecond(seconds: number): string {
  return seconds.toString(16).padStart(SECOND_DIGITS, "0");
}
