/** A run of the rules with a line in the log and its metrics. */
import { errorMessage } from "../../model/errors.ts";
import type { Log } from "../../model/log.ts";
import { type Metrics, withoutZeros } from "../../model/metrics.ts";
import { type Clock, MINUTE_MS } from "../../model/time.ts";
import { costFields, newMeter } from "../../storage/table/table.ts";
import type { RuleRunner, RunOptions } from "./rule-runner.ts";
import type { RunReport } from "./run-report.ts";

/** The schedule alone makes an evaluation up to a minute late. */
const LATE_MS = 2 * MINUTE_MS;

/** Never throws. Undefined for a run that failed as a whole. */
export async function runRulesAndLog(
  runner: RuleRunner,
  options: RunOptions,
  clock: Clock,
  log: Log,
  metrics?: Metrics,
): Promise<RunReport | undefined> {
  const startMs = clock();
  const meter = newMeter();
  try {
    const report = await runner.run({ ...options, meter });
    const durationMs = clock() - startMs;
    const isIdle = report.evaluations + report.postponed + report.missed === 0;
    const hasFailed = report.failures + report.postponed + report.missed + report.undelivered > 0;
    log(hasFailed ? "warn" : isIdle ? "debug" : "info", "rules", {
      ...report,
      durationMs,
      ...costFields(meter),
    });
    const { evaluations, failures, missed, postponed, lateMs, rejectedSamples, delivered, undelivered } =
      report;
    const values = withoutZeros({
      RuleEvaluations: evaluations,
      RuleFailures: failures,
      MissedRuleEvaluations: missed,
      PostponedRuleGroups: postponed,
      RuleLateMs: lateMs < LATE_MS ? 0 : lateMs,
      RejectedSamples: rejectedSamples,
      AlertsDelivered: delivered,
      AlertsUndelivered: undelivered,
      ReadUnits: meter.readUnits,
      WriteUnits: meter.writeUnits,
      DamagedItems: meter.damagedItems,
    });
    if (!isIdle) metrics?.(values, { labels: {}, durationMs });
    return report;
  } catch (error) {
    log("error", "rules", { error: errorMessage(error), ...costFields(meter) });
    metrics?.({ RuleRunFailures: 1 }, { labels: {}, durationMs: clock() - startMs });
    return undefined;
  }
}
