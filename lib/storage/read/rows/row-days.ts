/** What a range of rows is read from: parts of rows, and days of samples for the days that have none. */
import { DAY_MS } from "../../../model/time.ts";
import { NO_DELETIONS } from "../../deletion/deletion.ts";
import { dayOf } from "../../layout/keys.ts";
import { EMPTY_MANIFEST } from "../../layout/manifest.ts";
import { oldestKept, type RetentionMs } from "../../layout/retention.ts";
import { loadRollupManifests } from "../../rollups/rollup-store.ts";
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
  const manifests = await loadRollupManifests(table, tenant, first, last, signal, damage?.note);
  const firstRaw = dayOf(Math.max(oldestKept(clock(), retentionMs), fromMs + 1));
  const { sources, rawSpans, isRaw } = planRowSources(manifests, first, last, firstRaw, clock());
  const ofParts = sources.map((rows): ReadableDay => {
    const manifest = { ...EMPTY_MANIFEST, index: rows.part.index };
    return { day: rows.part.day, shards: [], manifest, deletions: NO_DELETIONS, rows };
  });
  const ofSamples = await Promise.all(
    rawSpans.map(([from, to]) => {
      const range = { minTime: from * DAY_MS, maxTime: (to + 1) * DAY_MS - 1 };
      return listReadableDays(table, options, range, signal);
    }),
  );
  return [...ofParts, ...ofSamples.flat().filter(({ day }) => isRaw(day))];
}
