/**
 * Exemplars of OpenTelemetry -> exemplars of Prometheus.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars-2
 */
import type { Label } from "../model/labels.ts";
import { lowerBound } from "../model/lower-bound.ts";
import { countCharacters, MAX_EXEMPLAR_BYTES, MAX_EXEMPLAR_CHARACTERS } from "../wire/exemplar-rules.ts";
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
  // Measured first: what is far too long is not looked at.
  if (attributes.some(({ key, value }) => key.length + value.length > MAX_EXEMPLAR_BYTES)) return labels;
  const others = attributes.filter(({ key, value }) => !ids.has(key) && isSentText(key) && isSentText(value));
  const all: Label[] = [...labels, ...new Map(others.map(({ key, value }) => [key, value]))];
  const characters = all.reduce((n, [name, value]) => n + countCharacters(name) + countCharacters(value), 0);
  return characters <= MAX_EXEMPLAR_CHARACTERS ? all : labels;
}

/** An id of zeros is none. */
function isSet(id: string): boolean {
  return /[^0]/.test(id);
}

/** The exemplars of each bucket that has any, by the number of its upper bound; above all bounds, by their count. */
export function bucketExemplars(
  exemplars: readonly OtlpExemplar[],
  bounds: readonly number[],
): ReadonlyMap<number, readonly OtlpExemplar[]> {
  const ascending = Float64Array.from(bounds);
  return Map.groupBy(exemplars, ({ value }) =>
    Number.isNaN(value) ? bounds.length : lowerBound(ascending, value),
  );
}
