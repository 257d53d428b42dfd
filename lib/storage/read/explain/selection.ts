/** What a selection of samples reads and costs, decided from the manifests and the series found. */
import type { Limits } from "../../../model/limits.ts";
import type { DayReads, SelectionReads } from "../../interface.ts";
import { READ_UNIT_BYTES } from "../../table/table.ts";
import { estimateUnits } from "../estimate-units.ts";
import type { FoundSeries } from "../find-series.ts";
import { MAX_MEASURED_BYTES } from "../measure-chunks.ts";
import { countGroups, expectedBytes } from "../plan-groups.ts";
import { needsMeasuring } from "../plan-selection.ts";
import { shareBytes } from "../query-budget.ts";
import type { DayQuery } from "../read-plan.ts";
import type { ReadableDay, SelectedSeries } from "../selected-series.ts";
import { explainDay } from "./day.ts";
import { type DayDensity, dayDensity, intervalOf } from "./density.ts";

export interface ExplainedDays {
  readonly query: Omit<DayQuery, "day">;
  readonly selected: SelectedSeries;
  /** Each day of the range, and what was found of it. */
  readonly days: readonly (readonly [day: ReadableDay, found: FoundSeries])[];
  readonly nowMs: number;
  readonly limits: Pick<Limits, "maxQueryBytes" | "maxQueryReadUnits">;
  /** What earlier selections of the request are expected to cost. */
  readonly plannedUnits: number;
  /** What finding the series has cost. */
  readonly findReadUnits: number;
}

/** From so many read units of chunks on the size of some is measured: between constant series and noise lies a factor of 20. */
const MIN_PROBED_UNITS = 16;

/** Reads nothing but some chunk items, where there are many. */
export async function explainSelection(
  explained: ExplainedDays,
  probe: () => Promise<number | undefined>,
): Promise<SelectionReads> {
  const reads = explainWith(explained, undefined);
  if (chunkUnitsOf(reads.days) < MIN_PROBED_UNITS) return reads;
  return explainWith(explained, await probe());
}

function chunkUnitsOf(days: readonly DayReads[]): number {
  const chunks = days.flatMap(({ parts }) => parts.filter(({ kind }) => kind === "chunks"));
  return chunks.reduce((sum, { readUnits }) => sum + readUnits, 0);
}

function explainWith(explained: ExplainedDays, chunkBytesPerMs: number | undefined): SelectionReads {
  const { query, selected, nowMs, limits, plannedUnits, findReadUnits } = explained;
  const sorted = [...explained.days].sort(([a], [b]) => a.day - b.day);
  const densities = densitiesOf(sorted);
  const days = sorted.map(([day, { metrics }], i) =>
    explainDay({ ...query, day: day.day, nowMs }, day, metrics, { ...densities[i], chunkBytesPerMs }),
  );
  const expected = expectedBytes(selected, query, nowMs);
  const sampleUnits = days.reduce((sum, day) => sum + unitsOfDay(day), 0);
  const maxReadUnits = limits.maxQueryReadUnits - plannedUnits;
  const { maxQueryBytes } = limits;
  const isMeasured = needsMeasuring(expected, estimateUnits(selected, query), {
    maxQueryBytes,
    maxReadUnits,
  });
  return {
    days,
    seriesCount: selected.labels.length,
    intervalMs: meanInterval(densities),
    groups: countGroups(selected, expected, shareBytes(maxQueryBytes)),
    findReadUnits,
    readUnits: findReadUnits + sampleUnits + (isMeasured ? measuringUnits(days) : 0),
    isTooExpensive: sampleUnits > maxReadUnits,
  };
}

function unitsOfDay({ log, parts }: DayReads): number {
  return parts.reduce((sum, { readUnits }) => sum + readUnits, log.readUnits);
}

/** One part of chunks is read, or as much of it as may be. */
function measuringUnits(days: readonly DayReads[]): number {
  const chunks = days.flatMap(({ parts }) => parts.filter(({ kind }) => kind === "chunks"));
  const most = Math.max(0, ...chunks.map(({ readUnits }) => readUnits));
  return Math.min(most, MAX_MEASURED_BYTES / READ_UNIT_BYTES / 2);
}

/** A day that was never compacted is taken to have as many samples as the day before it that was. */
function densitiesOf(days: ExplainedDays["days"]): DayDensity[] {
  let before: DayDensity | undefined;
  return days.map(([{ manifest }, { seen }]) => {
    const density = dayDensity(manifest, seen);
    if (manifest.parts.length > 0) before = density;
    return manifest.parts.length === 0 && before !== undefined ? before : density;
  });
}

function meanInterval(densities: readonly DayDensity[]): number {
  const intervals =
    densities.length === 0
      ? [intervalOf({ series: 1, samplesPerMs: 1 / 15_000 })]
      : densities.map(intervalOf);
  return intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
}
