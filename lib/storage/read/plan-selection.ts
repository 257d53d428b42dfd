/** Decides how a selection is read, and refuses one that would cost too much, before any of it is read. */
import { TooExpensiveError } from "../../model/errors.ts";
import { printReadUnits } from "../table/read-price.ts";
import { estimateUnits } from "./estimate-units.ts";
import { type MeasureOptions, measureChunks } from "./measure-chunks.ts";
import { expectedBytes } from "./plan-groups.ts";
import { shareBytes } from "./query-budget.ts";
import { type SelectedSeries, sortByHash } from "./selected-series.ts";

/** Samples take up to so many times the bytes that are assumed of them. Measured: 0.1 to 7.5 bytes, 1.5 assumed. */
const MAX_DENSITY = 6;

export interface SelectionLimits {
  readonly maxQueryBytes: number;
  /** Read units that are left of what the request may cost. */
  readonly maxReadUnits: number;
}

export interface PlannedSelection {
  /** In the order in which they are read. */
  readonly selected: SelectedSeries;
  /** Bytes of memory that each takes, by number. */
  readonly expected: Float64Array;
  /** Without the log. */
  readonly readUnits: number;
}

/** `order`: as in a `Selection`. Throws "too large" if the reads would cost more than they may. */
export async function planSelection(
  options: MeasureOptions & { readonly nowMs: number },
  order: "labels" | "any",
  { maxQueryBytes, maxReadUnits }: SelectionLimits,
): Promise<PlannedSelection> {
  const { query, nowMs } = options;
  const assumed = expectedBytes(options.selected, query, nowMs);
  const units = estimateUnits(options.selected, query);
  if (!needsMeasuring(assumed, units, { maxQueryBytes, maxReadUnits }))
    return { selected: options.selected, expected: assumed, readUnits: units };
  const selected = order === "any" ? sortByHash(options.selected) : options.selected;
  const measured = await measureChunks({ ...options, selected });
  const readUnits = estimateUnits(selected, query, measured);
  if (readUnits > maxReadUnits) throw tooExpensive(readUnits, maxReadUnits);
  return { selected, expected: expectedBytes(selected, query, nowMs, measured), readUnits };
}

/** Whether the size of chunks decides how a selection is read, or whether: they are then measured first. */
export function needsMeasuring(
  assumedBytes: Float64Array,
  readUnits: number,
  { maxQueryBytes, maxReadUnits }: SelectionLimits,
): boolean {
  const { groupBytes } = shareBytes(maxQueryBytes);
  return sum(assumedBytes) * MAX_DENSITY > groupBytes || readUnits * MAX_DENSITY > maxReadUnits;
}

function tooExpensive(readUnits: number, maxReadUnits: number): TooExpensiveError {
  return new TooExpensiveError(
    `query: reading its samples would take about ${printReadUnits(readUnits)}, a request may take ${printReadUnits(maxReadUnits)}; add matchers or shorten the time range limit=maxQueryReadUnits`,
  );
}

function sum(column: Float64Array): number {
  return column.reduce((total, value) => total + value, 0);
}
