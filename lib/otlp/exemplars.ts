/**
 * Exemplars of OpenTelemetry -> exemplars of Prometheus.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars-2
 */
import type { Label } from "../model/labels.ts";
import { MAX_EXEMPLAR_CHARACTERS } from "../wire/exemplar-rules.ts";
import type { OtlpExemplar } from "./metrics.ts";

/** Trace and span; and the attributes that were filtered from the series, unless they are too long together. */
export function exemplarLabels({ traceId, spanId, attributes }: OtlpExemplar): Label[] {
  const labels: Label[] = [];
  if (isSet(traceId)) labels.push(["trace_id", traceId]);
  if (isSet(spanId)) labels.push(["span_id", spanId]);
  const filtered = attributes.map(({ key, value }): Label => [key, value]);
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
