/**
 * What metrics cost: their series of three days, as they are counted by the value of `__name__`; and what is stored of them,
 * as it was measured last.
 */
import { ApiError, type Client } from "../../api/client.ts";
import { labelValueCounts, type UsageGroup, usage } from "../../api/hearth.ts";
import { cardinality } from "../../api/prometheus.ts";
import { loadMonthlyCost } from "./cost-data.ts";
import { type Days, joinDays } from "./day-columns.ts";
import { dayTimes } from "./day-times.ts";
import { utcDay } from "./money.ts";
import { savingsOfDrop } from "./savings.ts";

export type Figure = "series" | "samples" | "storedBytes";

export interface MetricDays {
  /** What can be shown, the first by default. */
  readonly figures: readonly Figure[];
  readonly rows: (figure: Figure) => readonly Days[];
  /** Other days are not known. */
  readonly isOnlyToday: (figure: Figure) => boolean;
  readonly seriesOf: (metric: string) => number;
  /** Dollars; undefined where they are not known. */
  readonly monthOf: (metric: string) => number | undefined;
  /** When what is stored was measured, in ms; 0: never. */
  readonly measuredMs: number;
}

const MOST = 500;
const MOST_TODAY = 10_000;

export async function loadMetricDays(
  client: Client,
  nowMs: number,
  signal: AbortSignal,
): Promise<MetricDays> {
  const day = utcDay(nowMs);
  const [counted, cost, report] = await Promise.all([
    countSeries(client, nowMs, signal),
    orUndefined(loadMonthlyCost(client, nowMs, signal)),
    orUndefined(usage(client, ["metric"], { start: day, end: day }, signal)),
  ]);
  const series = new Map(counted.rows.map(({ name, today }) => [name, today]));
  const stored = new Map(report?.data.groups.map((group) => [group.metric ?? "", group]));
  const gbMonth = report?.data.prices.gbMonth ?? 0;
  return {
    figures: stored.size === 0 ? ["series"] : ["series", "samples", "storedBytes"],
    rows: (figure) => (figure === "series" ? counted.rows : storedRows([...stored.values()], figure)),
    isOnlyToday: (figure) => figure !== "series" || counted.onlyToday,
    seriesOf: (metric) => series.get(metric) ?? 0,
    monthOf: (metric) => {
      if (cost === undefined) return undefined;
      const bytes = stored.get(metric)?.storedBytes;
      // What is stored is measured by metric; writing is taken to be spread evenly over series.
      const writing = savingsOfDrop(series.get(metric) ?? 0, { ...cost, storageDollars: 0 }).dollars;
      return writing + ((bytes ?? 0) / 1e9) * gbMonth;
    },
    measuredMs: report?.data.storageMeasuredMs ?? 0,
  };
}

function storedRows(groups: readonly UsageGroup[], figure: "samples" | "storedBytes"): readonly Days[] {
  return joinDays(
    groups.map((group) => ({ name: group.metric ?? "", value: group[figure] })),
    [],
    [],
  );
}

async function countSeries(
  client: Client,
  nowMs: number,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly Days[]; readonly onlyToday: boolean }> {
  const of = async (daysBefore: number) => {
    const times = { ...dayTimes(nowMs, daysBefore), limit: MOST };
    const { labels } = await labelValueCounts(client, ["__name__"], undefined, times, signal);
    return (labels[0]?.cardinality ?? []).map((one) => ({ name: one.label_value, value: one.series_count }));
  };
  const days = await orUndefined(Promise.all([of(0), of(1), of(7)]));
  if (days !== undefined) return { rows: joinDays(...days), onlyToday: false };
  const { data } = await cardinality(client, MOST_TODAY, signal);
  return { rows: joinDays(data.seriesCountByMetricName, [], []), onlyToday: true };
}

/** Undefined for what a key may not see and a server does not have. */
async function orUndefined<T>(loading: Promise<T>): Promise<T | undefined> {
  try {
    return await loading;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
