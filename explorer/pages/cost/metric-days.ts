/**
 * Metrics of three days: series, samples and bytes where the server reports usage by metric; else series, as they are counted by
 * the value of `__name__`, or of today alone.
 */
import { ApiError, type Client } from "../../api/client.ts";
import { labelValueCounts, type Usage } from "../../api/hearth.ts";
import { cardinality } from "../../api/prometheus.ts";
import { type CostDays, loadDays, loadMonthlyCost, metricMonth, rowsBy } from "./cost-data.ts";
import { type Days, joinDays } from "./day-columns.ts";
import { dayTimes } from "./day-times.ts";
import { savingsOfDrop } from "./savings.ts";

export type Figure = "series" | "samples" | "storedBytes";

export interface MetricDays {
  /** What can be shown, the first by default. */
  readonly figures: readonly Figure[];
  readonly rows: (figure: Figure) => readonly Days[];
  readonly seriesOf: (metric: string) => number;
  /** Dollars; undefined where they are not known. */
  readonly monthOf: (metric: string) => number | undefined;
  readonly onlyToday: boolean;
}

const MOST = 500;
const MOST_TODAY = 10_000;

export async function loadMetricDays(
  client: Client,
  nowMs: number,
  signal: AbortSignal,
): Promise<MetricDays> {
  const usage = await orUndefined(loadDays(client, ["metric"], nowMs, signal));
  if (usage !== undefined && usage.today.groups.length > 0) return ofUsage(usage);
  const [counted, cost] = await Promise.all([
    countSeries(client, nowMs, signal),
    orUndefined(loadMonthlyCost(client, nowMs, signal)),
  ]);
  const series = new Map(counted.rows.map(({ name, today }) => [name, today]));
  return {
    figures: ["series"],
    rows: () => counted.rows,
    seriesOf: (metric) => series.get(metric) ?? 0,
    monthOf: (metric) =>
      cost === undefined ? undefined : savingsOfDrop(series.get(metric) ?? 0, cost).dollars,
    onlyToday: counted.onlyToday,
  };
}

function ofUsage(days: CostDays): MetricDays {
  const groups = new Map(days.today.groups.map((group) => [group.metric ?? "", group]));
  const figureOf = (figure: Figure) => (usage: Usage) => usage[figure];
  return {
    figures: ["series", "samples", "storedBytes"],
    rows: (figure) => rowsBy(days, ({ metric = "" }) => metric, figureOf(figure), figure === "samples"),
    seriesOf: (metric) => groups.get(metric)?.series ?? 0,
    monthOf: (metric) => {
      const group = groups.get(metric);
      return group === undefined ? 0 : metricMonth(days, group);
    },
    onlyToday: false,
  };
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
