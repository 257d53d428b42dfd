/**
 * The rows of series over a range. Days that have rows are read from parts of rows, all others from
 * their samples, of which rows are made here. Both are merged series by series.
 */
import type { HourRows, SeriesRows } from "../../../model/rows/hour-rows.ts";
import type { SeriesData } from "../../parts/series-data.ts";
import { assembleRows, chooseRows } from "../../rollups/assemble-rows.ts";
import { hasRows } from "../../rollups/join-rows.ts";
import { makeRows } from "../../rollups/make-rows.ts";
import { type GroupReads, readGroups } from "../group-reader.ts";
import { expectedBytes } from "../plan-groups.ts";
import { shareBytes } from "../query-budget.ts";
import type { SelectedSeries } from "../selected-series.ts";
import { isOfRows, readRowGroups } from "./row-groups.ts";

export interface RowReads extends Omit<GroupReads, "selected" | "expected" | "query" | "decodes"> {
  readonly query: { readonly tenant: string; readonly maxFutureMs: number };
  readonly fromMs: number;
  readonly toMs: number;
  readonly selected: SelectedSeries;
  /** Makes samples of what was read of a series; undefined where that is damaged. */
  readonly decode: (number: number, data: SeriesData) => HourRows | undefined;
}

/** Rows made of the samples of a series. */
export function rowsOfData(
  data: SeriesData,
  range: { readonly minTime: number; readonly maxTime: number },
  maxBytes: number,
): HourRows {
  const { release, ...samples } = data.lentSamples(range, maxBytes);
  const rows = makeRows(samples);
  release?.();
  return rows;
}

/** By label set. */
export async function* selectSeriesRows(reads: RowReads): AsyncGenerator<SeriesRows, void, void> {
  const { selected, maxQueryBytes, fromMs, toMs } = reads;
  const raw = selected.days.filter((day) => day.rows === undefined);
  const parts = selected.days.filter(isOfRows);
  const share = shareBytes(maxQueryBytes).groupBytes;
  const query = { ...reads.query, minTime: fromMs + 1, maxTime: toMs };
  const ofParts = readRowGroups({
    ...reads,
    tenant: reads.query.tenant,
    parts,
    maxBytes: share,
    note: reads.damage?.note,
    memory: reads.memory?.rows,
  });
  const ofDays = { ...selected, days: raw };
  const expected = expectedBytes(ofDays, query, reads.nowMs);
  const ofRaw = readGroups({ ...reads, query, expected, decodes: true, selected: ofDays });
  const days = new Set(raw.map(({ day }) => day));
  const choice = { fromMs, toMs, hasDay: (day: number) => days.has(day) };
  try {
    let nextRows = await ofParts.next();
    let nextRaw = raw.length === 0 ? DONE : await ofRaw.next();
    for (let number = 0; number < selected.labels.length; number++) {
      const pieces: HourRows[] = [];
      if (!nextRows.done && nextRows.value[0] === number) {
        pieces.push(...nextRows.value[1]);
        nextRows = await ofParts.next();
      }
      if (!nextRaw.done && nextRaw.value[0] === number) {
        const made = reads.decode(number, nextRaw.value[1]);
        if (made !== undefined) pieces.push(chooseRows(made, choice));
        nextRaw = await ofRaw.next();
      }
      const filled = pieces.filter(hasRows);
      if (filled.length > 0) yield { labels: selected.labels[number], ...assembleRows(filled) };
    }
  } finally {
    await Promise.all([ofParts.return(), ofRaw.return()]);
  }
}

const DONE = { done: true, value: undefined } as const;
