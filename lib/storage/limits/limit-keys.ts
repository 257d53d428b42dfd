/** Keys of what processes tell each other of a tenant's limits. The first byte of a sort key says what it is. */
import { SECOND_MS } from "../../model/time.ts";
import { KIND, partition } from "../layout/keys.ts";
import type { Item, Key, KeyRange } from "../table/table.ts";

const PART = { ledger: 0, sketch: 2 } as const;
type Part = keyof typeof PART;

/** One of a process' items. `id` is of the process. */
export function limitKey(tenant: string, part: Part, id: Uint8Array): Key {
  return { pk: partition(KIND.quota, tenant).finish(), sk: Uint8Array.from([PART[part], ...id]) };
}

/** All of one part. */
export function limitRange(tenant: string, part: Part): KeyRange {
  const { pk, sk } = limitKey(tenant, part, new Uint8Array(0));
  return { pk, first: sk, last: Uint8Array.from([PART[part], ...new Uint8Array(64).fill(0xff)]) };
}

/** The id in a sort key. */
export function idOf({ sk }: Key): Uint8Array {
  return sk.subarray(1);
}

/**
 * What a keeper stores in place of an item that counts no more: functions have no permission to delete, and TTL takes an item up
 * to two days after its time, so until then it is small.
 */
export function emptied({ pk, sk }: Key, nowMs: number): Item {
  return { pk, sk, value: Uint8Array.of(0), expiresAtSeconds: Math.ceil(nowMs / SECOND_MS) };
}

export function isEmptied({ value }: Item): boolean {
  return value.length === 1;
}
