/** Compaction with a line in the log for each day that something was done to, and one for the whole, and its metrics. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { Log } from "../../model/log.ts";
import { type Metrics, withoutZeros } from "../../model/metrics.ts";
import { parseStoredTenant } from "../../model/tenant.ts";
import { printDay } from "../layout/key-place.ts";
import { firstDayOf } from "../layout/rollup-keys.ts";
import type { MetricCount } from "../parts/metric-counts.ts";
import type { DamagedItem } from "../quarantine/quarantine.ts";
import { costFields, type Meter, newMeter, type Table } from "../table/table.ts";
import type { UsageRecorder } from "../usage/usage-recorder.ts";
import {
  type CompactOptions,
  type CompactResult,
  compact,
  type DayReport,
  type MonthReport,
} from "./compactor.ts";
import type { WriteCapacity } from "./pacing/write-capacity.ts";

/** See `compact`. */
export async function compactAndLog(
  table: Table,
  options: Omit<CompactOptions, "onDay" | "onDamagedItem">,
  log: Log,
  metrics?: Metrics,
  usage?: UsageRecorder,
): Promise<CompactResult> {
  const startMs = options.clock();
  const meter = newMeter();
  let samples = 0;
  let rows = 0;
  const noteUsage = (storedAs: string, { readUnits, writeUnits }: Meter) =>
    usage?.note(
      { tenant: parseStoredTenant(storedAs).name, key: "", route: "(compaction)" },
      { readUnits, writeUnits },
    );
  const onMetric = (storedAs: string, count: MetricCount) =>
    usage?.noteMetric({ tenant: parseStoredTenant(storedAs).name, ...count });
  const onDay = (report: DayReport) => {
    noteUsage(report.tenant, report.meter);
    samples += report.outcome?.samples ?? 0;
    rows += report.outcome?.rows ?? 0;
    logDay(report, log);
  };
  const onMonth = (report: MonthReport) => {
    noteUsage(report.tenant, report.meter);
    rows += report.outcome?.rows ?? 0;
    logMonth(report, log);
  };
  const onDamagedItem = ({ day, ...damaged }: DamagedItem) =>
    log("error", "damaged item in quarantine", { ...damaged, day: printDay(day) });
  const pacing = options.pacing && { ...options.pacing, capacity: logged(options.pacing.capacity, log) };
  const result = await compact(table.metered(meter), {
    ...options,
    pacing,
    onDay,
    onMonth,
    onMetric,
    onDamagedItem,
  });
  const durationMs = options.clock() - startMs;
  log(result.failures > 0 ? "error" : "info", "compaction", { ...result, durationMs, ...costFields(meter) });
  const { failures: FailedDays, lagMs: LagMs, quarantined: QuarantinedItems } = result;
  const { deletionAgeMs: DeletionAgeMs } = result;
  const { readUnits: ReadUnits, writeUnits: WriteUnits, damagedItems: DamagedItems } = meter;
  // A lag of 0 is reported too: without any lag the compactor does not run.
  const values = {
    LagMs,
    ...withoutZeros({
      Samples: samples,
      RollupRows: rows,
      FailedDays,
      ReadUnits,
      WriteUnits,
      DamagedItems,
      QuarantinedItems,
      DeletionAgeMs,
    }),
  };
  metrics?.(values, { labels: {}, durationMs });
  return result;
}

/** A capacity that cannot be read says so in the log, and the run is not paced: a long log is worse. */
function logged(capacity: WriteCapacity, log: Log): WriteCapacity {
  const read = async () => {
    try {
      return await capacity.read();
    } catch (error) {
      log("warn", "compaction: the table's capacity cannot be read, the run is not paced", {
        error: errorMessage(error),
      });
      return undefined;
    }
  };
  return { read, throttledCalls: () => capacity.throttledCalls() };
}

function logDay({ tenant, day, outcome, error, meter }: DayReport, log: Log): void {
  const fields = { tenant, day: printDay(day), ...costFields(meter) };
  if (error !== undefined) {
    const stack = errorKind(error) === "internal" && error instanceof Error ? error.stack : undefined;
    log("error", "compacted day", {
      ...fields,
      ...outcome,
      error: errorMessage(error),
      errorKind: errorKind(error),
      stack,
    });
  } else if (outcome !== undefined) {
    const { flushes, merges, chunkings, erasedItems, unindexedSeries, deletedItems, rows } = outcome;
    const done = flushes + merges + chunkings + erasedItems + unindexedSeries + deletedItems + rows;
    const isIdle = done === 0 && outcome.state === "done";
    log(isIdle ? "debug" : "info", "compacted day", { ...fields, ...outcome });
  }
}

function logMonth({ tenant, month, outcome, error, meter }: MonthReport, log: Log): void {
  const fields = { tenant, month: printDay(firstDayOf(month)).slice(0, -3), ...costFields(meter) };
  if (error === undefined) log("info", "compacted month", { ...fields, ...outcome });
  else
    log("error", "compacted month", { ...fields, error: errorMessage(error), errorKind: errorKind(error) });
}
