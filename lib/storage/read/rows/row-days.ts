/** What a range of rows is read from: parts of rows, and days of samples for the days that have none. */
import { DAY_MS, MAX_TIMESTAMP_MS, type TimeRange } from "../../../model/time.ts";
import { dayOf } from "../../layout/keys.ts";
import { EMPTY_MANIFEST } from "../../layout/manifest.ts";
import { oldestKept, type RetentionMs } from "../../layout/retention.ts";
import type { RowSource } from "../../rollups/rollup-manifest.ts";
import { loadRollupMonths } from "../../rollups/rollup-months.ts";
import type { Table } from "../../table/table.ts";
import { type DaysOptions, listReadableDays } from "../readable-days.ts";
import type { ReadableDay } from "../selected-series.ts";
import { planRowSources } from "./row-sources.ts";

/** Of hours that end after `fromMs` and until `toMs`. A part of rows is a day of its own, whose manifest has its index. */
export async function listRowDays(
  table: Table,
  options: DaysOptions & { readonly retentionMs: RetentionMs },
  fromMs: number,
  toMs: number,
  signal: AbortSignal,
): Promise<ReadableDay[]> {
  const { tenant, clock, retentionMs, damage } = options;
  const [first, last] = [dayOf(fromMs + 1), dayOf(toMs)];
  const months = await loadRollupMonths(table, tenant, first, last, signal, damage?.note);
  const firstRaw = dayOf(Math.max(oldestKept(clock(), retentionMs), fromMs + 1));
  const { sources, rawSpans, isRaw } = planRowSources(months, first, last, firstRaw, clock());
  const ofParts = sources.map(dayOfRows);
  const ofSamples = await Promise.all(
    rawSpans.map(([from, to]) => {
      const range = { minTime: from * DAY_MS, maxTime: (to + 1) * DAY_MS - 1 };
      return listReadableDays(table, options, range, signal);
    }),
  );
  return [...ofParts, ...ofSamples.flat().filter(({ day }) => isRaw(day))];
}

function dayOfRows(rows: RowSource): ReadableDay {
  const manifest = { ...EMPTY_MANIFEST, index: rows.part.index };
  const { deletions } = rows.hiding;
  return { day: rows.part.day, shards: [], manifest, deletions: { last: 0, all: deletions }, rows };
}

/** Parts of rows of a range's days whose samples are past retention: what labels and series of these days are known by. */
export async function listExpiredRowDays(
  table: Table,
  options: DaysOptions & {
    readonly retentionMs: RetentionMs;
    readonly rollupRetentionMs?: RetentionMs | undefined;
  },
  range: TimeRange,
  signal?: AbortSignal,
): Promise<ReadableDay[]> {
  const { tenant, clock, retentionMs, rollupRetentionMs = retentionMs, damage } = options;
  const nowMs = clock();
  const [oldest, oldestRaw] = [rollupRetentionMs, retentionMs].map((kept) => oldestKept(nowMs, kept));
  if (oldestRaw <= oldest || oldestRaw <= range.minTime) return [];
  const first = dayOf(Math.max(range.minTime, oldest, -MAX_TIMESTAMP_MS));
  const last = Math.min(dayOf(range.maxTime), dayOf(oldestRaw) - 1);
  if (first > last) return [];
  const months = await loadRollupMonths(table, tenant, first, last, signal, damage?.note);
  return planRowSources(months, first, last, last + 1, nowMs).sources.map(dayOfRows);
}
