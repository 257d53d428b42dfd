/** What the tests ask a Prometheus about a time in which it scraped itself and a node_exporter. */
import type { Question } from "./prometheus.ts";

/** Every sample of every series at its own time, staleness markers apart. */
export function everySample(start: number, end: number): Question {
  // The range of a range vector is open at its start in later versions, closed in 2.42.
  return { query: `{__name__=~".+"}[${Math.ceil(end - start) + 1}s]`, start, end };
}

/** Over what is scraped in start..end; the questions reach beyond both. */
export function questionsAbout(start: number, end: number): Question[] {
  const inside = { start: start - 5, end: end + 10, step: 1 };
  // A series that was marked stale ends there; one that just has no more samples lasts for the lookback delta, 5 min.
  const beyond = { start, end: end + 400, step: 7 };
  return [
    everySample(start, end),
    { query: '{__name__=~".+"}', ...inside },
    { query: '{__name__=~".+"}', ...beyond },
    { query: 'count({__name__=~".+"})', ...inside },
    { query: 'count by (job) ({__name__=~".+"})', ...beyond },
    ...ABOUT_VALUES.flatMap((query) => [
      { query, ...inside },
      { query, start, end },
    ]),
    ...RANGE_VECTORS.map((query) => ({ query, start, end })),
  ];
}

/** None adds fractions up: the order in which series come is not part of an answer, but of such a sum. */
const ABOUT_VALUES = [
  "up",
  "node_load1",
  'up{job="node"} == 0',
  '{job="node",__name__!~"node_.*"}',
  'node_cpu_seconds_total{mode!="idle",cpu=~"0|1"}',
  '{mode=~".*s.*",mode!~"(?i)SYSTEM",cpu!=""}',
  '{__name__=~"prometheus_.*_total",handler=""}',
  'up{nosuch=""}',
  "nosuch_metric",
  "absent(nosuch_metric)",
  "hard_value",
  "hard_label",
  'hard_label{text=~"ünï.*|.*\\n.*"}',
  "node_cpu_seconds_total offset 5s",
  "rate(node_cpu_seconds_total[5s])",
  "max_over_time(process_resident_memory_bytes[10s])",
  "changes(go_goroutines[20s])",
  'prometheus_http_request_duration_seconds_bucket{handler="/metrics"}',
  'prometheus_http_request_duration_seconds_bucket{le="+Inf"}',
  "histogram_quantile(0.9, rate(prometheus_http_request_duration_seconds_bucket[10s]))",
  "max by (le) (prometheus_http_response_size_bytes_bucket)",
  "timestamp(node_time_seconds)",
  'count_values by (job) ("samples", scrape_samples_scraped)',
];

const RANGE_VECTORS = [
  "up[5m]",
  "hard_value[5m]",
  'node_cpu_seconds_total{mode="user"}[10s]',
  'prometheus_http_request_duration_seconds_bucket{handler="/metrics"}[5m]',
];
