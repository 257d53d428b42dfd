/**
 * The Prometheus API of the address that this page came from.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import type { Session } from "./session.ts";

/** Seconds since the epoch, and a value as text: "NaN", "+Inf" and "-Inf" are values too. */
export type Point = readonly [seconds: number, value: string];
/** Seconds since the epoch, and a native histogram's totals as text. */
export type HistogramPoint = readonly [
  seconds: number,
  histogram: { readonly count: string; readonly sum: string },
];
export type Metric = Readonly<Record<string, string>>;

export interface Result {
  readonly resultType: "matrix" | "vector" | "scalar" | "string";
  /** Of a matrix or a vector. Native histograms are not among the points. */
  readonly series: readonly {
    readonly metric: Metric;
    readonly points: readonly Point[];
    readonly histograms: readonly HistogramPoint[];
  }[];
  /** Warnings and infos. */
  readonly notes: readonly string[];
  readonly milliseconds: number;
  /** The read units that DynamoDB bills, if the server reports them. */
  readonly readUnits: number | undefined;
}

/** An error of the server, or of the way to it. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface RawSeries {
  readonly metric: Metric;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

interface RawAnswer {
  readonly data: unknown;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface Api {
  queryRange(expr: string, range: StepRange, signal: AbortSignal): Promise<Result>;
  query(expr: string, seconds: number, signal: AbortSignal): Promise<Result>;
  /** The number of series of each of the largest metrics. */
  largestMetrics(signal: AbortSignal): Promise<readonly { readonly name: string; readonly series: number }[]>;
  /** For completion. */
  readonly fetch: (url: RequestInfo, init?: RequestInit) => Promise<Response>;
}

/** In seconds. */
export interface StepRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export function newApi(session: Session): Api {
  const authorized = (url: RequestInfo, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("Authorization", session.authorization);
    // With credentials of its own, a browser would ask in a window for others once they are
    // refused.
    return fetch(url, { ...init, headers, credentials: "omit" });
  };
  const post = async (path: string, form: Record<string, string>, signal: AbortSignal): Promise<Result> => {
    const start = performance.now();
    const response = await authorized(path, { method: "POST", body: new URLSearchParams(form), signal });
    const answer = await readAnswer(response);
    const readUnits = response.headers.get("X-Hearth-Read-Units");
    return {
      ...toResult(answer),
      milliseconds: performance.now() - start,
      readUnits: readUnits === null ? undefined : Number(readUnits),
    };
  };
  return {
    fetch: authorized,
    query: (query, time, signal) => post("api/v1/query", { query, time: String(time) }, signal),
    queryRange: (query, { start, end, step }, signal) => {
      const form = { query, start: String(start), end: String(end), step: String(step) };
      return post("api/v1/query_range", form, signal);
    },
    async largestMetrics(signal) {
      const { data } = await readAnswer(await authorized("api/v1/status/tsdb?limit=20", { signal }));
      const { seriesCountByMetricName } = data as {
        seriesCountByMetricName: { name: string; value: number }[];
      };
      return seriesCountByMetricName.map(({ name, value }) => ({ name, series: value }));
    },
  };
}

/** Throws an `ApiError` for everything but success. */
async function readAnswer(response: Response): Promise<RawAnswer> {
  const text = await response.text();
  let answer: { status?: string; error?: string };
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(response.status, text.trim() || `status ${response.status} without a word`);
  }
  if (answer.status === "success") return answer as RawAnswer;
  throw new ApiError(response.status, answer.error ?? `status ${response.status}`);
}

function toResult({ data, warnings = [], infos = [] }: RawAnswer) {
  const { resultType, result } = data as Pick<Result, "resultType"> & { result: unknown };
  const isList = resultType === "matrix" || resultType === "vector";
  const raw = isList ? (result as RawSeries[]) : [{ metric: {}, value: result as Point }];
  const series = raw.map(({ metric, value, values, histogram, histograms }) => ({
    metric,
    points: values ?? (value === undefined ? [] : [value]),
    histograms: histograms ?? (histogram === undefined ? [] : [histogram]),
  }));
  return { resultType, series, notes: [...warnings, ...infos] };
}

/** `up{job="node"}`, in the syntax of PromQL. */
export function printMetric(metric: Metric): string {
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  if (name !== "" && pairs.length === 0) return name;
  return `${name}{${pairs.join(", ")}}`;
}
