/**
 * OpenTelemetry metrics, decoded from either encoding of OTLP. Names are those of
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto; parts
 * without a counterpart in Prometheus are omitted.
 */

/** An attribute and its value as text (any-value.ts). Text that was not UTF-8 is not well formed (sent-text.ts). */
export interface Attribute {
  readonly key: string;
  readonly value: string;
}

export interface ResourceMetrics {
  readonly attributes: readonly Attribute[];
  readonly scopes: readonly ScopeMetrics[];
}

export interface ScopeMetrics {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: readonly Attribute[];
  readonly metrics: readonly Metric[];
}

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly data: MetricData;
}

/** "delta" counts since the previous point, "cumulative" since the start. */
export type Temporality = "unspecified" | "delta" | "cumulative";

/** Indexed by OTLP's numbers. */
export const TEMPORALITIES: readonly Temporality[] = ["unspecified", "delta", "cumulative"];

export type MetricData =
  | { readonly kind: "gauge"; readonly points: readonly NumberPoint[] }
  | {
      readonly kind: "sum";
      readonly temporality: Temporality;
      readonly isMonotonic: boolean;
      readonly points: readonly NumberPoint[];
    }
  | {
      readonly kind: "histogram";
      readonly temporality: Temporality;
      readonly points: readonly HistogramPoint[];
    }
  | {
      readonly kind: "exponential histogram";
      readonly temporality: Temporality;
      readonly points: readonly ExponentialPoint[];
    }
  | { readonly kind: "summary"; readonly points: readonly SummaryPoint[] }
  /** A metric of an unknown kind. */
  | { readonly kind: "unknown"; readonly points: readonly never[] };

export interface Point {
  readonly attributes: readonly Attribute[];
  /** In ms; 0 when the sender gave none. */
  readonly timestamp: number;
  /** In ms; 0 when the sender gave none. */
  readonly startTimestamp: number;
  /** The series has ended, or the sender has no value: becomes a staleness marker. */
  readonly hasNoValue: boolean;
  readonly exemplars: readonly OtlpExemplar[];
}

export interface NumberPoint extends Point {
  /** Undefined if the sender gave none. */
  readonly value: number | undefined;
}

export interface HistogramPoint extends Point {
  readonly count: number;
  readonly sum: number | undefined;
  /** Not cumulative, one more than bounds; may be empty. */
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
}

/** Bucket i counts values above base^(offset + i), up to base^(offset + i + 1). */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

export interface ExponentialPoint extends Point {
  readonly count: number;
  readonly sum: number | undefined;
  /** base = 2^(2^-scale) */
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

export interface SummaryPoint extends Point {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export interface OtlpExemplar {
  /** In ms. */
  readonly timestamp: number;
  readonly value: number;
  /** In hexadecimal; empty for none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: readonly Attribute[];
}
