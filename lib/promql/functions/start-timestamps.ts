/**
 * What start timestamps tell of counters: when their counting began anew. 0 is unknown.
 * https://prometheus.io/docs/prometheus/latest/feature_flags/
 */

interface Sample {
  readonly timeMs: number;
  /** 0 is unknown. */
  readonly startMs: number;
}

/** Whether a counter began anew between two samples. */
export function startsBetween(previous: Sample, { startMs, timeMs }: Sample): boolean {
  return isStartReset(previous.startMs, previous.timeMs, startMs, timeMs);
}

/** Whether a sample counts since a time that is after `timeMs`. */
export function startsAfter(timeMs: number, { startMs, timeMs: ownMs }: Sample): boolean {
  return startMs !== 0 && startMs > timeMs && startMs < ownMs;
}

/** The same as columns have it. */
export function isStartReset(
  previousStart: number,
  previousTime: number,
  start: number,
  time: number,
): boolean {
  if (start === 0 || start >= time || start < previousTime) return false;
  if (start > previousTime) return true;
  // Counted from the sample before: a delta; unless that one's own start is unknown, as OpenTelemetry writes it.
  if (previousStart > previousTime) return false;
  return previousStart !== 0 && previousStart !== previousTime;
}

/** Whether a sample claims to count from before the sample before, and not from where that one did. */
export function isStartOverlap(previousStart: number, previousTime: number, start: number): boolean {
  return start !== 0 && start < previousTime && start !== previousStart;
}
