/**
 * Lambda: compaction, on a schedule. Other invocations, in parallel or later, continue what one
 * cannot finish.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "aws-lambda";
import { runCanaryAndLog } from "../lib/canary/canary.ts";
import { CANARY_TENANT } from "../lib/canary/canary-series.ts";
import { collectUsageAndLog } from "../lib/http/limits/usage-collector.ts";
import { parseFlag } from "../lib/model/flag.ts";
import { DAY_MS, MINUTE_MS } from "../lib/model/time.ts";
import { compactAndLog } from "../lib/storage/compact/compaction-log.ts";
import type { CompactResult } from "../lib/storage/compact/compactor.ts";
import { parseCompactorShare } from "../lib/storage/compact/pacing/write-capacity.ts";
import { type CompactEvent, newFanOut } from "./fan-out.ts";
import { newRulesSchedule } from "./rules-schedule.ts";
import { newWriteServices } from "./write-services.ts";

/**
 * No step starts in the last minutes before the timeout: the longest, a bucket of 100,000 series,
 * takes less.
 */
const LAST_STEP_MS = 3 * MINUTE_MS;

const services = await newWriteServices(process.env, "compact");
const { table, clockGuard, randomBytes, tenants, log, metrics } = services;
// A clock that is weeks ahead for a moment must not make what is needed leave.
const clock = clockGuard?.settling ?? services.clock;
const rulesSchedule = newRulesSchedule(process.env, { fetch, clock: services.clock, log });
const { writeCapacity: capacity } = services;
const share = parseCompactorShare(process.env);
const hasCanary = parseFlag(process.env, "HEARTH_CANARY", true);

/** Samples of today wait until their eight hours are over, rows for the daily sweep; nothing waits longer. */
const MAX_DELETION_AGE_MS = 2 * DAY_MS;

/**
 * Throws "unavailable" if the time cannot be known, and after all days if one failed, so that the
 * function's error metric counts it.
 */
export async function handler(event: CompactEvent, context: Context): Promise<CompactResult> {
  await clockGuard?.check(true);
  const clockOffsetMs = clockGuard?.notableOffsetMs ?? 0;
  if (clockOffsetMs > 0) metrics?.({ ClockOffsetMs: clockOffsetMs }, { labels: {}, durationMs: 0 });
  const deadlineMs = clock() + context.getRemainingTimeInMillis() - LAST_STEP_MS;
  const retentionOf = async (tenant: string) => (await tenants.findStored(table, tenant))?.retentionMs;
  const rollupRetentionOf = async (tenant: string) =>
    (await tenants.findStored(table, tenant))?.rollupRetentionMs;
  const fanOut = newFanOut(event, context.functionName, log);
  const result = await compactAndLog(
    table,
    {
      clock,
      randomBytes,
      retentionOf,
      rollupRetentionOf,
      deadlineMs,
      fanOut,
      pacing: capacity && { capacity, share, sleep },
    },
    log,
    metrics,
    services.usage,
  );
  // One of those at work is enough.
  if (hasCanary && event.helper === undefined) {
    const { retentionMs } = await tenants.find(table, CANARY_TENANT);
    await runCanaryAndLog({ ...services, retentionMs }, log, metrics);
  }
  if (event.helper === undefined) await rulesSchedule?.follow(table);
  if (event.helper === undefined) await collectUsageAndLog(services);
  else await services.usage?.flush(table);
  if (result.failures > 0)
    throw new Error(`compaction: ${result.failures} of ${result.days} days failed; see the log`);
  if (result.deletionAgeMs > MAX_DELETION_AGE_MS)
    throw new Error(
      `compaction: a deletion is not carried out for ${Math.floor(result.deletionAgeMs / DAY_MS)} days; hearthdb delete --pending names the days`,
    );
  return result;
}
