/** What a run of the compactor asks of a table whose capacity is provisioned. */

/**
 * Runs that share a bucket: six of the eight hours until the next bucket closes, a run every five minutes. Then
 * the table's use is even, which is what auto scaling can follow.
 */
export const SPREAD_RUNS = 72;

/** A run's part of a bucket is this many samples at least: what a run stores of a group it reads from the group's start. */
export const LEAST_SHARE_SAMPLES = 300_000;

export interface Pace {
  /** Whether a step may begin. Lazy work may wait for hours: chunks, merges, rows. Flushes may not. */
  mayBegin(isLazy: boolean): boolean;
  /** Whether lazy work under way must stop. */
  isSpent(): boolean;
}
