/** The panels of the benchmark: queries of 7 to 400 series over an hour to a year. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import type { RecordedSeries } from "../recorded-series.ts";

export interface RangeSpan {
  readonly name: string;
  readonly spanMs: number;
  /** As Grafana chooses it for a panel of some 240 to 500 points. */
  readonly stepMs: number;
}

export const RANGE_SPANS: readonly RangeSpan[] = [
  { name: "1h", spanMs: HOUR_MS, stepMs: 15 * SECOND_MS },
  { name: "24h", spanMs: DAY_MS, stepMs: 5 * MINUTE_MS },
  { name: "7d", spanMs: 7 * DAY_MS, stepMs: HOUR_MS },
  { name: "30d", spanMs: 30 * DAY_MS, stepMs: 3 * HOUR_MS },
  { name: "90d", spanMs: 90 * DAY_MS, stepMs: 6 * HOUR_MS },
  { name: "1y", spanMs: 364 * DAY_MS, stepMs: DAY_MS },
];

/** A rate needs some samples in its window. */
const MIN_WINDOW_MS = MINUTE_MS;

export interface RangeQuery {
  readonly name: string;
  readonly series: number;
  /** `$w` stands for the step. */
  readonly text: string;
}

/** A metric of the recording and how many of its series the tenant has. */
const METRICS: readonly (readonly [name: string, series: number])[] = [
  ["demo_cpu_usage_seconds_total", 7],
  ["node_scrape_collector_duration_seconds", 46],
  ["demo_api_request_duration_seconds_bucket", 194],
];
const ALL_SERIES = 400;

export const RANGE_QUERIES: readonly RangeQuery[] = [
  { name: "rate of a counter", series: 7, text: "rate(demo_cpu_usage_seconds_total[$w])" },
  {
    name: "average of dense gauges",
    series: 46,
    text: "avg_over_time(node_scrape_collector_duration_seconds[$w])",
  },
  {
    name: "quantile of a histogram",
    series: 194,
    text: "histogram_quantile(0.9, sum by (le) (rate(demo_api_request_duration_seconds_bucket[$w])))",
  },
  { name: "every series", series: 400, text: 'count by (job) (last_over_time({__name__=~".+"}[$w]))' },
];

/** The tenant's series: those of the queries' metrics, and others of the recording. */
export function seriesOfPanels(recorded: readonly RecordedSeries[]): RecordedSeries[] {
  const nameOf = ({ labels }: RecordedSeries) => labels.find(([name]) => name === "__name__")![1];
  const wanted = METRICS.flatMap(([metric, count]) => {
    const series = recorded.filter((one) => nameOf(one) === metric).slice(0, count);
    if (series.length < count) throw new Error(`${metric}: ${series.length} series, expected ${count}`);
    return series;
  });
  const names = new Set(METRICS.map(([name]) => name));
  const others = recorded.filter((one) => !names.has(nameOf(one)));
  return [...wanted, ...others.slice(0, ALL_SERIES - wanted.length)];
}

/** The request's form: the last `spanMs` before `nowMs`, its steps at whole multiples of the step. */
export function formOf({ text }: RangeQuery, { spanMs, stepMs }: RangeSpan, nowMs: number): URLSearchParams {
  const windowMs = Math.max(stepMs, MIN_WINDOW_MS);
  const endMs = Math.floor(nowMs / stepMs) * stepMs;
  return new URLSearchParams({
    query: text.replaceAll("$w", `${windowMs / SECOND_MS}s`),
    start: String((endMs - spanMs + windowMs) / SECOND_MS),
    end: String(endMs / SECOND_MS),
    step: String(stepMs / SECOND_MS),
  });
}
