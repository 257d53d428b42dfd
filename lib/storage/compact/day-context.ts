/** What compaction's steps share. */
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Clock } from "../../model/time.ts";
import { PART_ID_BYTES } from "../layout/keys.ts";
import { expiry, type RetentionMs } from "../layout/retention.ts";
import type { BitsOf } from "../layout/shard.ts";
import type { Table } from "../table/table.ts";

/** One tenant's day, and what it takes to work on it. */
export interface DayContext {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: RetentionMs;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Into how many partitions runs and chunks are divided; absent: what their sizes ask for. */
  readonly partitionBits?: BitsOf | undefined;
}

/** An id that no other part or owner has, in hex: a dead compaction's items never pass for a live one's. */
export function newId(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(PART_ID_BYTES)).toString("hex");
}

/** The property of an item that expires with its day. */
export function dayExpiry({ day, retentionMs }: DayContext) {
  return expiry(day, retentionMs);
}
