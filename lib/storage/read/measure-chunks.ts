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
import type { FoundMetric } from "./find-series.ts";
import { spanOfChunks } from "./plan-groups.ts";
import { type DayQuery, type PartRead, partsWithin, planParts } from "./read-plan.ts";
import { metricsWithin, type SelectedDay, type SelectedSeries } from "./selected-series.ts";

/** Bytes of items that a measurement may read: 500 read units. Of more series the first are measured. */
export const MAX_MEASURED_BYTES = 4 * 1024 * 1024;
const READ_CONCURRENCY = 8;

/** Series of a measurement that is to cost next to nothing: half a read unit each. */
const PROBED_SERIES = 8;

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
  const { query, selected } = options;
  const place = middlePart(selected.days, query);
  if (place === undefined) return undefined;
  const metrics = metricsWithin(selected, place.day, 0, selected.hashes.length);
  const bytes = await readSizes(options, readsOf(query, place, metrics));
  return perMillisecond(selected.hashes, bytes, spanOfChunks(place.part));
}

/** Bytes of chunk items of a millisecond that a series has on average, measured on some of them. */
export async function probeChunks(options: MeasureOptions): Promise<number | undefined> {
  const { query, selected } = options;
  const place = middlePart(selected.days, query);
  if (place === undefined) return undefined;
  const metrics = metricsWithin(selected, place.day, 0, selected.hashes.length);
  const reads = someOf(metrics).flatMap((one) => readsOf(query, place, [one]));
  const bytes = await readSizes(options, reads);
  if (bytes.size === 0) return undefined;
  const total = [...bytes.values()].reduce((sum, one) => sum + one, 0);
  return total / bytes.size / spanOfChunks(place.part);
}

/** Some series, evenly taken, each to be read by itself. */
function someOf(metrics: readonly FoundMetric[]): FoundMetric[] {
  const all = metrics.flatMap(({ hash, series }) => series.toSorted().map((one) => ({ hash, one })));
  const step = Math.max(1, all.length / PROBED_SERIES);
  const some: FoundMetric[] = [];
  for (let at = step / 2; at < all.length; at += step) {
    const { hash, one } = all[Math.floor(at)];
    some.push({ hash, total: Number.POSITIVE_INFINITY, series: [one] });
  }
  return some;
}

interface MeasuredPlace {
  readonly day: SelectedDay;
  readonly part: Part;
}

function readsOf(
  query: MeasureOptions["query"],
  { day, part }: MeasuredPlace,
  metrics: readonly FoundMetric[],
): readonly PartRead[] {
  const contents = { ...day, manifest: { ...day.manifest, parts: [part] }, metrics };
  return planParts({ ...query, day: day.day }, contents, metrics);
}

/** Bytes of the items of each series, by hash. */
async function readSizes(
  { table, signal }: MeasureOptions,
  reads: readonly PartRead[],
): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  let total = 0;
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
  return bytes;
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
function middlePart(days: readonly SelectedDay[], range: TimeRange): MeasuredPlace | undefined {
  const countOf = ({ metrics }: SelectedDay) => metrics.reduce((sum, { series }) => sum + series.length, 0);
  const places = days.flatMap((day) => {
    const part = partsWithin(day.manifest, range).find(({ kind }) => kind === "chunks");
    return part === undefined ? [] : [{ day, part, series: countOf(day) }];
  });
  const most = places.reduce((max, { series }) => Math.max(max, series), 0);
  const full = places.filter(({ series }) => series > most / 2).sort((a, b) => a.day.day - b.day.day);
  return full[full.length >> 1];
}
