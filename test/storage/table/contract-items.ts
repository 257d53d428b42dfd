/** Items of the tables' contract, and what is asked of a table again and again. */
import { randomBytes } from "node:crypto";
import { HearthError } from "../../../lib/model/errors.ts";
import type { Item, KeyRange, QueryOptions, Table } from "../../../lib/storage/table/table.ts";

/** Attribute names `pk`, `sk` and `v`, and the keys that `newPk` and `sk` make. */
export const OVERHEAD_BYTES = 5 + 8 + 4;
export const MIB = 1024 * 1024;

export const newPk = () => new Uint8Array(randomBytes(8));

export function sk(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** What the table under test adds to each item. */
export let addedBytes = 0;

export function setAddedBytes(bytes: number): void {
  addedBytes = bytes;
}

/** An item of `newPk` and `sk` that is stored with this size in all. */
export function itemOfSize(pk: Uint8Array, number: number, sizeBytes: number): Item {
  return { pk, sk: sk(number), value: new Uint8Array(sizeBytes - OVERHEAD_BYTES - addedBytes).fill(number) };
}

export async function queryAll(table: Table, range: KeyRange, options?: QueryOptions): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.query(range, options)) items.push(...page);
  return items;
}

export const hexKeys = (items: readonly Item[]) => items.map((item) => Buffer.from(item.sk).toString("hex"));

export const isKind = (kind: string) => (error: unknown) =>
  error instanceof HearthError && error.kind === kind;
