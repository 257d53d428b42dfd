/**
 * Makes the hourly rows of a day of all its samples. They count once the month's manifest names their
 * part. A run that ends before leaves items that nothing names; the next one makes the rows again.
 */
import type { HourRows } from "../../../model/rows/hour-rows.ts";
import type { DayDeletions } from "../../deletion/deletion.ts";
import { loadDeletions } from "../../deletion/deletion-store.ts";
import { type Masks, NO_MASKS } from "../../deletion/masks.ts";
import { findMasks } from "../../index/meant-series.ts";
import { listShards } from "../../layout/day-shards.ts";
import type { Manifest } from "../../layout/manifest.ts";
import { monthOf } from "../../layout/rollup-keys.ts";
import { makeRows } from "../../rollups/make-rows.ts";
import { markStale } from "../../rollups/mark-stale.ts";
import { type RowPart, sourceOf, withPart } from "../../rollups/rollup-manifest.ts";
import { loadRollupMonth } from "../../rollups/rollup-months.ts";
import { isFresh } from "../../rollups/row-deletions.ts";
import { addCounts, NO_ROWS, rowShardBits, storeRows } from "../../rollups/store-rows.ts";
import { DamagedInput } from "../damaged-input.ts";
import { type DayContext, newId } from "../day-context.ts";
import type { PublishResult } from "../day-manifest.ts";
import type { DayRun } from "../day-run.ts";
import { earlierExpiry } from "../expiry.ts";
import { type HidingOf, mergeParts, ReadCounts } from "../merge-parts.ts";
import { mergeIndexes } from "../store-index.ts";
import { findLeft } from "./left-series.ts";
import { monthExpiry } from "./month-expiry.ts";
import { isAlive, notePart, publishPart } from "./noted-part.ts";
import type { Rolling } from "./plan-rollups.ts";
import { DAY_ROWS, loadRollProgress, type RollProgress, storeRollProgress } from "./roll-progress.ts";
import { isUndrained } from "./undrained.ts";

/** Rows that a series has in a day as a rule. */
const ROWS_PER_SERIES = 24;

/** "stopped": the time was up, and what is done is noted. */
export async function publishRows(run: DayRun, { source }: Rolling): Promise<PublishResult | "stopped"> {
  const { context, published } = run;
  const { table, tenant, day } = context;
  const month = monthOf(day);
  // Before the day's own deletions: whoever deletes adds to these first.
  const { manifest, deletions } = await loadRollupMonth(table, tenant, month);
  const isMade = manifest.days.some(
    (one) => one.day === day && one.source === source && isFresh(one, deletions),
  );
  if (!isMade) {
    const previous = manifest.parts.find(({ days }) => days.includes(day))?.id ?? "";
    const part = await storeDay(context, run, `${previous}/${deletions.last}`);
    if (part === undefined) return "stopped";
    const rolled = { day, isStale: false, source, deletedTo: deletions.last };
    const expiresAtSeconds = monthExpiry(context).expiresAtSeconds ?? 0;
    const counts = await publishPart(context, part, (current) => ({
      ...withPart(current, part, [rolled], context.clock()),
      expiresAtSeconds:
        current.parts.length === 0
          ? expiresAtSeconds
          : earlierExpiry(current.expiresAtSeconds, expiresAtSeconds),
    }));
    if (!counts) return "lost";
    run.progress.rows += part.rows;
  }
  const result = await published.publish({ facts: { rolledSource: source } });
  // Whoever came in between may have changed samples, or is about to: these rows may be of earlier ones.
  if (result === "lost" || (await isUndrained(run))) await markStale(table, tenant, day);
  return result;
}

/** Goes on where an earlier try on the same samples was stopped, which was to replace the same part. */
async function storeDay(context: DayContext, run: DayRun, previous: string): Promise<RowPart | undefined> {
  const { table, tenant, day, clock, randomBytes, partitionBits } = context;
  const { manifest } = run;
  const { parts, index } = manifest;
  const deletions = await loadDeletions(table, tenant, day);
  const masks = await findDayMasks(context, manifest, deletions);
  const hidingOf: HidingOf = (input, hash) => masks.ofPart(hash, parts[input]);
  const expires = monthExpiry(context);
  const inputs = `${sourceOf(manifest)}/${deletions.last}/${expires.expiresAtSeconds ?? 0}/${previous}`;
  const indexed = index.reduce((total, { series }) => total + series, 0);
  const expected = ROWS_PER_SERIES * indexed;
  const newProgress = (): RollProgress => ({
    id: newId(randomBytes),
    bits: (partitionBits ?? rowShardBits)(expected),
    groups: 0,
    counts: NO_ROWS,
    read: ReadCounts.of(parts.length).all,
  });
  const earlier = await loadRollProgress(context, DAY_ROWS, inputs);
  const noted = earlier !== undefined && (await isAlive(context, earlier.id)) ? earlier : newProgress();
  const { id, bits } = noted;
  const newIndexId = await notePart(context, { id, day, shardBits: bits }, indexed);
  const read = new ReadCounts(noted.read);
  let { counts } = noted;
  for (let prefix = noted.groups; prefix < 2 ** bits; prefix++) {
    if (prefix > noted.groups && run.isTimeUpOrSpent()) {
      const progress = { id, bits, groups: prefix, counts, read: read.all };
      await storeRollProgress(context, DAY_ROWS, inputs, progress);
      return undefined;
    }
    const shard = { bits, prefix };
    const series = rowsOf(mergeParts(context, parts, shard, read, hidingOf));
    counts = addCounts(counts, await storeRows(table, { tenant, day, part: id, shard }, expires, series));
  }
  expectAll(context, parts, read);
  const sources = index.map((part) => ({ part, day }));
  const place = { id, day, shardBits: bits };
  const isLeft = await findLeft(table, tenant, place, masks);
  const merged = await mergeIndexes(context, sources, { day, isOfRows: true, expires, isLeft, newIndexId });
  return { ...place, days: [day], createdMs: clock(), ...counts, index: merged };
}

/** The deletions of a day that mean any of its series. */
async function findDayMasks(context: DayContext, manifest: Manifest, { all }: DayDeletions): Promise<Masks> {
  const { table, tenant, day } = context;
  if (all.length === 0) return NO_MASKS;
  const shards = await listShards(table, tenant, day);
  return findMasks({ ...context, manifest, shards }, all);
}

async function* rowsOf(
  series: ReturnType<typeof mergeParts>,
): AsyncGenerator<readonly [hash: string, rows: HourRows], void, void> {
  for await (const [hash, samples] of series) yield [hash, makeRows(samples)];
}

/** Throws `DamagedInput` for a part that has other than its samples; those of items in quarantine may be missing. */
function expectAll(context: DayContext, parts: DayRun["manifest"]["parts"], read: ReadCounts): void {
  read.all.forEach(({ samples, damaged }, i) => {
    const { kind, id, samples: expected } = parts[i];
    if (samples <= expected && samples + damaged >= expected) return;
    const what = `${kind === "run" ? "run" : "chunk part"} ${id}`;
    throw new DamagedInput(context, `${what} has ${samples} samples`, `${expected}`);
  });
}
