/** What a query engine takes, reads from and returns. */
import type { Deadline } from "../model/deadline.ts";
import type { HistogramSamples } from "../model/histogram-samples.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Patterns } from "../model/regexp/patterns.ts";
import type { Samples } from "../model/samples.ts";
import type { Clock } from "../model/time.ts";
import type { Queryable } from "../storage/interface.ts";
import type { SourceResolution } from "./settings.ts";
import type { Expr } from "./syntax/ast.ts";

/** The part of a reader that the engine uses. A source without hourly rows is read sample by sample. */
export type SeriesSource = Pick<Queryable, "select"> & Partial<Pick<Queryable, "selectRows" | "keptSinceMs">>;

export interface Query {
  /** Annotations point into the text. */
  readonly text: string;
  readonly expr: Expr;
}

export interface EngineLimits {
  /** Samples in memory at any time. A histogram counts as several; each takes up to 17 bytes. */
  readonly maxSamples: number;
  /** Steps of a range query. */
  readonly maxSteps: number;
  /** Series that one query may select. */
  readonly maxSeries: number;
  /** What the request itself allows: series touched and samples read, as `SampleStats` counts them. Default: any. */
  readonly maxSeriesTouched?: number | undefined;
  readonly maxSamplesRead?: number | undefined;
  readonly timeoutMs: number;
}

export interface QueryOptions {
  /** The greatest age of the sample that represents a series. */
  readonly lookbackDeltaMs: number;
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** The request's time limit; default: `limits.timeoutMs` from the start of the evaluation. */
  readonly deadline?: Deadline | undefined;
  /** The request's regular expressions; default: separate limits for the evaluation. */
  readonly patterns?: Patterns | undefined;
  /** The step of a subquery without one. */
  readonly defaultSubqueryStepMs: number;
  /** Whether only results drop names (`promql-delayed-name-removal`). */
  readonly delayedNameRemoval: boolean;
  /**
   * Whether the label `__type__` identifies counters (`type-and-unit-labels`), instead of a name's
   * suffix.
   */
  readonly typeAndUnitLabels: boolean;
  /** Whether start timestamps count as resets (`use-start-timestamps`). */
  readonly useStartTimestamps: boolean;
  /** Whether to count samples for each step. */
  readonly perStepStats: boolean;
  /**
   * "samples"; "rows": hourly rows wherever they can stand for samples; "auto": samples while they are there and a request
   * can pay for them, else rows. Default: "samples".
   */
  readonly resolution?: SourceResolution | undefined;
}

/** Times are in ms since the epoch. */
export interface InstantRange {
  readonly timeMs: number;
}

/** The first and the last step are included. */
export interface StepRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Two sorted columns for floats, two for histograms. */
export interface MatrixSeries extends Samples {
  readonly labels: LabelSet;
  readonly histograms: HistogramSamples | undefined;
}

export type QueryValue =
  | { readonly type: "scalar"; readonly timestampMs: number; readonly value: number }
  | { readonly type: "string"; readonly timestampMs: number; readonly value: string }
  /**
   * Each series has exactly one sample, at the time of the query. In the order that the expression
   * made.
   */
  | { readonly type: "vector"; readonly timestampMs: number; readonly series: readonly MatrixSeries[] }
  /** Sorted by label set. */
  | { readonly type: "matrix"; readonly series: readonly MatrixSeries[] };

/** The counts of `stats`, as in Prometheus. */
export interface SampleStats {
  /** The samples that every step looked at: as many as instant queries at each step would read. */
  readonly totalQueryableSamples: number;
  /** Undefined unless requested. */
  readonly totalQueryableSamplesPerStep: Float64Array | undefined;
  /** Without those that an earlier step of the same range vector or subquery looked at. */
  readonly samplesRead: number;
  /** Undefined unless requested. */
  readonly samplesReadPerStep: Float64Array | undefined;
  /** The series of every selector, summed up. */
  readonly seriesTouched: number;
  readonly peakSamples: number;
  /** Hourly rows that were read in place of samples; no other count has them. */
  readonly rowsRead: number;
}

export interface QueryResult {
  readonly value: QueryValue;
  /** In Prometheus' words, each with its place in the text: `PromQL warning: … (1:5)`. */
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly samples: SampleStats;
}

/**
 * Evaluates expressions. Throws "invalid" for a query that cannot be evaluated, "too large" for an
 * exceeded limit and "timed out".
 */
export interface QueryEngine {
  instantQuery(
    source: SeriesSource,
    query: Query,
    range: InstantRange,
    options: QueryOptions,
  ): Promise<QueryResult>;
  rangeQuery(
    source: SeriesSource,
    query: Query,
    range: StepRange,
    options: QueryOptions,
  ): Promise<QueryResult>;
}
