/**
 * How large the chunk items of a selection are, measured on one bucket before the rest is read: between constant series and
 * noise lies a factor of twenty. So groups are cut where they are full, and a query that is too expensive is refused before it
 * has cost anything.
 */
import type { TimeRange } from "../../model/time.ts";
import type { Part } from "../layout/manifest.ts";
import { parseChunkSortKey } from "../layout/part-keys.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import { spanOfChunks } from "./plan-groups.ts";
import { type DayQuery, partsWithin, planParts } from "./read-plan.ts";
import { metricsWithin, type SelectedDay, type SelectedSeries } from "./selected-series.ts";

/** Bytes of items that a measurement may read: 500 read units. Of more series the first are measured. */
const MAX_MEASURED_BYTES = 4 * 1024 * 1024;
const READ_CONCURRENCY = 8;

export interface MeasureOptions {
  readonly table: Pick<Table, "query">;
  readonly query: Omit<DayQuery, "day">;
  readonly selected: SelectedSeries;
  readonly signal: AbortSignal;
}

/**
 * Bytes of chunk items of a millisecond, by the number of a series; one that the bucket does not have gets the mean. Undefined
 * if nothing was found to measure.
 */
export async function measureChunks(options: MeasureOptions): Promise<Float64Array | undefined> {
  const { table, query, selected, signal } = options;
  const place = middlePart(selected.days, query);
  if (place === undefined) return undefined;
  const { day, part } = place;
  const { length } = selected.hashes;
  const metrics = metricsWithin(selected, day, 0, length);
  const contents = { ...day, manifest: { ...day.manifest, parts: [part] }, metrics };
  const bytes = new Map<string, number>();
  let total = 0;
  const reads = planParts({ ...query, day: day.day }, contents, metrics);
  await forEachBounded(reads, READ_CONCURRENCY, async ({ range }) => {
    if (total >= MAX_MEASURED_BYTES) return;
    for await (const page of table.query(range, { consistent: false, signal })) {
      for (const { sk, value } of page) {
        const hash = parseChunkSortKey(sk);
        bytes.set(hash, (bytes.get(hash) ?? 0) + value.length);
        total += value.length;
      }
      if (total >= MAX_MEASURED_BYTES) return;
    }
  });
  return perMillisecond(selected.hashes, bytes, spanOfChunks(part));
}

function perMillisecond(
  hashes: readonly string[],
  bytes: ReadonlyMap<string, number>,
  spanMs: number,
): Float64Array | undefined {
  const measured = Float64Array.from(hashes, (hash) => (bytes.get(hash) ?? 0) / spanMs);
  const known = measured.filter((rate) => rate > 0);
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, rate) => sum + rate, 0) / known.length;
  return measured.map((rate) => rate || mean);
}

/** A part of chunks near the middle of the range, of the days that have the most series. */
function middlePart(
  days: readonly SelectedDay[],
  range: TimeRange,
): { readonly day: SelectedDay; readonly part: Part } | undefined {
  const countOf = ({ metrics }: SelectedDay) => metrics.reduce((sum, { series }) => sum + series.length, 0);
  const places = days.flatMap((day) => {
    const part = partsWithin(day.manifest, range).find(({ kind }) => kind === "chunks");
    return part === undefined ? [] : [{ day, part, series: countOf(day) }];
  });
  const most = places.reduce((max, { series }) => Math.max(max, series), 0);
  const full = places.filter(({ series }) => series > most / 2).sort((a, b) => a.day.day - b.day.day);
  return full[full.length >> 1];
}
