/**
 * Compaction of a month of rows: the parts of its days become one, what is superseded gets an expiry, and
 * all of it is stored again once rows are kept longer. Of two compactors at work one
 * publishes; the lease spares the other the work.
 */
import type { RandomBytes } from "../../../model/random-bytes.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../../../model/time.ts";
import { oldestOf } from "../../deletion/masks.ts";
import { NO_LEASE } from "../../layout/manifest.ts";
import { dayExpirySeconds, type RetentionMs } from "../../layout/retention.ts";
import { firstDayOf } from "../../layout/rollup-keys.ts";
import { isPending } from "../../rollups/pending-parts.ts";
import type { RollupManifest, RowPart, SupersededPart } from "../../rollups/rollup-manifest.ts";
import { withPart } from "../../rollups/rollup-manifest.ts";
import { loadRollupMonth, type RollupMonth } from "../../rollups/rollup-months.ts";
import {
  changeRollupManifest,
  loadRollupManifest,
  replaceRollupManifest,
  type StoredRollupManifest,
} from "../../rollups/rollup-store.ts";
import { forgetRowDeletions, pendingDeletions } from "../../rollups/row-deletions.ts";
import type { Table } from "../../table/table.ts";
import { newDayContext, newId } from "../day-context.ts";
import { isEarlierExpiry } from "../expiry.ts";
import { mergeMonth } from "./merge-month.ts";
import { publishPart } from "./noted-part.ts";
import { isLeaving, MAX_STEP_MS, planMonth } from "./plan-months.ts";
import { setExpiry, setExpiryOfPending } from "./row-ranges.ts";

/** A step that takes longer may be done twice. */
const LEASE_MS = MAX_STEP_MS;
/** Nobody reads a part for longer after it has been superseded. */
const READERS_MS = DAY_MS;
/** Steps of one run: a merge, what it superseded, a renewal, and deletions that are carried out. */
const MAX_STEPS = 4;

export interface MonthPlace {
  readonly table: Table;
  readonly tenant: string;
  readonly month: number;
  readonly rollupRetentionMs: RetentionMs;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

export interface MonthOutcome {
  /** "busy": another compactor works on it, or came in between. */
  readonly state: "done" | "busy";
  /** Rows that were merged, and superseded parts that got an expiry. */
  readonly rows: number;
  readonly released: number;
  /** The moment of the oldest deletion that rows still hold something of, in ms. */
  readonly oldestDeletionMs?: number | undefined;
}

/** Does what is due until nothing is, or `isTimeUp` says so. Throws "data" for damaged inputs, which stay. */
export async function compactMonth(place: MonthPlace, isTimeUp: () => boolean): Promise<MonthOutcome> {
  const { table, tenant, month, clock } = place;
  let [rows, released] = [0, 0];
  let oldestDeletionMs: number | undefined;
  for (let steps = 0; steps < MAX_STEPS && !isTimeUp(); steps++) {
    const { deletions } = await loadRollupMonth(table, tenant, month);
    let stored = await loadRollupManifest(table, tenant, month);
    // What leaves takes along what deletions hide of it.
    const days = isLeaving(stored.manifest, clock()) ? [] : stored.manifest.days;
    oldestDeletionMs = oldestOf(days.flatMap((day) => pendingDeletions(deletions, day)));
    const step = planMonth({ ...stored, deletions }, month, clock(), expiryOf(place));
    if (step === undefined) break;
    const leased = await lease(place, stored);
    if (leased === undefined) return { state: "busy", rows, released, oldestDeletionMs };
    stored = leased;
    try {
      const { manifest } = stored;
      if (step.kind === "merge") rows += await merge(place, { manifest, deletions }, step.inputs, isTimeUp);
      else if (step.kind === "forget") await forgetRowDeletions(table, tenant, month, step.done);
      else if (step.kind === "note") await noteDeletions(place, step.days, deletions.last);
      else if (step.kind === "release") released += await release(place, step.superseded);
      else await renew(place, manifest);
    } finally {
      await changeRollupManifest(table, tenant, month, (current) =>
        current.lease.owner === stored.manifest.lease.owner ? { ...current, lease: NO_LEASE } : undefined,
      );
    }
  }
  return { state: "done", rows, released, oldestDeletionMs };
}

/** When the month's rows may leave, in seconds; 0: never. */
function expiryOf({ month, rollupRetentionMs }: MonthPlace): number {
  return dayExpirySeconds(firstDayOf(month + 1) - 1, rollupRetentionMs) ?? 0;
}

async function lease(
  { table, tenant, month, clock, randomBytes }: MonthPlace,
  stored: StoredRollupManifest,
): Promise<StoredRollupManifest | undefined> {
  const { lease: held } = stored.manifest;
  const nowMs = clock();
  if (held.untilMs > nowMs && held.untilMs <= nowMs + LEASE_MS) return undefined;
  const next = { owner: newId(randomBytes), untilMs: nowMs + LEASE_MS };
  return replaceRollupManifest(table, tenant, month, stored, { ...stored.manifest, lease: next });
}

async function merge(
  place: MonthPlace,
  of: RollupMonth,
  inputs: readonly RowPart[],
  isTimeUp: () => boolean,
): Promise<number> {
  const { month, clock, rollupRetentionMs } = place;
  const day = firstDayOf(month);
  const context = newDayContext({ ...place, day, retentionMs: rollupRetentionMs });
  const part = await mergeMonth(context, inputs, of, isTimeUp);
  if (part === undefined) return 0;
  const known = new Map(inputs.map(({ id, days }) => [id, days.join()]));
  const counts = await publishPart(context, part, (current) => {
    const same = current.parts.filter(({ id, days }) => known.get(id) === days.join());
    // Rows of a day were made again meanwhile: the next merge takes them.
    if (same.length < inputs.length) return undefined;
    const days = current.days.filter((one) => part.days.includes(one.day));
    const rolled = days.map((one) => {
      return { ...one, deletedTo: Math.max(one.deletedTo ?? 0, of.deletions.last) };
    });
    return withPart(current, part, rolled, clock());
  });
  return counts ? part.rows : 0;
}

/** Days without rows know every deletion. */
async function noteDeletions({ table, tenant, month }: MonthPlace, noted: ReadonlySet<number>, last: number) {
  await changeRollupManifest(table, tenant, month, ({ days, ...current }) => {
    const isFilled = (day: number) => current.parts.some((part) => part.days.includes(day));
    return {
      ...current,
      days: days.map((one) => (noted.has(one.day) && !isFilled(one.day) ? { ...one, deletedTo: last } : one)),
    };
  });
}

/** Stores superseded items with an expiry. To delete them would cost as much. */
async function release(place: MonthPlace, superseded: readonly SupersededPart[]): Promise<number> {
  const { table, tenant, month, clock } = place;
  const seconds = Math.ceil((clock() + READERS_MS) / SECOND_MS);
  const sooner = { isWrong: (own: number) => isEarlierExpiry(seconds, own), seconds };
  for (const one of superseded)
    await (isPending(one) ? setExpiryOfPending : setExpiry)(place, one.part, sooner);
  const ids = new Set(superseded.map(({ part }) => part.id));
  await changeRollupManifest(table, tenant, month, (current) => ({
    ...current,
    superseded: current.superseded.filter(({ part }) => !ids.has(part.id)),
  }));
  return superseded.length;
}

/** Rows that TTL may have begun to take are forgotten: half of them would be no answer. */
async function renew(place: MonthPlace, manifest: RollupManifest): Promise<void> {
  const { table, tenant, month, clock } = place;
  const expiresAtSeconds = expiryOf(place);
  if (isLeaving(manifest, clock())) {
    await changeRollupManifest(table, tenant, month, (current) => ({
      ...current,
      expiresAtSeconds,
      days: [],
      parts: [],
    }));
    return;
  }
  const later = {
    isWrong: (own: number) => isEarlierExpiry(own, expiresAtSeconds),
    seconds: expiresAtSeconds,
  };
  for (const part of manifest.parts) await setExpiry(place, part, later);
  const ids = new Set(manifest.parts.map(({ id }) => id));
  await changeRollupManifest(table, tenant, month, (current) =>
    current.parts.every(({ id }) => ids.has(id)) ? { ...current, expiresAtSeconds } : undefined,
  );
}
