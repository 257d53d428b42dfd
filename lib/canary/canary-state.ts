/**
 * What the canary knows of itself, as an item of JSON that is replaced by compare and swap:
 * `{"sequence":4711,"startedMs":…,"day":20787,"missing":{"2026-11-29":{"samples":2,"gapMs":600000}}}`. And for each UTC day
 * in which it ran an item with the value of its first sample of that day, in decimal.
 */
import { HearthError } from "../model/errors.ts";
import { canaryDayKey, canaryKey } from "../storage/layout/keys.ts";
import { expiry, type RetentionMs } from "../storage/layout/retention.ts";
import type { Table } from "../storage/table/table.ts";

/** Samples that were acknowledged and are not found in one place, and how long a hole they leave. */
export interface Missing {
  readonly samples: number;
  readonly gapMs: number;
}

export interface CanaryState {
  /** The value of the newest acknowledged sample: 1 for the first. */
  readonly sequence: number;
  /** When the first sample was written, in ms. */
  readonly startedMs: number;
  /** The UTC day of the newest acknowledged sample. */
  readonly day: number;
  /** By the name of the place: what its last check did not find. Places without a hole are left out. */
  readonly missing: Readonly<Record<string, Missing>>;
}

/** A state as it was read, and the bytes that must still be there when it is replaced. */
export interface StoredState {
  readonly state: CanaryState | undefined;
  readonly bytes: Uint8Array | undefined;
}

/** Throws "data" for an item that is not a state, "unavailable". */
export async function loadState(table: Table): Promise<StoredState> {
  const item = await table.get(canaryKey(), { consistent: true });
  return item === undefined
    ? { state: undefined, bytes: undefined }
    : { state: decode(item.value), bytes: item.value };
}

/** Replaces a state unless another canary came first; returns whether it did. */
export function replaceState(table: Table, previous: StoredState, next: CanaryState): Promise<boolean> {
  const item = { ...canaryKey(), value: new TextEncoder().encode(JSON.stringify(next)) };
  return previous.bytes === undefined ? table.putIfAbsent(item) : table.putIfEqual(item, previous.bytes);
}

/** Notes the value of a day's first sample, before it is written. */
export async function storeFirstOfDay(
  table: Table,
  day: number,
  sequence: number,
  retentionMs: RetentionMs,
): Promise<void> {
  const value = new TextEncoder().encode(String(sequence));
  await table.put({ ...canaryDayKey(day), value, ...expiry(day, retentionMs) });
}

/** The values of the first and the last sample of a day that is over; undefined for a day without any. */
export async function loadValuesOfDay(
  table: Table,
  day: number,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const { pk, sk } = canaryDayKey(day);
  const values: number[] = [];
  for await (const page of table.query({ pk, first: sk }, { consistent: true, limit: 2 })) {
    for (const item of page) {
      if (values.length === 0 && Buffer.compare(item.sk, sk) !== 0) return undefined;
      values.push(Number(new TextDecoder().decode(item.value)));
    }
  }
  return values.length < 2 ? undefined : { first: values[0], last: values[1] - 1 };
}

function decode(value: Uint8Array): CanaryState {
  const text = new TextDecoder().decode(value);
  try {
    const { sequence, startedMs, day, missing } = JSON.parse(text) as CanaryState;
    if (Number.isSafeInteger(sequence) && Number.isFinite(startedMs) && typeof missing === "object")
      return { sequence, startedMs, day, missing };
  } catch {
    // Said below.
  }
  throw new HearthError("data", `canary: state ${text.slice(0, 100)}: expected sequence, startedMs, missing`);
}
