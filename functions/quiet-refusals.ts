/**
 * The log and the metrics of a function, where requests without a valid key cost little: one line a
 * second is written for them, with the number of those that were left out. Strangers may send any number.
 */
import type { Log } from "../lib/model/log.ts";
import type { MetricOrigin, Metrics, MetricValues } from "../lib/model/metrics.ts";
import { type Clock, SECOND_MS } from "../lib/model/time.ts";

/** Of all of one second, of either kind. */
const INTERVAL_MS = SECOND_MS;

export function quietLog(log: Log, clock: Clock): Log {
  let quietUntilMs = 0;
  let omitted = 0;
  return (level, message, fields) => {
    if (message !== "request" || fields.errorKind !== "unauthenticated") return log(level, message, fields);
    const nowMs = clock();
    if (nowMs < quietUntilMs) {
      omitted++;
      return;
    }
    log(level, message, omitted > 0 ? { ...fields, omittedBefore: omitted } : fields);
    omitted = 0;
    quietUntilMs = nowMs + INTERVAL_MS;
  };
}

/** What was left out is added to the next line, so the sums are right. */
export function quietMetrics(metrics: Metrics | undefined, clock: Clock): Metrics | undefined {
  if (metrics === undefined) return undefined;
  let quietUntilMs = 0;
  let pending: MetricValues = {};
  return (values, origin) => {
    const nowMs = clock();
    if (isRefusal(origin)) {
      if (nowMs < quietUntilMs) {
        pending = sum(pending, values);
        return;
      }
      quietUntilMs = nowMs + INTERVAL_MS;
    }
    metrics(sum(values, pending), origin);
    pending = {};
  };
}

function isRefusal({ labels }: MetricOrigin): boolean {
  return labels.error === "unauthenticated";
}

/** A clock's offset is no sum: the larger one counts. */
function sum(a: MetricValues, b: MetricValues): MetricValues {
  const total: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = total[name] ?? 0;
    total[name] = name === "ClockOffsetMs" ? Math.max(known, value) : known + value;
  }
  return total;
}
