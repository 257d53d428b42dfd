/**
 * Prometheus' API in types. A call takes the client first and an `AbortSignal` last.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import type { Answer, Client } from "./client.ts";
import type { Metric } from "./metric-text.ts";

/** Seconds since the epoch, and a value as text: "NaN", "+Inf" and "-Inf" are values too. */
export type Point = readonly [seconds: number, value: string];

/** Which bounds belong to a bucket: 0 the upper, 1 the lower, 2 neither, 3 both. */
export type ApiBucket = readonly [boundaries: number, lower: string, upper: string, count: string];

export interface ApiHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly ApiBucket[];
}

export type HistogramPoint = readonly [seconds: number, histogram: ApiHistogram];

export interface ApiSeries {
  readonly metric: Metric;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

export interface QueryStats {
  readonly timings: { readonly execTotalTime: number };
  readonly samples: {
    readonly totalQueryableSamples: number;
    readonly samplesRead?: number;
    readonly seriesTouched?: number;
    readonly peakSamples: number;
    readonly rowsRead?: number;
  };
}

export interface SeriesData {
  readonly resultType: "matrix" | "vector";
  readonly result: readonly ApiSeries[];
  readonly stats?: QueryStats;
}

export interface ValueData {
  readonly resultType: "scalar" | "string";
  readonly result: Point;
  readonly stats?: QueryStats;
}

export type QueryData = SeriesData | ValueData;

export function isSeriesData(data: QueryData): data is SeriesData {
  return data.resultType === "matrix" || data.resultType === "vector";
}

/** In seconds. */
export interface StepRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** How coarse stored data may be that a query reads; "" for the service's setting. */
export type Resolution = "" | "auto" | "0s" | "1h";

export interface QueryOptions {
  readonly resolution?: Resolution;
  readonly stats?: boolean;
}

function optionsForm({ resolution = "", stats = true }: QueryOptions) {
  return { max_source_resolution: resolution || undefined, stats: stats ? "true" : undefined };
}

export function queryInstant(
  client: Client,
  query: string,
  time: number,
  options: QueryOptions = {},
  signal?: AbortSignal,
): Promise<Answer<QueryData>> {
  return client.post("api/v1/query", { query, time, ...optionsForm(options) }, signal);
}

export function queryRange(
  client: Client,
  query: string,
  { start, end, step }: StepRange,
  options: QueryOptions = {},
  signal?: AbortSignal,
): Promise<Answer<QueryData>> {
  const form = { query, start, end, step, ...optionsForm(options) };
  return client.post("api/v1/query_range", form, signal);
}

/** In seconds; omitted, all times that the server looks at. */
export interface TimeRange {
  readonly start?: number;
  readonly end?: number;
}

export function labelValues(
  client: Client,
  label: string,
  range: TimeRange & { readonly match?: readonly string[]; readonly limit?: number } = {},
  signal?: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const { match, ...rest } = range;
  return client.get(
    `api/v1/label/${encodeURIComponent(label)}/values`,
    { ...rest, "match[]": match },
    signal,
  );
}

export function findSeries(
  client: Client,
  match: readonly string[],
  range: TimeRange & { readonly limit?: number } = {},
  signal?: AbortSignal,
): Promise<Answer<readonly Metric[]>> {
  return client.post("api/v1/series", { "match[]": match, ...range }, signal);
}

export interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** By metric; of one metric, or of all. */
export function metadata(
  client: Client,
  metric: string | undefined,
  signal?: AbortSignal,
): Promise<Answer<Readonly<Record<string, readonly Metadata[]>>>> {
  return client.get("api/v1/metadata", { metric }, signal);
}

export interface ApiExemplars {
  readonly seriesLabels: Metric;
  readonly exemplars: readonly {
    readonly labels: Metric;
    readonly value: string;
    readonly timestamp: number;
  }[];
}

export function queryExemplars(
  client: Client,
  query: string,
  { start, end }: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<Answer<readonly ApiExemplars[]>> {
  return client.post("api/v1/query_exemplars", { query, start, end }, signal);
}

export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

/** Of today (UTC). */
export interface Cardinality {
  readonly headStats: { readonly numSeries: number; readonly numLabelPairs: number };
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  readonly memoryInBytesByLabelName: readonly NamedCount[];
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
}

export function cardinality(
  client: Client,
  limit: number,
  signal?: AbortSignal,
): Promise<Answer<Cardinality>> {
  return client.get("api/v1/status/tsdb", { limit }, signal);
}

export interface BuildInfo {
  /** Of the Prometheus whose API the server has. */
  readonly version: string;
  /** `Hearth 0.2.0`. */
  readonly revision: string;
}

export function buildInfo(client: Client, signal?: AbortSignal): Promise<Answer<BuildInfo>> {
  return client.get("api/v1/status/buildinfo", {}, signal);
}
