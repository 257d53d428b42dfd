/**
 * Start timestamps of counters: when counting began. 0 means unknown.
 * https://prometheus.io/docs/prometheus/latest/feature_flags/
 */

interface Sample {
  readonly timeMs: number;
  /** 0 if unknown. */
  readonly startMs: number;
}

/** Whether a counter restarted between two samples. */
export function startsBetween(previous: Sample, { startMs, timeMs }: Sample): boolean {
  return isStartReset(previous.startMs, previous.timeMs, startMs, timeMs);
}

/** Whether a sample's start timestamp is after `timeMs`. */
export function startsAfter(timeMs: number, { startMs, timeMs: ownMs }: Sample): boolean {
  return startMs !== 0 && startMs > timeMs && startMs < ownMs;
}

/** `startsBetween` with its fields as arguments. */
export function isStartReset(
  previousStart: number,
  previousTime: number,
  start: number,
  time: number,
): boolean {
  if (start === previousStart || start === 0) return false;
  // A start after its own sample is invalid.
  if (start >= time || start < previousTime) return false;
  if (start > previousTime) return true;
  // Counting from the previous sample is a delta, so a reset. It is none if that sample's start is
  // unknown, which OpenTelemetry writes as the sample's own time.
  if (previousStart > previousTime) return false;
  return previousStart !== 0 && previousStart !== previousTime;
}

/**
 * Whether a sample claims to count from before the previous sample, and not from that one's own
 * start.
 */
export function isStartOverlap(previousStart: number, previousTime: number, start: number): boolean {
  return start !== 0 && start < previousTime && start !== previousStart;
}
