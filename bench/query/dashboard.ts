/** PromQL of usual dashboards, on the recorded metrics. */
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../lib/model/time.ts";
import { SCRAPE_INTERVAL_MS } from "../workload.ts";
import { NATIVE_METRIC, NATIVE_TENANT } from "./native-tenant.ts";

/** A panel's width in steps; Grafana requests about as many points as it has pixels. */
const POINTS = 240;
const MIN_WINDOW_MS = 4 * SCRAPE_INTERVAL_MS;

export interface DashboardSpan {
  readonly name: string;
  readonly spanMs: number;
}

export const SPANS: readonly DashboardSpan[] = [
  { name: "1h", spanMs: HOUR_MS },
  { name: "6h", spanMs: 6 * HOUR_MS },
  { name: "24h", spanMs: DAY_MS },
  { name: "7d", spanMs: 7 * DAY_MS },
];

export interface DashboardQuery {
  readonly name: string;
  /** `$w` stands for Grafana's `$__rate_interval`. */
  readonly text: string;
  /** The tenant, instead of that of the recording. */
  readonly tenant?: string;
  /** The longest span: a limit of Hearth, or of the data. */
  readonly maxSpanMs?: number;
}

const FOUR_TARGETS = 'instance=~"demo.promlabs.com(-1)?:1000[01]"';

/** On 10,000 series; the number is that of selected series. */
export const DASHBOARD: readonly DashboardQuery[] = [
  { name: "rate, 96 series", text: "rate(net_conntrack_dialer_conn_failed_total[$w])" },
  { name: "sum by of rate, 80", text: "sum by (mode) (rate(node_cpu_seconds_total[$w]))" },
  {
    name: "classic quantile, 936",
    text: `histogram_quantile(0.9, sum by (le, path) (rate(demo_api_request_duration_seconds_bucket{${FOUR_TARGETS}}[$w])))`,
    // 37 million samples in 7 days are more than a query may have in memory.
    maxSpanMs: DAY_MS,
  },
  {
    name: "native quantile, 126",
    text: `histogram_quantile(0.9, sum(rate(${NATIVE_METRIC}[$w])))`,
    tenant: NATIVE_TENANT,
    maxSpanMs: DAY_MS,
  },
  {
    name: "topk of sums, 126",
    text: "topk(5, sum by (instance, path) (rate(demo_api_request_duration_seconds_count[$w])))",
  },
  {
    name: "join, 28 and 29",
    text: "rate(process_cpu_seconds_total[$w]) * on (job, instance) group_left (version) go_info",
  },
  { name: "avg_over_time, 29", text: "avg_over_time(go_goroutines[$w])" },
  {
    name: "label_replace, 29",
    text: 'label_replace(go_memstats_alloc_bytes, "host", "$1", "instance", "(.*):.*")',
  },
  {
    name: "subquery, 44",
    text: "max_over_time(rate(prometheus_http_requests_total[1m])[10m:1m])",
  },
];

/** A query_range of the last `spanMs`, as Grafana requests it. */
export function askedOf({ text }: DashboardQuery, spanMs: number, nowMs: number): URLSearchParams {
  const stepMs = Math.max(SCRAPE_INTERVAL_MS, spanMs / POINTS);
  const windowMs = Math.max(MIN_WINDOW_MS, stepMs + SCRAPE_INTERVAL_MS);
  const endMs = Math.floor(nowMs / stepMs) * stepMs;
  return new URLSearchParams({
    query: text.replaceAll("$w", `${windowMs / SECOND_MS}s`),
    start: String((endMs - spanMs) / SECOND_MS),
    end: String(endMs / SECOND_MS),
    step: String(stepMs / SECOND_MS),
  });
}
