/** Evaluations of Prometheus' own scripts that do not pass, each with the reason. The list fails when one of them passes. */

export interface KnownDifference {
  readonly script: string;
  readonly line: number;
  readonly reason: string;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];
