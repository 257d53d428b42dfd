/**
 * What metrics cost: their series and samples of three days, and what is stored of them, as it was measured last. Series
 * are counted by the value of `__name__`, samples by the compactor.
 */
import { ApiError, type Client } from "../../api/client.ts";
import { labelValueCounts, type UsageReport } from "../../api/hearth.ts";
import { cardinality } from "../../api/prometheus.ts";
import { loadDays, loadMonthlyCost } from "./cost-data.ts";
import { type Days, joinDays } from "./day-columns.ts";
import { dayTimes } from "./day-times.ts";
import { monthOf as monthOfDay } from "./money.ts";
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
/** What belongs to no metric: reads of rules and of compaction. */
const OTHERS = "(no metric)";

export async function loadMetricDays(
  client: Client,
  nowMs: number,
  signal: AbortSignal,
): Promise<MetricDays> {
  const [counted, cost, days] = await Promise.all([
    countSeries(client, nowMs, signal),
    orUndefined(loadMonthlyCost(client, nowMs, signal)),
    orUndefined(loadDays(client, ["metric"], nowMs, signal)),
  ]);
  const series = new Map(counted.rows.map(({ name, today }) => [name, today]));
  const used = new Map(days?.today.groups.map((group) => [group.metric ?? "", group]));
  const gbMonth = days?.today.prices.gbMonth ?? 0;
  return {
    figures: days === undefined || used.size === 0 ? ["series"] : ["series", "samples", "storedBytes"],
    rows: (figure) => {
      if (figure === "series" || days === undefined) return counted.rows;
      const of = ({ groups }: UsageReport) =>
        groups.map((group) => ({ name: group.metric || OTHERS, value: group[figure] }));
      // What came after the measurement has none.
      if (figure === "storedBytes") return joinDays(of(days.today), [], []).filter(({ today }) => today > 0);
      return joinDays(of(days.today), of(days.yesterday), of(days.lastWeek));
    },
    isOnlyToday: (figure) => figure === "storedBytes" || (figure === "series" && counted.onlyToday),
    seriesOf: (metric) => series.get(metric) ?? 0,
    monthOf: (metric) => {
      if (cost === undefined) return undefined;
      const { storedBytes = 0, dollars } = used.get(metric) ?? {};
      // Before a metric's first compaction of the day writing is taken to be spread evenly over series.
      const writing =
        dollars !== undefined && dollars.write > 0
          ? monthOfDay(dollars.write, days?.dayShare)
          : savingsOfDrop(series.get(metric) ?? 0, { ...cost, storageDollars: 0 }).dollars;
      return writing + (storedBytes / 1e9) * gbMonth;
    },
    measuredMs: days?.today.storageMeasuredMs ?? 0,
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
