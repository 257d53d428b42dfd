/**
 * Evaluations of Prometheus' own scripts that do not pass, each with the reason. A test fails when one
 * of them passes. docs/promql.md has the same list.
 */

/** How scripts run: on the engine alone, or through the API on samples in the log, or on compacted ones. */
export type Way = "engine" | "API, log" | "API, compacted";

export interface KnownDifference {
  readonly script: string;
  readonly lines: readonly number[];
  readonly ways: readonly Way[];
  readonly reason: string;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    script: "native_histograms.test",
    lines: [2017, 2022],
    ways: ["API, log"],
    reason:
      "warnings of conflicting counter resets: only compaction works out which histograms are no resets",
  },
];
