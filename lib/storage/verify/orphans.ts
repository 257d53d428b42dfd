/**
 * Items of runs, chunks and index parts that no manifest names: what a compaction that ended half-way has left, and what
 * later parts have superseded. They leave by TTL, if they have one; of a table that keeps for ever they never do.
 *
 * Work under way is never taken: a day counts only if nobody has a lease on it, and nothing of it has been published, for
 * some time. A part that is being written is behind such a lease, and a reader that holds an older manifest is done by then.
 */
import { errorKind } from "../../model/errors.ts";
import { HOUR_MS } from "../../model/time.ts";
import { ByteReader } from "../codec/bytes.ts";
import { DAY_ROWS, MONTH_ROWS } from "../compact/rollups/roll-progress.ts";
import { placeOfKey } from "../layout/key-place.ts";
import { DAY_OFFSET, KIND, PART_ID_BYTES, progressKey } from "../layout/keys.ts";
import type { Manifest } from "../layout/manifest.ts";
import { loadManifest } from "../layout/manifest-store.ts";
import { monthOf } from "../layout/rollup-keys.ts";
import type { RollupManifest } from "../rollups/rollup-manifest.ts";
import { loadRollupManifest } from "../rollups/rollup-store.ts";
import type { Key, ScannableTable, Table } from "../table/table.ts";

/** How long a day must have been quiet. */
export const QUIET_MS = HOUR_MS;
/** Buckets of a day that chunking, and the making of hourly rows, may have noted its progress of. */
const NOTED = [0, 1, 2, DAY_ROWS, MONTH_ROWS];

/** The orphans of one tenant's day. */
export interface OrphanedDay {
  readonly tenant: string;
  readonly day: number;
  /** Parts by their id in hex, each with its items' keys. */
  readonly parts: ReadonlyMap<string, readonly Key[]>;
  /** Why they are left alone; undefined: they may be deleted. */
  readonly keptBecause: string | undefined;
}

/** Scans the whole table. `nowMs`: after which nothing of what is listed may have been begun. */
export async function findOrphans(
  table: ScannableTable,
  nowMs: () => number,
  onItems: (keys: readonly Key[]) => void = () => {},
): Promise<OrphanedDay[]> {
  const days = new Map<string, { tenant: string; day: number; parts: Map<string, Key[]> }>();
  for await (const page of table.scan({ keysOnly: true })) {
    onItems(page);
    for (const { pk, sk } of page) {
      const part = partOf({ pk, sk });
      if (part === undefined) continue;
      const id = `${part.tenant}/${part.day}`;
      const found = days.get(id) ?? { tenant: part.tenant, day: part.day, parts: new Map() };
      days.set(id, found);
      const keys = found.parts.get(part.id) ?? [];
      found.parts.set(part.id, keys);
      keys.push({ pk, sk });
    }
  }
  const orphaned: OrphanedDay[] = [];
  for (const { tenant, day, parts } of days.values()) {
    const state = await stateOf(table, tenant, day, nowMs());
    for (const id of state.named) parts.delete(id);
    if (parts.size > 0) orphaned.push({ tenant, day, parts, keptBecause: state.keptBecause });
  }
  return orphaned.sort((a, b) => (a.tenant < b.tenant ? -1 : a.tenant > b.tenant ? 1 : a.day - b.day));
}

const PART_KINDS: ReadonlySet<number> = new Set([KIND.run, KIND.chunk, KIND.index, KIND.rows, KIND.rowIndex]);

/** The part that an item belongs to; undefined for other kinds. */
function partOf(key: Key): { tenant: string; day: number; id: string } | undefined {
  const kind = key.pk[0];
  if (!PART_KINDS.has(kind)) return undefined;
  const { tenant, day } = placeOfKey(key);
  if (tenant === undefined || day === undefined) return undefined;
  const reader = new ByteReader(key.pk.subarray(1), "partition key");
  reader.readString();
  if (reader.readUint(4) - DAY_OFFSET !== day) return undefined;
  if (kind === KIND.chunk) reader.readByte();
  return { tenant, day, id: Buffer.from(reader.readBytes(PART_ID_BYTES)).toString("hex") };
}

interface DayState {
  readonly named: readonly string[];
  readonly keptBecause: string | undefined;
}

async function stateOf(table: Table, tenant: string, day: number, nowMs: number): Promise<DayState> {
  let manifest: Manifest;
  let rollups: RollupManifest;
  try {
    ({ manifest } = await loadManifest(table, tenant, day));
    ({ manifest: rollups } = await loadRollupManifest(table, tenant, monthOf(day)));
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return { named: [], keptBecause: "the day's manifest cannot be read" };
  }
  const { parts, index, lease } = manifest;
  const ofRows = [...rollups.parts, ...rollups.superseded.map(({ part }) => part)];
  const all = [...parts, ...index, ...ofRows, ...ofRows.flatMap((part) => part.index)];
  const named = all.map(({ id }) => id);
  const leasedMs = Math.max(lease.untilMs, rollups.lease.untilMs);
  const latestMs = Math.max(leasedMs, ...all.map(({ createdMs }) => createdMs));
  if (latestMs > nowMs - QUIET_MS)
    return { named, keptBecause: "the day was compacted within the last hour" };
  if (manifest.generation === 0)
    return { named, keptBecause: "the day has no manifest: a first compaction may be under way" };
  for (const bucket of NOTED) {
    const isNoted = await table.get(progressKey(tenant, day, bucket), { consistent: true }).then(
      (item) => item !== undefined,
      (error) => errorKind(error) === "data" || Promise.reject(error),
    );
    if (isNoted) return { named, keptBecause: "a note says that chunking of a bucket is half done" };
  }
  return { named, keptBecause: undefined };
}

/** Deletes the orphans of a day that may be deleted; returns how many items. */
export async function deleteOrphans(table: Table, { parts, keptBecause }: OrphanedDay): Promise<number> {
  if (keptBecause !== undefined) return 0;
  let deleted = 0;
  for (const keys of parts.values()) {
    for (const key of keys) await table.delete(key);
    deleted += keys.length;
  }
  return deleted;
}
