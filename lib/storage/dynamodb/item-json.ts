/** Items, keys and ranges <-> the JSON of DynamoDB's API. What is printed is ASCII. */
import { HearthError } from "../../model/errors.ts";
import { CHECKSUM_BYTES } from "../table/checksum.ts";
import {
  CHECKSUM_ATTRIBUTE,
  PK_ATTRIBUTE,
  SK_ATTRIBUTE,
  TTL_ATTRIBUTE,
  VALUE_ATTRIBUTE,
} from "../table/item-size.ts";
import type { Item, Key, KeyRange } from "../table/table.ts";

/** An item or a key as the service sends it: any type, of which binary (in base64) and number are ours. */
export type StoredAttributes = Readonly<
  Record<string, { readonly B?: string | undefined; readonly N?: string | undefined }>
>;

export function printKey({ pk, sk }: Key): string {
  return `{"${PK_ATTRIBUTE}":${printBinary(pk)},"${SK_ATTRIBUTE}":${printBinary(sk)}}`;
}

export function printItem({ pk, sk, value, expiresAtSeconds: expiry, checksum }: Item): string {
  const ttl = expiry === undefined ? "" : `,"${TTL_ATTRIBUTE}":{"N":"${expiry}"}`;
  const sum = checksum === undefined ? "" : `,"${CHECKSUM_ATTRIBUTE}":${printChecksum(checksum)}`;
  const keys = `"${PK_ATTRIBUTE}":${printBinary(pk)},"${SK_ATTRIBUTE}":${printBinary(sk)}`;
  return `{${keys},"${VALUE_ATTRIBUTE}":${printBinary(value)}${sum}${ttl}}`;
}

/** Big-endian bytes: a number would take up to two more, and a length that depends on its digits. */
function printChecksum(checksum: number): string {
  const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES);
  bytes.writeUInt32BE(checksum);
  return printBinary(bytes);
}

/** A number that no checksum equals for what `printChecksum` did not make, so that the item counts as damaged. */
function parseChecksum(base64: string | undefined): number {
  const bytes = Buffer.from(base64 ?? "", "base64");
  return bytes.length === CHECKSUM_BYTES ? bytes.readUInt32BE() : -1;
}

/** A binary attribute's value. */
export function printBinary(bytes: Uint8Array): string {
  return `{"B":"${viewOf(bytes).toString("base64")}"}`;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Throws "data" for an item that `printItem` did not make. */
export function parseItem(attributes: StoredAttributes): Item {
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
  const checksum = attributes[CHECKSUM_ATTRIBUTE];
  return {
    pk: parseBinary(pk),
    sk: parseBinary(sk),
    value: parseBinary(value),
    ...(ttl === undefined ? {} : { expiresAtSeconds: Number(ttl) }),
    ...(checksum === undefined ? {} : { checksum: parseChecksum(checksum.B) }),
  };
}

function parseBinary(base64: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(base64, "base64");
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The members of a Query that say its range. The sort key may be named once in a key condition, hence BETWEEN. */
export function printKeyCondition({ pk, first, last }: KeyRange): string {
  const condition = `${PK_ATTRIBUTE} = :pk${sortKeyCondition(first, last)}`;
  let values = `":pk":${printBinary(pk)}`;
  if (first !== undefined) values += `,":first":${printBinary(first)}`;
  if (last !== undefined) values += `,":last":${printBinary(last)}`;
  return `"KeyConditionExpression":"${condition}","ExpressionAttributeValues":{${values}}`;
}

function sortKeyCondition(first: Uint8Array | undefined, last: Uint8Array | undefined): string {
  if (first !== undefined && last !== undefined) return ` AND ${SK_ATTRIBUTE} BETWEEN :first AND :last`;
  if (first !== undefined) return ` AND ${SK_ATTRIBUTE} >= :first`;
  if (last !== undefined) return ` AND ${SK_ATTRIBUTE} <= :last`;
  return "";
}
