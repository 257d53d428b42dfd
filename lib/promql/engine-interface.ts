/** What a query engine takes, reads from and returns. */
import type { Deadline } from "../model/deadline.ts";
import type { HistogramSamples } from "../model/histogram-samples.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Patterns } from "../model/regexp/patterns.ts";
import type { Samples } from "../model/samples.ts";
import type { Clock } from "../model/time.ts";
import type { Queryable } from "../storage/interface.ts";
import type { Expr } from "./syntax/ast.ts";

/** The part of a reader that the engine uses. */
export type SeriesSource = Pick<Queryable, "select">;

export interface Query {
  /** What was parsed: annotations name places in it. */
  readonly text: string;
  readonly expr: Expr;
}

export interface EngineLimits {
  /** Samples in memory at any time, a histogram counting as several; each takes up to 17 bytes. */
  readonly maxSamples: number;
  /** Steps of a range query. */
  readonly maxSteps: number;
  /** Series that one query may select. */
  readonly maxSeries: number;
  readonly timeoutMs: number;
}

export interface QueryOptions {
  /** How old the newest sample may be that stands for a series. */
  readonly lookbackDeltaMs: number;
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** The request's time limit; default: `limits.timeoutMs` from the beginning of the evaluation. */
  readonly deadline?: Deadline | undefined;
  /** The request's regular expressions; default: limits of its own for the evaluation. */
  readonly patterns?: Patterns | undefined;
  /** The step of a subquery that has none. */
  readonly defaultSubqueryStepMs: number;
  /** Names are dropped from results only, not on the way (`promql-delayed-name-removal`). */
  readonly delayedNameRemoval: boolean;
  /** Counters are told by their label `__type__` (`type-and-unit-labels`), not by the suffix of their name. */
  readonly typeAndUnitLabels: boolean;
  /** Start timestamps of samples count as resets (`use-start-timestamps`). */
  readonly useStartTimestamps: boolean;
  /** Whether to count samples for each step. */
  readonly perStepStats: boolean;
}

/** Times are in ms since the epoch. */
export interface InstantRange {
  readonly timeMs: number;
}

/** From the first to the last, both included. */
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
  /** Each with exactly one sample, at the time of the query; in the order that the expression made. */
  | { readonly type: "vector"; readonly timestampMs: number; readonly series: readonly MatrixSeries[] }
  /** Sorted by label set. */
  | { readonly type: "matrix"; readonly series: readonly MatrixSeries[] };

/** Counted as Prometheus does for `stats`. */
export interface SampleStats {
  /** Of every step all samples that it looked at: what instant queries at each of the steps would read together. */
  readonly totalQueryableSamples: number;
  /** Undefined unless it was asked for. */
  readonly totalQueryableSamplesPerStep: Float64Array | undefined;
  /** Those that no step before had looked at already, by the same range vector or subquery. */
  readonly samplesRead: number;
  /** Undefined unless it was asked for. */
  readonly samplesReadPerStep: Float64Array | undefined;
  /** Of every selector all series that it has. */
  readonly seriesTouched: number;
  readonly peakSamples: number;
}

export interface QueryResult {
  readonly value: QueryValue;
  /** As Prometheus words them, each with its place in the text: `PromQL warning: … (1:5)`. */
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly samples: SampleStats;
}

/** Evaluates expressions; what a query asks for and cannot be throws "invalid", a limit that is passed "too large". */
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
