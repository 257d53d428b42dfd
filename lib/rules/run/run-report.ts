/** What running rules came to: counts, for the log and for metrics. */

export interface RunReport {
  /** Rules evaluated, each time for itself, and how many of these failed. */
  readonly evaluations: number;
  readonly failures: number;
  /** Evaluations of groups that were left out for good. */
  readonly missed: number;
  /** Groups that could not be evaluated and will be later. */
  readonly postponed: number;
  /** How far the oldest evaluation was behind its nominal time, in ms. */
  readonly lateMs: number;
  readonly samples: number;
  readonly rejectedSamples: number;
  readonly delivered: number;
  readonly undelivered: number;
}

export const NOTHING_RUN: RunReport = {
  evaluations: 0,
  failures: 0,
  missed: 0,
  postponed: 0,
  lateMs: 0,
  samples: 0,
  rejectedSamples: 0,
  delivered: 0,
  undelivered: 0,
};

export function addReports(a: RunReport, b: RunReport): RunReport {
  const sum = Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, value + b[name as keyof RunReport]]),
  ) as unknown as RunReport;
  return { ...sum, lateMs: Math.max(a.lateMs, b.lateMs) };
}
