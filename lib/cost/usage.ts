/** What a load uses of AWS in a month: counts and bytes, to which prices apply (bill.ts). */

/** Per sample, from request to chunk; `npm run bench:cost` measures them. */
export interface SampleFigures {
  readonly writeUnits: number;
  /** Of compaction and of writers that start. */
  readonly readUnits: number;
  readonly requests: number;
  /** Of the write function and the compactor. */
  readonly lambdaGbSeconds: number;
  readonly lambdaRequests: number;
  /** Bytes that stay as long as samples: chunk items and index. */
  readonly lastingBytes: number;
  /** Bytes of log, dictionaries and runs, which stay `transientDays`. */
  readonly transientBytes: number;
  readonly transientDays: number;
  /** Bytes of hourly rows in month parts. */
  readonly rowBytes: number;
}

/** What is kept, and who looks at it. */
export interface Plan {
  readonly retentionDays: number;
  /** Of hourly rows. */
  readonly rowDays: number;
  readonly panelsPerDay: number;
  readonly hasMonitoring: boolean;
}

export interface MonthlyUsage {
  readonly samples: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly requests: number;
  readonly lambdaGbSeconds: number;
  readonly lambdaRequests: number;
  readonly logBytes: number;
  readonly panels: number;
  readonly panelReadUnits: number;
  readonly panelGbSeconds: number;
  readonly panelLogBytes: number;
  readonly lastingBytes: number;
  readonly transientBytes: number;
  readonly rowBytes: number;
  readonly metrics: number;
  /** Metrics that alarms look at: CloudWatch bills an alarm by them. */
  readonly alarmMetrics: number;
}

export const DAYS_PER_MONTH = 30;

/**
 * Bytes that CloudWatch bills for a request: the function's line 400, its metric line 300; rounded
 * lengths of such lines. The gateway's access log, off by default, would be 400 more.
 */
const REQUEST_LOG_BYTES = 700;

/**
 * A warm panel: read units by `npm run bench:query`, the time of the query function an assumption of
 * 80 ms at 1,769 MB.
 */
export const PANEL = { readUnits: 10, gbSeconds: (0.08 * 1769) / 1024, logBytes: REQUEST_LOG_BYTES } as const;

/** Of template.yaml with `Monitoring=full`. */
export const MONITORING = { metrics: 13, alarmMetrics: 43 } as const;

/** The month in which as much leaves by retention as comes. */
export function usageOf(samplesPerMonth: number, figures: SampleFigures, plan: Plan): MonthlyUsage {
  const perDay = samplesPerMonth / DAYS_PER_MONTH;
  const requests = samplesPerMonth * figures.requests;
  const panels = plan.panelsPerDay * DAYS_PER_MONTH;
  const transientDays = Math.min(figures.transientDays, plan.retentionDays);
  return {
    samples: samplesPerMonth,
    writeUnits: samplesPerMonth * figures.writeUnits,
    readUnits: samplesPerMonth * figures.readUnits,
    requests,
    lambdaGbSeconds: samplesPerMonth * figures.lambdaGbSeconds,
    lambdaRequests: samplesPerMonth * figures.lambdaRequests,
    logBytes: requests * REQUEST_LOG_BYTES,
    panels,
    panelReadUnits: panels * PANEL.readUnits,
    panelGbSeconds: panels * PANEL.gbSeconds,
    panelLogBytes: panels * PANEL.logBytes,
    lastingBytes: perDay * plan.retentionDays * figures.lastingBytes,
    transientBytes: perDay * transientDays * figures.transientBytes,
    rowBytes: perDay * plan.rowDays * figures.rowBytes,
    metrics: plan.hasMonitoring ? MONITORING.metrics : 0,
    alarmMetrics: plan.hasMonitoring ? MONITORING.alarmMetrics : 0,
  };
}
