/** Reads exemplars: of the days of a range the records that may have some, and of these the series that pass. */
import { NO_DEADLINE } from "../../model/deadline.ts";
import { HearthError } from "../../model/errors.ts";
import type { Exemplar, SeriesExemplars } from "../../model/exemplars.ts";
import { compareLabelSets, type LabelSet, labelSetOf } from "../../model/labels.ts";
import { type Matcher, matchesAll } from "../../model/matcher.ts";
import { mapKey } from "../../model/text/map-key.ts";
import type { TimeRange } from "../../model/time.ts";
import { DAY_MS, HOUR_MS } from "../../model/time.ts";
import { dayOf, hourOf } from "../layout/keys.ts";
import type { Table } from "../table/table.ts";
import { exemplarsRange } from "./exemplar-keys.ts";
import { decodeExemplarRecord } from "./exemplar-record.ts";

/** Exemplars of one answer: as many as Prometheus keeps. */
export const MAX_QUERY_EXEMPLARS = 100_000;

/** Steps of a deadline that it takes to look whether a series passes a selection, about. */
const STEPS_PER_MATCHER = 50;

/** Whether an exemplar of a series and time, in ms, is left out. */
export type IsDeleted = (labels: LabelSet, timestampMs: number) => boolean;

/** By what makes two the same. */
type Found = Map<string, Exemplar>;

/**
 * The exemplars of a range (whose days have been limited to those that may have any) of the series that pass any of the
 * selections, by label set, each with its labels in order and none that is empty. Throws "too large", "data".
 */
export async function readExemplars(
  table: Table,
  tenant: string,
  selections: readonly (readonly Matcher[])[],
  range: TimeRange,
  deadline = NO_DEADLINE,
  signal?: AbortSignal,
  isDeleted: IsDeleted = () => false,
): Promise<SeriesExemplars[]> {
  const found = new Map<string, { readonly labels: LabelSet; readonly exemplars: Found }>();
  let total = 0;
  for await (const { labels, exemplars } of seriesOf(table, tenant, range, signal)) {
    deadline.spend(STEPS_PER_MATCHER * selections.length);
    if (!selections.some((matchers) => matchesAll(matchers, labels))) continue;
    const inRange = exemplars.filter(
      ({ timestamp: t }) => t >= range.minTime && t <= range.maxTime && !isDeleted(labels, t),
    );
    if (inRange.length === 0) continue;
    const key = mapKey(JSON.stringify(labels));
    const series = found.get(key) ?? { labels, exemplars: new Map<string, Exemplar>() };
    found.set(key, series);
    const before = series.exemplars.size;
    for (const one of inRange) {
      // As Prometheus, which puts the labels that it receives in order: in another one they are the same exemplar.
      const exemplar = { ...one, labels: labelSetOf(one.labels) };
      series.exemplars.set(keyOf(exemplar), exemplar);
    }
    total += series.exemplars.size - before;
    if (total > MAX_QUERY_EXEMPLARS) throw tooMany();
  }
  return [...found.values()]
    .map(({ labels, exemplars }) => ({ labels, exemplars: byTime([...exemplars.values()]) }))
    .sort((a, b) => compareLabelSets(a.labels, b.labels));
}

async function* seriesOf(
  table: Table,
  tenant: string,
  { minTime, maxTime }: TimeRange,
  signal?: AbortSignal,
): AsyncGenerator<SeriesExemplars> {
  for (let day = dayOf(minTime); day <= dayOf(maxTime); day++) {
    const startMs = day * DAY_MS;
    const first = Math.max(minTime - startMs, 0);
    // A record is of one hour.
    const last = Math.min(hourOf(maxTime) + HOUR_MS - startMs, DAY_MS);
    const records = table.query(exemplarsRange(tenant, day, first, last), { consistent: true, signal });
    for await (const page of records) for (const { value } of page) yield* decodeExemplarRecord(value);
  }
}

/** Repeated requests bring exemplars again. */
function keyOf({ labels, value, timestamp }: Exemplar): string {
  return JSON.stringify([timestamp, String(value), labels]);
}

function byTime(exemplars: Exemplar[]): Exemplar[] {
  return exemplars.sort((a, b) => a.timestamp - b.timestamp);
}

function tooMany(): HearthError {
  return new HearthError(
    "too large",
    `query: more than ${MAX_QUERY_EXEMPLARS} exemplars match; add matchers or shorten the time range`,
  );
}
