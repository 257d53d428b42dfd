/**
 * Converts OpenTelemetry's exemplars to Prometheus'.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars-2
 */
import type { Label } from "../model/labels.ts";
import { lowerBound } from "../model/lower-bound.ts";
import { countCharacters, MAX_EXEMPLAR_BYTES, MAX_EXEMPLAR_CHARACTERS } from "../wire/exemplar-rules.ts";
import type { OtlpExemplar } from "./metrics.ts";
import { isSentText } from "./sent-text.ts";

/**
 * Returns the labels of an exemplar: trace id, span id, and the filtered attributes unless all of them
 * are too long together. Ids win over attributes of the same name. The last of several attributes with
 * one key wins. An attribute that is not UTF-8 is dropped.
 */
export function exemplarLabels({ traceId, spanId, attributes }: OtlpExemplar): Label[] {
  const ids = new Map<string, string>();
  if (isSet(traceId)) ids.set("trace_id", traceId);
  if (isSet(spanId)) ids.set("span_id", spanId);
  const labels: Label[] = [...ids];
  // The length comes first: attributes that are far too long are not read.
  if (attributes.some(({ key, value }) => key.length + value.length > MAX_EXEMPLAR_BYTES)) return labels;
  const others = attributes.filter(({ key, value }) => !ids.has(key) && isSentText(key) && isSentText(value));
  const all: Label[] = [...labels, ...new Map(others.map(({ key, value }) => [key, value]))];
  const characters = all.reduce((n, [name, value]) => n + countCharacters(name) + countCharacters(value), 0);
  return characters <= MAX_EXEMPLAR_CHARACTERS ? all : labels;
}

/** An id of zeros is absent. */
function isSet(id: string): boolean {
  return /[^0]/.test(id);
}

/** Groups exemplars by the index of their bucket's upper bound. Those above all bounds have the number of bounds as index. */
export function bucketExemplars(
  exemplars: readonly OtlpExemplar[],
  bounds: readonly number[],
): ReadonlyMap<number, readonly OtlpExemplar[]> {
  const ascending = Float64Array.from(bounds);
  return Map.groupBy(exemplars, ({ value }) =>
    Number.isNaN(value) ? bounds.length : lowerBound(ascending, value),
  );
}
