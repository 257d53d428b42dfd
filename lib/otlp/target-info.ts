/**
 * `target_info`: the attributes of a resource that are not labels of its series.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/main/specification/compatibility/prometheus_and_openmetrics.md#resource-attributes-1
 */
import type { LabelSet } from "../model/labels.ts";
import { MINUTE_MS } from "../model/time.ts";
import {
  IDENTIFYING_ATTRIBUTES,
  type LabelLimits,
  type LabelNames,
  pointLabels,
  resourceLabels,
} from "./labels.ts";
import type { ResourceMetrics } from "./metrics.ts";
import { isSentText } from "./sent-text.ts";
import type { OtlpSettings } from "./settings.ts";

export const TARGET_INFO = "target_info";

/** Half of Prometheus' lookback delta, so a query always finds a sample. */
const INTERVAL_MS = 2.5 * MINUTE_MS;
/** Bounds the samples of one resource to four hours; only the end of a longer span has samples. */
const MAX_SAMPLES = 96;

/**
 * Returns its labels without the metric name; undefined without attributes or without a target. Omits
 * attributes that are not UTF-8.
 */
export function targetInfoLabels(
  resource: ResourceMetrics,
  names: LabelNames,
  { keepIdentifyingResourceAttributes: keepsAll }: OtlpSettings,
  limits: LabelLimits,
): LabelSet | undefined {
  const attributes = resource.attributes.filter(({ key, value }) => isSentText(key) && isSentText(value));
  const others = attributes.filter(({ key }) => !IDENTIFYING_ATTRIBUTES.includes(key));
  if (others.length === 0) return undefined;
  const shared = resourceLabels(attributes, names, { promoteResourceAttributes: [] }, limits);
  const labels = pointLabels(keepsAll ? attributes : others, names, shared, limits);
  return labels.some(([name]) => name === "job" || name === "instance") ? labels : undefined;
}

/** Returns its sample times in ms: the resource's first and last data point, and every 2.5 minutes in between. */
export function targetInfoTimes({ scopes }: ResourceMetrics): number[] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { metrics } of scopes) {
    for (const { data } of metrics) {
      for (const { timestamp } of data.points) {
        if (timestamp === 0) continue;
        first = Math.min(first, timestamp);
        last = Math.max(last, timestamp);
      }
    }
  }
  if (last < first) return [];
  const times: number[] = [];
  const steps = Math.ceil((last - first) / INTERVAL_MS);
  for (let step = Math.max(0, steps - MAX_SAMPLES); step < steps; step++)
    times.push(first + step * INTERVAL_MS);
  times.push(last);
  return times;
}
