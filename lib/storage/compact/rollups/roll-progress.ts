/**
 * How far a part of rows has come, for one that takes longer than an invocation. As of chunking, it is a note
 * and not a claim: whoever goes on from it writes the same items under the same keys.
 *
 *     inputs     string: what the part is made of; a note of anything else is none
 *     id         8 bytes
 *     bits, groups   varints: partitions, as bits, and how many of them are stored
 *     rows, series, blocks   varints, of these
 *     read       varint, then of each input what was read: two varints
 */
import { errorKind } from "../../../model/errors.ts";
import { ByteReader, ByteWriter } from "../../codec/bytes.ts";
import { PART_ID_BYTES, progressKey } from "../../layout/keys.ts";
import { transientExpiry } from "../../layout/retention.ts";
import type { RowCounts } from "../../rollups/store-rows.ts";
import type { DayContext } from "../day-context.ts";
import type { ReadCount } from "../merge-parts.ts";

/** Places among a day's buckets: of a day's rows, and of its month's. */
export const DAY_ROWS = 0xfe;
export const MONTH_ROWS = 0xfd;

export interface RollProgress {
  /** Of the part, in hex. */
  readonly id: string;
  readonly bits: number;
  readonly groups: number;
  readonly counts: RowCounts;
  readonly read: readonly ReadCount[];
}

/** Undefined: nothing is noted of these inputs. A damaged note counts as none. */
export async function loadRollProgress(
  { table, tenant, day }: DayContext,
  place: number,
  inputs: string,
): Promise<RollProgress | undefined> {
  try {
    const item = await table.get(progressKey(tenant, day, place), { consistent: true });
    if (item === undefined) return undefined;
    const reader = new ByteReader(item.value, "progress of hourly rows");
    if (reader.readString() !== inputs) return undefined;
    const id = Buffer.from(reader.readBytes(PART_ID_BYTES)).toString("hex");
    const [bits, groups] = [reader.readVarint(), reader.readVarint()];
    const counts = { rows: reader.readVarint(), series: reader.readVarint(), blocks: reader.readVarint() };
    const read = Array.from({ length: reader.readVarint() }, () => {
      return { samples: reader.readVarint(), damaged: reader.readVarint() };
    });
    return { id, bits, groups, counts, read };
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return undefined;
  }
}

export async function storeRollProgress(
  { table, tenant, day, retentionMs, clock }: DayContext,
  place: number,
  inputs: string,
  { id, bits, groups, counts, read }: RollProgress,
): Promise<void> {
  const writer = new ByteWriter()
    .writeString(inputs)
    .writeBytes(Buffer.from(id, "hex"))
    .writeVarint(bits)
    .writeVarint(groups)
    .writeVarint(counts.rows)
    .writeVarint(counts.series)
    .writeVarint(counts.blocks)
    .writeVarint(read.length);
  for (const { samples, damaged } of read) writer.writeVarint(samples).writeVarint(damaged);
  const key = progressKey(tenant, day, place);
  await table.put({ ...key, value: writer.finish(), ...transientExpiry(clock(), day, retentionMs) });
}
