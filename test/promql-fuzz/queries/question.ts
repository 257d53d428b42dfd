/** What is asked of both. */

/** A query at `startMs`, or, with a step, to `endMs`. */
export interface Question {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number | undefined;
  /** How old a sample may be that stands for its series; undefined is the default, five minutes. */
  readonly lookbackMs?: number | undefined;
  /** Series of the answer at most; undefined is all. */
  readonly limit?: number | undefined;
}

/** Prometheus' and Hearth's own. */
export const DEFAULT_LOOKBACK_MS = 300_000;
