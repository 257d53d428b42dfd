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

const ALL_WAYS = ["engine", "API, log", "API, compacted"] as const;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    script: "fill-modifier.test",
    lines: [185, 191, 206, 211, 216],
    ways: ALL_WAYS,
    reason:
      "with `group_right`, `fill_left` means the left side as written in 3.16, as matched in 3.14; behind a flag",
  },
  {
    script: "start_timestamps.test",
    lines: [149],
    ways: ALL_WAYS,
    reason: "3.16 ignores a start after its own sample, 3.14 takes it as a reset; behind a flag",
  },
  {
    script: "type_and_unit.test",
    lines: [39, 43, 192, 196, 284, 320],
    ways: ALL_WAYS,
    reason: "3.16 leaves `__type__` and `__unit__` out of matching and grouping, 3.14 treats them as labels",
  },
  {
    script: "native_histograms.test",
    lines: [2017, 2022],
    ways: ["API, log"],
    reason:
      "warnings of conflicting counter resets: only compaction works out which histograms are no resets",
  },
];
