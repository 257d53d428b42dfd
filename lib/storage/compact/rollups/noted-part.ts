/** The note of a part of rows while it is written (lib/storage/rollups/pending-parts.ts), and its publication. */
import { indexShardBits } from "../../index/index-part.ts";
import { monthOf } from "../../layout/rollup-keys.ts";
import { isNoted, numberedId, withoutNote, withPending } from "../../rollups/pending-parts.ts";
import type { RollupManifest, RowPart } from "../../rollups/rollup-manifest.ts";
import { changeRollupManifest, loadRollupManifest } from "../../rollups/rollup-store.ts";
import { type DayContext, newId } from "../day-context.ts";
import { monthExpiry } from "./month-expiry.ts";

/** Rows that expire take along what a dead compaction has left. */
function needsNote(context: DayContext): boolean {
  return monthExpiry(context).expiresAtSeconds === undefined;
}

/** Whether a part that an earlier try began can be gone on with: nobody has taken it for dead. */
export async function isAlive(context: DayContext, id: string): Promise<boolean> {
  if (!needsNote(context)) return true;
  const { manifest } = await loadRollupManifest(context.table, context.tenant, monthOf(context.day));
  return isNoted(manifest, id);
}

/**
 * Notes that a part is about to be written, or gone on with. Returns how ids of its index are made; undefined: by
 * chance. `series`: of its index, at most. Throws "unavailable".
 */
export async function notePart(
  context: DayContext,
  place: Pick<RowPart, "id" | "day" | "shardBits">,
  series: number,
): Promise<(() => string) | undefined> {
  if (!needsNote(context)) return undefined;
  const { table, tenant, day, clock, randomBytes } = context;
  const first = numberedId(newId(randomBytes), 0);
  const index = { id: first, shardBits: indexShardBits(series) };
  await changeRollupManifest(table, tenant, monthOf(day), (current) =>
    withPending(current, place, index, clock()),
  );
  let number = 0;
  return () => numberedId(first, number++);
}

/**
 * Makes a part count: `change` is what becomes of the manifest, undefined where the part cannot count any more. Returns
 * whether it counts. Throws "unavailable".
 */
export async function publishPart(
  context: DayContext,
  { id }: RowPart,
  change: (current: RollupManifest) => RollupManifest | undefined,
): Promise<boolean> {
  const { table, tenant, day } = context;
  let counts = false;
  await changeRollupManifest(table, tenant, monthOf(day), (current) => {
    // By a try whose answer was lost.
    counts = current.parts.some((part) => part.id === id);
    if (counts || (needsNote(context) && !isNoted(current, id))) return undefined;
    const next = change(withoutNote(current, id));
    counts = next !== undefined;
    return next;
  });
  return counts;
}
