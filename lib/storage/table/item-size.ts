/**
 * What an item weighs and what it costs, as DynamoDB counts it, and the checks that a request keeps its limits.
 *
 * An item's size is that of its attribute names (UTF-8) and values together.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
import { HearthError } from "../../model/errors.ts";
import { CHECKSUM_BYTES } from "./checksum.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  MAX_ITEM_BYTES,
  MAX_PARTITION_KEY_BYTES,
  MAX_SORT_KEY_BYTES,
  READ_UNIT_BYTES,
  WRITE_UNIT_BYTES,
} from "./table.ts";

/** The attributes of an item. Names are billed with every item, hence short ones. */
export const PK_ATTRIBUTE = "pk";
export const SK_ATTRIBUTE = "sk";
export const VALUE_ATTRIBUTE = "v";
export const TTL_ATTRIBUTE = "ttl";
export const CHECKSUM_ATTRIBUTE = "c";

const NAME_BYTES = PK_ATTRIBUTE.length + SK_ATTRIBUTE.length + VALUE_ATTRIBUTE.length;

/** An item's size in bytes, names and values. */
export function itemSizeBytes(item: Item): number {
  let size = NAME_BYTES + item.pk.length + item.sk.length + item.value.length;
  if (item.checksum !== undefined) size += CHECKSUM_ATTRIBUTE.length + CHECKSUM_BYTES;
  if (item.expiresAtSeconds === undefined) return size;
  return size + TTL_ATTRIBUTE.length + numberSizeBytes(item.expiresAtSeconds);
}

/** What DynamoDB adds to an item when it bills what is stored. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
const STORED_ITEM_BYTES = 100;

/** The bytes that an item is billed for at rest. */
export function billedBytes(item: Item): number {
  return itemSizeBytes(item) + STORED_ITEM_BYTES;
}

/** The same of an item that gets its checksum when it is stored. */
export function billedBytesOnceStored(item: Item): number {
  const checksum = item.checksum === undefined ? CHECKSUM_ATTRIBUTE.length + CHECKSUM_BYTES : 0;
  return billedBytes(item) + checksum;
}

/**
 * The size of a whole number from 0 as an attribute's value: one byte, and one for each pair of decimal digits between
 * the first and the last that is not zero, pairs counted from the decimal point. The documentation says "approximately";
 * dynalite and DynamoDB Local both count so.
 */
export function numberSizeBytes(value: number): number {
  if (value === 0) return 1;
  const digits = String(value);
  const significant = digits.replace(/0+$/, "").length;
  const leading = digits.length % 2;
  return 1 + Math.ceil((significant + leading) / 2);
}

/** Write units of an item, or of a delete of it; 0 bytes (nothing was there) cost one too. */
export function writeUnits(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / WRITE_UNIT_BYTES));
}

/** Read units of one Get (an item) or of one Query page (the sum of its items); nothing read costs the minimum. */
export function readUnits(sizeBytes: number, consistent: boolean): number {
  const units = Math.max(1, Math.ceil(sizeBytes / READ_UNIT_BYTES));
  return consistent ? units : units / 2;
}

/** Throws "internal" for a key that DynamoDB would refuse. */
export function checkKey(key: Key): void {
  checkLength("partition key", key.pk, 1, MAX_PARTITION_KEY_BYTES);
  checkLength("sort key", key.sk, 1, MAX_SORT_KEY_BYTES);
}

/** Throws "internal" for an item that DynamoDB would refuse, or whose expiry is not a whole number of seconds. */
export function checkItem(item: Item): void {
  checkKey(item);
  const expiry = item.expiresAtSeconds;
  if (expiry !== undefined && !(Number.isSafeInteger(expiry) && expiry >= 0)) {
    throw new HearthError(
      "internal",
      `table: expiry must be whole seconds from 0, expiresAtSeconds=${expiry}`,
    );
  }
  const size = itemSizeBytes(item);
  if (size > MAX_ITEM_BYTES) {
    throw new HearthError(
      "internal",
      `table: item is too large, sizeBytes=${size} limitBytes=${MAX_ITEM_BYTES}`,
    );
  }
}

/** Throws "internal" for a range or a limit that DynamoDB would refuse. */
export function checkQuery(range: KeyRange, limit: number | undefined): void {
  checkLength("partition key", range.pk, 1, MAX_PARTITION_KEY_BYTES);
  if (range.first !== undefined) checkLength("first sort key", range.first, 1, MAX_SORT_KEY_BYTES);
  if (range.last !== undefined) checkLength("last sort key", range.last, 1, MAX_SORT_KEY_BYTES);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new HearthError("internal", `table: query limit must be a whole number from 1, limit=${limit}`);
  }
}

function checkLength(what: string, bytes: Uint8Array, min: number, max: number): void {
  if (bytes.length < min || bytes.length > max) {
    throw new HearthError(
      "internal",
      `table: ${what} must have ${min} to ${max} bytes, sizeBytes=${bytes.length}`,
    );
  }
}

/** Whether no sort key can lie in the range. */
export function isEmptyRange(range: KeyRange): boolean {
  return range.first !== undefined && range.last !== undefined && Buffer.compare(range.first, range.last) > 0;
}
