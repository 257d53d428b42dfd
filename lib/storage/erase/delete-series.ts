/**
 * Deletes series: notes in each day that has any of them what is deleted (lib/storage/deletion), and in its
 * month what is deleted of hourly rows. From then on no answer shows it; the compactor, called by a mark or
 * by its daily sweep, takes it out of the items.
 *
 * Months are done in order, and in each its days before its rows: rows that know the month's deletions are made of
 * samples without what these hide. So a deletion that stops early has done all days before some day.
 */
import type { Deadline } from "../../model/deadline.ts";
import { HearthError } from "../../model/errors.ts";
import { matchesAll } from "../../model/matcher.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, DAY_MS, MAX_TIMESTAMP_MS, type TimeRange } from "../../model/time.ts";
import type { Deletion, Selector } from "../deletion/deletion.ts";
import { addDeletion } from "../deletion/deletion-store.ts";
import { listDays } from "../layout/day-shards.ts";
import { printDay } from "../layout/key-place.ts";
import { dayOf, hourOf, markKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import { EMPTY_MANIFEST } from "../layout/manifest.ts";
import { loadManifests } from "../layout/manifest-store.ts";
import { isDayPast, markExpiry, type RetentionMs } from "../layout/retention.ts";
import { firstDayOf, monthOf } from "../layout/rollup-keys.ts";
import { ALL_SHARDS, type Shard } from "../layout/shard.ts";
import { forEachSeries } from "../read/read-labels.ts";
import { markStale } from "../rollups/mark-stale.ts";
import { loadRollupMonths } from "../rollups/rollup-months.ts";
import { addRowDeletion } from "../rollups/row-deletions.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";

/** Days that are worked on at once. */
const DAY_CONCURRENCY = 8;
/** What comparing a series with a selector takes, in steps of a deadline. */
const MATCH_STEPS = 20;
/** More selectors than this are compared with all series of a day, which is read once. */
const MAX_LOOKUPS = 8;

export interface DeleteOptions {
  readonly table: Table;
  readonly tenant: string;
  readonly retentionMs: RetentionMs;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Who asks, as an access key's id; empty: someone with the command line. */
  readonly accessKeyId: string;
  readonly signal?: AbortSignal | undefined;
  /** Of comparing series with the selectors; default: none. */
  readonly deadline?: Deadline | undefined;
  /** Whether to begin no further day; default: never. */
  readonly isOver?: (() => boolean) | undefined;
}

/**
 * Deletes what was received so far of the series that pass any of the selectors, of a range. Returns
 * the days that have such series, ascending; of those that have hourly rows alone, all days of a part of
 * rows that has such series. Throws "unavailable", "timed out" and "canceled", with some days done: ask again. Where it is
 * over before all days are done, the error says from which time on; at least one day is done then.
 */
export async function deleteSeries(
  options: DeleteOptions,
  selectors: readonly Selector[],
  range: TimeRange,
): Promise<number[]> {
  if (selectors.length === 0)
    throw new HearthError("invalid", "deletion: no selector, expected at least one");
  const days = await daysOf(options, range);
  const parts = await rowDaysOf(options, range);
  const isOver = afterFirst(options.isOver ?? (() => false));
  const deleted: number[] = [];
  for (const work of monthsOf(days, parts)) {
    const { month } = work;
    const done = await deleteInMonth(options, work, selectors, range, isOver);
    const minTime = Math.max(range.minTime, firstDayOf(month) * DAY_MS);
    const endMs = (done.stoppedAt ?? firstDayOf(month + 1)) * DAY_MS;
    const maxTime = Math.min(range.maxTime, endMs - 1);
    const { accessKeyId } = options;
    if (done.deleted.size > 0)
      await addRowDeletion({ ...options, month }, { selectors, minTime, maxTime, accessKeyId });
    deleted.push(...done.deleted);
    if (done.stoppedAt !== undefined) throw notFinished(done.stoppedAt, days);
  }
  return deleted.sort((a, b) => a - b);
}

/** False once, so that whoever asks again gets further. */
function afterFirst(isOver: () => boolean): () => boolean {
  let isFirst = true;
  return () => {
    if (!isFirst) return isOver();
    isFirst = false;
    return false;
  };
}

function notFinished(stoppedAt: number, days: readonly IndexedDay[]): HearthError {
  const done = days.filter(({ day }) => day < stoppedAt).length;
  return new HearthError(
    "unavailable",
    `deletion: not finished, ${done} of ${days.length} days are done, all before ${printDay(stoppedAt)}; repeat it with start=${printDay(stoppedAt)}T00:00:00Z for the rest`,
  );
}

interface MonthWork {
  readonly month: number;
  /** Ascending. */
  readonly days: readonly IndexedDay[];
  /** Rows of days before those. */
  readonly parts: readonly RowDays[];
}

function monthsOf(days: readonly IndexedDay[], parts: readonly RowDays[]): MonthWork[] {
  const daysByMonth = Map.groupBy(days, ({ day }) => monthOf(day));
  const partsByMonth = Map.groupBy(parts, ({ month }) => month);
  return [...new Set([...daysByMonth.keys(), ...partsByMonth.keys()])]
    .sort((a, b) => a - b)
    .map((month) => ({
      month,
      days: daysByMonth.get(month) ?? [],
      parts: partsByMonth.get(month) ?? [],
    }));
}

interface DoneInMonth {
  /** Days that have such series. */
  readonly deleted: ReadonlySet<number>;
  /** All days of the month before it are done; undefined: all are. */
  readonly stoppedAt: number | undefined;
}

async function deleteInMonth(
  options: DeleteOptions,
  { month, days, parts }: MonthWork,
  selectors: readonly Selector[],
  range: TimeRange,
  isOver: () => boolean,
): Promise<DoneInMonth> {
  const { signal } = options;
  const deleted = new Set<number>();
  const left: number[] = [];
  await forEachBounded(parts, DAY_CONCURRENCY, async ({ days: ofPart, ...part }) => {
    signal?.throwIfAborted();
    if (isOver()) left.push(firstDayOf(month));
    else if (await hasAny(options, part, selectors)) for (const day of ofPart) deleted.add(day);
  });
  if (left.length > 0) return { deleted: new Set(), stoppedAt: left[0] };
  await forEachBounded(days, DAY_CONCURRENCY, async (day) => {
    signal?.throwIfAborted();
    if (left.length > 0 || isOver()) left.push(day.day);
    else if (await hasAny(options, day, selectors)) {
      await deleteInDay(options, day.day, selectors, range);
      deleted.add(day.day);
    }
  });
  return { deleted, stoppedAt: left.length === 0 ? undefined : Math.min(...left) };
}

interface RowDays extends IndexedDay {
  readonly month: number;
  readonly days: ReadonlySet<number>;
  readonly rows: object;
}

/** Parts of rows whose samples may have expired, with their days of a range. */
async function rowDaysOf(
  { table, tenant, retentionMs, clock, signal }: DeleteOptions,
  { minTime, maxTime }: TimeRange,
): Promise<RowDays[]> {
  const first = dayOf(Math.max(minTime, -MAX_TIMESTAMP_MS));
  const last = dayOf(Math.min(maxTime, MAX_TIMESTAMP_MS));
  if (first > last) return [];
  const isPast = (day: number) => day >= first && day <= last && isDayPast(day, clock(), retentionMs);
  const months = await loadRollupMonths(table, tenant, first, last, signal);
  return [...months].flatMap(([month, { manifest }]) =>
    manifest.parts.flatMap((rows) => {
      const days = new Set(rows.days.filter(isPast));
      if (days.size === 0) return [];
      const index = { ...EMPTY_MANIFEST, index: rows.index };
      return [{ month, day: rows.day, days, shards: [], manifest: index, rows }];
    }),
  );
}

interface IndexedDay {
  readonly day: number;
  readonly shards: readonly Shard[];
  readonly manifest: typeof EMPTY_MANIFEST;
}

/**
 * The days of a range that readers look into, ascending: those that have a day item or parts. An import that found no
 * sample of a day leaves a manifest without parts.
 */
async function daysOf(
  { table, tenant, retentionMs, clock, signal }: DeleteOptions,
  { minTime, maxTime }: TimeRange,
): Promise<IndexedDay[]> {
  const first = dayOf(Math.max(minTime, -MAX_TIMESTAMP_MS));
  const last = dayOf(Math.min(maxTime, MAX_TIMESTAMP_MS));
  if (first > last) return [];
  const listed = await listDays(table, tenant, first, last, signal);
  const manifests = await loadManifests(table, tenant, first, last);
  const hidden = [...manifests].filter(([, { parts, index }]) => parts.length + index.length > 0);
  const days = new Set([...listed.keys(), ...hidden.map(([day]) => day)]);
  return [...days]
    .filter((day) => !isDayPast(day, clock(), retentionMs))
    .sort((a, b) => a - b)
    .map((day) => {
      // Of a day whose item is gone records are looked for in every shard.
      const shards = listed.get(day) ?? ALL_SHARDS;
      return { day, shards, manifest: manifests.get(day) ?? EMPTY_MANIFEST };
    });
}

/** Thrown to end a scan that has found what it looked for. */
const FOUND = new Error("found");

/** A sample is acknowledged after its series is in the index: what is not there has none. */
async function hasAny(
  { table, tenant, signal, deadline }: DeleteOptions,
  day: IndexedDay & Partial<Pick<RowDays, "rows">>,
  selectors: readonly Selector[],
): Promise<boolean> {
  // Each lookup reads what of the day is not compacted.
  const lookups = selectors.length > MAX_LOOKUPS ? [[]] : selectors;
  for (const matchers of lookups) {
    try {
      await forEachSeries(
        table,
        { tenant, matchers, deadline, ...day },
        (labels) => {
          deadline?.spend(selectors.length * MATCH_STEPS);
          if (selectors.some((selector) => matchesAll(selector, labels))) throw FOUND;
        },
        signal,
      );
    } catch (error) {
      if (error === FOUND) return true;
      throw error;
    }
  }
  return false;
}

async function deleteInDay(
  options: DeleteOptions,
  day: number,
  selectors: readonly Selector[],
  range: TimeRange,
): Promise<Deletion> {
  const { accessKeyId } = options;
  const minTime = Math.max(range.minTime, day * DAY_MS);
  const maxTime = Math.min(range.maxTime, (day + 1) * DAY_MS - 1);
  await markDay(options, day);
  // Rows from before must not count, also if this process ends in between.
  await markStale(options.table, options.tenant, day);
  const added = await addDeletion({ ...options, day }, { selectors, minTime, maxTime, accessKeyId });
  // A compactor may have gone by since the first mark, and the moment may be in the next hour.
  await markDay(options, day, added.deletedMs);
  return added;
}

/** Says to the compactor that there is something to do in a day, until `toMs` or now. */
export async function markDay(
  { table, tenant, retentionMs, clock, randomBytes }: DeleteOptions,
  day: number,
  toMs = 0,
): Promise<void> {
  const nowMs = Math.max(clock(), toMs);
  const key = markKey({ hourMs: hourOf(nowMs), day, tenant });
  await table.put({ ...key, value: randomBytes(WRITER_ID_BYTES), ...markExpiry(nowMs, day, retentionMs) });
}
