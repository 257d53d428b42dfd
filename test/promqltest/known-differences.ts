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
    script: "native_histograms.test",
    lines: [1880, 1885],
    ways: ["API, log"],
    reason:
      "warnings of conflicting counter resets: which histograms are known to be no resets is worked out when they are compacted",
  },
];
