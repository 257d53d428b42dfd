/**
 * Exemplars of OpenTelemetry -> exemplars of Prometheus.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars-2
 */
import type { Label } from "../model/labels.ts";
import { MAX_EXEMPLAR_CHARACTERS } from "../wire/exemplar-rules.ts";
import type { OtlpExemplar } from "./metrics.ts";
import { isSentText } from "./sent-text.ts";

/**
 * Trace and span; and the attributes that were filtered from the series, unless they are too long together. The ids win over
 * attributes of their names, the last of several attributes with one key wins, and one that is not UTF-8 is dropped.
 */
export function exemplarLabels({ traceId, spanId, attributes }: OtlpExemplar): Label[] {
  const ids = new Map<string, string>();
  if (isSet(traceId)) ids.set("trace_id", traceId);
  if (isSet(spanId)) ids.set("span_id", spanId);
  const labels: Label[] = [...ids];
  const others = attributes.filter(({ key, value }) => !ids.has(key) && isSentText(key) && isSentText(value));
  const filtered: Label[] = [...new Map(others.map(({ key, value }) => [key, value]))];
  const characters = [...labels, ...filtered].reduce(
    (n, [name, value]) => n + [...name].length + [...value].length,
    0,
  );
  return characters <= MAX_EXEMPLAR_CHARACTERS ? [...labels, ...filtered] : labels;
}

/** An id of zeros is none. */
function isSet(id: string): boolean {
  return /[^0]/.test(id);
}

/** The exemplars of each bucket, and of the one above all bounds. */
export function bucketExemplars(
  exemplars: readonly OtlpExemplar[],
  bounds: readonly number[],
): OtlpExemplar[][] {
  const buckets: OtlpExemplar[][] = Array.from({ length: bounds.length + 1 }, () => []);
  if (exemplars.length === 0) return buckets;
  for (const exemplar of exemplars) {
    const bucket = bounds.findIndex((bound) => exemplar.value <= bound);
    buckets[bucket < 0 ? bounds.length : bucket].push(exemplar);
  }
  return buckets;
}
