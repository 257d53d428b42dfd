/** Reads the rows of selected series from parts, some series at a time. */
import type { HourRows } from "../../../model/rows/hour-rows.ts";
import { Masks, NO_MASKS } from "../../deletion/masks.ts";
import { shardOf } from "../../layout/shard.ts";
import type { NoteDamage } from "../../layout/verified-table.ts";
import { chooseRows } from "../../rollups/assemble-rows.ts";
import { type RowMemory, type RowSpan, readRowSpan } from "../../rollups/read-rows.ts";
import type { RowSource } from "../../rollups/rollup-manifest.ts";
import { hidingBy } from "../../rollups/row-deletions.ts";
import { forEachBounded } from "../../table/bounded.ts";
import type { Table } from "../../table/table.ts";
import type { FoundMetric } from "../find-series.ts";
import type { HeldBytes } from "../query-budget.ts";
import { metricsWithin, type SelectedDay, type SelectedSeries } from "../selected-series.ts";

/** Bytes of memory of a row of floats: 13 columns. */
const ROW_BYTES = 12 * 8 + 1;
/** What a series takes beside its rows. */
const SERIES_BYTES = 1000;
/** Queries under way at once. */
const READ_CONCURRENCY = 16;
/** From this share of a metric's series on they are read in one query, else one by one. */
const MIN_SPAN_SHARE = 0.25;

/** A part of rows as a day of the selection. */
export interface SelectedRows extends SelectedDay {
  readonly rows: RowSource;
}

export function isOfRows(day: SelectedDay): day is SelectedRows {
  return day.rows !== undefined;
}

export interface RowGroupReads {
  readonly table: Pick<Table, "query">;
  readonly tenant: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly selected: SelectedSeries;
  readonly parts: readonly SelectedRows[];
  /** What the rows of a group may take. */
  readonly maxBytes: number;
  readonly held: HeldBytes;
  readonly signal: AbortSignal;
  readonly note: NoteDamage | undefined;
  readonly memory: RowMemory | undefined;
}

/** The rows of each series that has any, by number, ascending; pieces of several parts. */
export async function* readRowGroups(
  reads: RowGroupReads,
): AsyncGenerator<readonly [number: number, pieces: readonly HourRows[]], void, void> {
  const { selected, maxBytes, held } = reads;
  const expected = expectedBytes(reads);
  for (let start = 0; start < selected.hashes.length; ) {
    let end = start + 1;
    let bytes = expected[start];
    while (end < selected.hashes.length && bytes + expected[end] <= maxBytes) bytes += expected[end++];
    const group = await readGroup(reads, start, end);
    held.add(bytes);
    try {
      for (let number = start; number < end; number++) {
        const pieces = group.get(selected.hashes[number]);
        if (pieces !== undefined) yield [number, pieces];
      }
    } finally {
      held.add(-bytes);
    }
    start = end;
  }
}

/** Bytes of memory of each series, by number. */
function expectedBytes({ selected, parts }: RowGroupReads): Float64Array {
  const bytes = new Float64Array(selected.hashes.length).fill(SERIES_BYTES);
  for (const { metrics, rows } of parts) {
    const each = (rows.part.rows / Math.max(1, rows.part.series)) * ROW_BYTES;
    for (const { series } of metrics) for (const number of series) bytes[number] += each;
  }
  return bytes;
}

async function readGroup(reads: RowGroupReads, start: number, end: number): Promise<Map<string, HourRows[]>> {
  const { table, tenant, fromMs, toMs, selected, parts, signal, note, memory } = reads;
  const wanted = new Set(selected.hashes.slice(start, end));
  const group = new Map<string, HourRows[]>();
  const spans = parts.flatMap((part) => {
    const masks = masksOf(selected, part.rows, start, end);
    return metricsWithin(selected, part, start, end)
      .flatMap((metric) => spansOf(metric, tenant, part.rows))
      .map((span) => [span, part.rows, masks] as const);
  });
  await forEachBounded(spans, READ_CONCURRENCY, async ([span, { days, hiding }, masks]) => {
    const choice = { fromMs, toMs, hasDay: (day: number) => days.has(day) };
    const isWanted = (hash: string) => hash >= span.first && hash <= span.last && wanted.has(hash);
    await readRowSpan({ table, signal, note, memory }, span, isWanted, (hash, rows) => {
      const chosen = chooseRows(rows, { ...choice, isHidden: hidingBy(masks.of(hash), hiding) });
      if (chosen.floats.hours.length + (chosen.histograms?.hours.length ?? 0) === 0) return;
      const pieces = group.get(hash);
      if (pieces === undefined) group.set(hash, [chosen]);
      else pieces.push(chosen);
    });
  });
  return group;
}

/** What deletions hide of the selected series `start..end` of a part. */
function masksOf({ hashes, labels }: SelectedSeries, { hiding }: RowSource, start: number, end: number) {
  if (hiding.deletions.length === 0) return NO_MASKS;
  const masks = new Masks();
  for (let number = start; number < end; number++)
    masks.add(hashes[number], labels[number], hiding.deletions);
  return masks;
}

/** From which series to which (hashes in hex, both included) a metric's selected series are read. */
export function spansOf(
  { hash, series, total }: FoundMetric,
  tenant: string,
  { part }: RowSource,
): RowSpan[] {
  const { id, day, shardBits: bits } = part;
  const place = { tenant, day, part: id, shard: { bits, prefix: shardOf(hash, bits) } };
  const isPacked = part.series > 2 * part.blocks;
  const sorted = series.toSorted();
  if (sorted.length >= total * MIN_SPAN_SHARE)
    return [{ place, first: sorted[0], last: sorted[sorted.length - 1], isPacked }];
  return sorted.map((one) => ({ place, first: one, last: one, isPacked }));
}
