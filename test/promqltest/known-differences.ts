/**
 * Evaluations of Prometheus' own scripts that do not pass, each with the reason. The list fails when one of them passes; the README
 * has it too.
 */

/** How scripts are run: on the engine alone; through the API on what is still in the log of writes, or has been compacted. */
export type Way = "engine" | "API, log" | "API, compacted";

export interface KnownDifference {
  readonly script: string;
  readonly lines: readonly number[];
  readonly ways: readonly Way[];
  readonly reason: string;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    script: "start_timestamps.test",
    lines: [
      8, 13, 18, 24, 42, 66, 74, 82, 144, 169, 189, 207, 210, 213, 217, 234, 240, 246, 259, 276, 284, 289,
      305,
    ],
    ways: ["API, log", "API, compacted"],
    reason: "start timestamps are not stored",
  },
  {
    script: "native_histograms.test",
    lines: [1880, 1885],
    ways: ["API, log"],
    reason:
      "warnings of conflicting counter resets: which histograms are known to be no resets is worked out when they are compacted",
  },
];
