/** What compaction's steps share. */
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Clock } from "../../model/time.ts";
import { IndexIdSource } from "../layout/index-ids.ts";
import { PART_ID_BYTES } from "../layout/keys.ts";
import { expiry, type RetentionMs } from "../layout/retention.ts";
import type { BitsOf } from "../layout/shard.ts";
import { Quarantine, type QuarantineOptions } from "../quarantine/quarantine.ts";
import type { Item, Key, KeyRange, Table } from "../table/table.ts";

/** One tenant's day, and what it takes to work on it. */
export interface DayContext {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: RetentionMs;
  /** Of hourly rows; default: that of samples. */
  readonly rollupRetentionMs?: RetentionMs | undefined;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Into how many partitions runs and chunks are divided; absent: what their sizes ask for. */
  readonly partitionBits?: BitsOf | undefined;
  /** Takes the damaged items of the day. */
  readonly quarantine: Quarantine;
  /** Gives ids to the index parts of the day. */
  readonly indexIds: IndexIdSource;
}

/** With a quarantine and ids of its own. */
export function newDayContext(
  place: Omit<DayContext, "quarantine" | "indexIds">,
  onDamagedItem?: QuarantineOptions["onDamagedItem"],
): DayContext {
  return {
    ...place,
    quarantine: new Quarantine({ ...place, onDamagedItem }),
    indexIds: new IndexIdSource(),
  };
}

/** The items of a range, read consistently; a damaged one goes to quarantine, and its key to `onDamaged`. */
export async function* readItems(
  { table, quarantine }: DayContext,
  range: KeyRange,
  onDamaged?: (key: Key) => void,
): AsyncGenerator<readonly Item[], void, void> {
  const onDamage = (item: Item, reason: string) => {
    quarantine.add(item, reason);
    onDamaged?.(item);
  };
  yield* table.query(range, { consistent: true, onDamage });
}

/** An id that no other part or owner has, in hex: a dead compaction's items never pass for a live one's. */
export function newId(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(PART_ID_BYTES)).toString("hex");
}

/** The property of an item that expires with its day. */
export function dayExpiry({ day, retentionMs }: DayContext) {
  return expiry(day, retentionMs);
}
