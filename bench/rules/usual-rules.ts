/**
 * A hundred rules as people have them, over the metrics of the recording: half record, half alert. Most look at the last
 * five minutes, some at ten, thirty or sixty; a sixth divides two metrics. More rules are the same hundred for other teams.
 */
import { MINUTE_MS } from "../../lib/model/time.ts";
import type { Rule, RuleGroup } from "../../lib/rules/rule-file.ts";

export const RULES_PER_GROUP = 10;

const COUNTERS = [
  "node_cpu_seconds_total",
  "demo_api_request_duration_seconds_count",
  "prometheus_http_requests_total",
  "node_network_receive_bytes_total",
  "node_network_transmit_bytes_total",
  "go_memstats_alloc_bytes_total",
  "go_memstats_mallocs_total",
  "process_cpu_seconds_total",
  "demo_cpu_usage_seconds_total",
  "demo_items_shipped_total",
  "promhttp_metric_handler_requests_total",
  "net_conntrack_dialer_conn_attempted_total",
  "prometheus_tsdb_head_samples_appended_total",
  "node_network_receive_packets_total",
  "node_network_transmit_packets_total",
];
const ERRORS = [
  "net_conntrack_dialer_conn_failed_total",
  "node_network_receive_errs_total",
  "node_network_transmit_errs_total",
  "node_network_receive_drop_total",
  "node_network_transmit_drop_total",
  "promhttp_metric_handler_errors_total",
  "prometheus_target_sync_failed_total",
  "prometheus_tsdb_out_of_order_samples_total",
  "node_softnet_dropped_total",
  "node_network_carrier_down_changes_total",
];
const GAUGES = [
  "process_resident_memory_bytes",
  "process_open_fds",
  "go_goroutines",
  "go_threads",
  "go_memstats_heap_inuse_bytes",
  "demo_memory_usage_bytes",
  "demo_api_http_requests_in_progress",
  "node_filesystem_avail_bytes",
  "demo_disk_usage_bytes",
  "scrape_duration_seconds",
];
const HISTOGRAMS = [
  "demo_api_request_duration_seconds",
  "prometheus_http_request_duration_seconds",
  "prometheus_tsdb_compaction_duration_seconds",
];
const RATIOS = [
  ["process_open_fds", "process_max_fds"],
  ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"],
  ["node_filesystem_files_free", "node_filesystem_files"],
  ["demo_disk_usage_bytes", "demo_disk_total_bytes"],
  ["go_memstats_heap_inuse_bytes", "go_memstats_heap_sys_bytes"],
  ["process_resident_memory_bytes", "process_virtual_memory_bytes"],
  ["go_gc_duration_seconds_sum", "go_gc_duration_seconds_count"],
  ["demo_batch_last_run_processed_bytes", "demo_batch_last_run_duration_seconds"],
];

const RECORDING: readonly string[] = [
  ...COUNTERS.map((name) => `sum by (job, instance) (rate(${name}[5m]))`),
  ...GAUGES.map((name) => `max by (job) (${name})`),
  ...GAUGES.map((name) => `avg by (job, instance) (${name})`),
  ...HISTOGRAMS.map((name) => `histogram_quantile(0.99, sum by (le, job) (rate(${name}_bucket[5m])))`),
  ...RATIOS.map(([part, whole]) => `sum by (job, instance) (${part}) / sum by (job, instance) (${whole})`),
  "count by (job) (up == 1)",
  "1 - avg by (instance) (rate(node_cpu_seconds_total{mode='idle'}[5m]))",
  "sum by (job, code) (rate(prometheus_http_requests_total[5m]))",
  "sum by (job) (rate(demo_api_request_duration_seconds_count{status='500'}[5m])) / sum by (job) (rate(demo_api_request_duration_seconds_count[5m]))",
];

const ALERTING: readonly string[] = [
  ...ERRORS.map((name) => `rate(${name}[5m]) > 1e6`),
  ...ERRORS.slice(0, 5).map((name) => `increase(${name}[30m]) > 1e9`),
  ...GAUGES.map((name) => `${name} > 1e18`),
  ...RATIOS.map(([part, whole]) => `${part} / ${whole} > 1e9`),
  ...COUNTERS.slice(0, 5).map((name) => `sum by (job) (rate(${name}[10m])) > 1e15`),
  "up == 0",
  "predict_linear(node_filesystem_avail_bytes[1h], 4 * 3600) < -1e15",
  "predict_linear(node_filesystem_files_free[1h], 4 * 3600) < -1e15",
  "deriv(process_resident_memory_bytes[1h]) > 1e12",
  "absent(node_time_seconds)",
  "absent(up{job='demo'})",
  "changes(process_start_time_seconds[10m]) > 5",
  "time() - process_start_time_seconds < -1",
  "max_over_time(scrape_duration_seconds[10m]) > 100",
  "avg_over_time(go_goroutines[30m]) > 1e6",
  "sum by (job) (rate(prometheus_http_requests_total{code=~'5..'}[5m])) > 1e3",
  "node_scrape_collector_success == 0.5",
];

export function usualGroups(count: number): RuleGroup[] {
  return Array.from({ length: Math.ceil(count / RULES_PER_GROUP) }, (_, group) => ({
    name: `group-${group}`,
    intervalMs: MINUTE_MS,
    limit: 0,
    labels: [],
    rules: Array.from({ length: RULES_PER_GROUP }, (_, index) => usualRule(group * RULES_PER_GROUP + index)),
  }));
}

function usualRule(number: number): Rule {
  const at = Math.floor(number / 2);
  const team = `${Math.floor(at / 50)}`;
  if (number % 2 === 0)
    return { record: `bench:rule:${number}`, expr: RECORDING[at % 50], labels: [["team", team]] };
  return {
    alert: `Bench${number}`,
    expr: ALERTING[at % 50],
    forMs: 5 * MINUTE_MS,
    keepFiringForMs: 0,
    labels: [["severity", "page"]],
    annotations: [["summary", "{{ $labels.instance }} of {{ $labels.job }}: {{ $value | humanize }}"]],
  };
}

for (const list of [RECORDING, ALERTING]) if (list.length < 50) throw new Error(`${list.length} of 50 rules`);
