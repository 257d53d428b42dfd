/** Items, keys and ranges <-> the attributes and conditions of DynamoDB's API. */
import { HearthError } from "../model/errors.ts";
import { PK_ATTRIBUTE, SK_ATTRIBUTE, TTL_ATTRIBUTE, VALUE_ATTRIBUTE } from "./item-size.ts";
import type { Item, Key, KeyRange } from "./table.ts";

/** What we send: binary, or a number in decimal digits. */
export type Attributes = Record<string, { B: Uint8Array } | { N: string }>;

/** What we get: any type, of which these two are ours. */
export type StoredAttributes = Readonly<
  Record<string, { readonly B?: Uint8Array | undefined; readonly N?: string | undefined }>
>;

export function toKeyAttributes(key: Key): Attributes {
  return { [PK_ATTRIBUTE]: { B: key.pk }, [SK_ATTRIBUTE]: { B: key.sk } };
}

export function toAttributes(item: Item): Attributes {
  const attributes = toKeyAttributes(item);
  attributes[VALUE_ATTRIBUTE] = { B: item.value };
  if (item.expiresAtSeconds !== undefined) attributes[TTL_ATTRIBUTE] = { N: String(item.expiresAtSeconds) };
  return attributes;
}

/** Throws "data" for an item that `toAttributes` did not make. */
export function fromAttributes(attributes: StoredAttributes): Item {
  const pk = attributes[PK_ATTRIBUTE]?.B;
  const sk = attributes[SK_ATTRIBUTE]?.B;
  const value = attributes[VALUE_ATTRIBUTE]?.B;
  const ttl = attributes[TTL_ATTRIBUTE]?.N;
  if (pk === undefined || sk === undefined || value === undefined) {
    const names = Object.keys(attributes).join(",");
    throw new HearthError(
      "data",
      `table: item is not ours, expected binary pk, sk and v, attributes=${names}`,
    );
  }
  return ttl === undefined ? { pk, sk, value } : { pk, sk, value, expiresAtSeconds: Number(ttl) };
}

/** The parameters of a Query for a range. The sort key may be named once in a key condition, hence BETWEEN. */
export function keyCondition({ pk, first, last }: KeyRange) {
  const values: Attributes = { ":pk": { B: pk } };
  if (first !== undefined) values[":first"] = { B: first };
  if (last !== undefined) values[":last"] = { B: last };
  return {
    KeyConditionExpression: `${PK_ATTRIBUTE} = :pk${sortKeyCondition(first, last)}`,
    ExpressionAttributeValues: values,
  };
}

function sortKeyCondition(first: Uint8Array | undefined, last: Uint8Array | undefined): string {
  if (first !== undefined && last !== undefined) return ` AND ${SK_ATTRIBUTE} BETWEEN :first AND :last`;
  if (first !== undefined) return ` AND ${SK_ATTRIBUTE} >= :first`;
  if (last !== undefined) return ` AND ${SK_ATTRIBUTE} <= :last`;
  return "";
}
