/** The compactor and the canary of `npm start`: what the schedule does in a deployed Hearth. */
import { setTimeout as sleep } from "node:timers/promises";
import { type CanaryReport, runCanaryAndLog } from "../lib/canary/canary.ts";
import { CANARY_TENANT } from "../lib/canary/canary-series.ts";
import type { WriteServices } from "../lib/http/gateway.ts";
import { collectUsageAndLog } from "../lib/http/limits/usage-collector.ts";
import { errorMessage } from "../lib/model/errors.ts";
import type { Metrics } from "../lib/model/metrics.ts";
import { MINUTE_MS } from "../lib/model/time.ts";
import { compactAndLog } from "../lib/storage/compact/compaction-log.ts";

/** The same as the schedule in template.yaml. */
const INTERVAL_MS = 5 * MINUTE_MS;
/** A run starts no step after this time. */
const RUN_MS = 4 * MINUTE_MS;

export interface CompactionTimer {
  /** Starts no further run, and waits for the one under way. */
  stop(): Promise<void>;
}

/** Receivers of the results of runs. */
export interface Observers {
  readonly compactor: Metrics | undefined;
  /** Absent: there is no canary. */
  readonly canary:
    | {
        readonly metrics: Metrics | undefined;
        /** Undefined for a run that failed. */
        readonly onReport: (report: CanaryReport | undefined) => void;
      }
    | undefined;
}

/** Runs at once, to finish what an earlier process left, then every five minutes; one run at a time. */
export function startCompaction(
  services: WriteServices,
  compactorShare: number,
  observers: Observers,
): CompactionTimer {
  const { table, clockGuard, randomBytes, tenants, log, writeCapacity: capacity } = services;
  const clock = clockGuard?.bounded ?? services.clock;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const run = async () => {
    const { signal } = stopping;
    try {
      await clockGuard?.check(true);
      const deadlineMs = clock() + RUN_MS;
      const retentionOf = async (tenant: string) => (await tenants.findStored(table, tenant))?.retentionMs;
      const rollupRetentionOf = async (tenant: string) =>
        (await tenants.findStored(table, tenant))?.rollupRetentionMs;
      await compactAndLog(
        table,
        {
          clock,
          randomBytes,
          retentionOf,
          rollupRetentionOf,
          deadlineMs,
          signal,
          pacing: capacity && { capacity, share: compactorShare, sleep },
        },
        log,
        observers.compactor,
        services.usage,
      );
    } catch (error) {
      log("error", "compaction", { error: errorMessage(error) });
    }
    if (signal.aborted) return;
    await collectUsageAndLog(services);
    if (observers.canary === undefined) return;
    try {
      const { retentionMs } = await tenants.find(table, CANARY_TENANT);
      const options = { ...services, retentionMs, signal };
      observers.canary.onReport(await runCanaryAndLog(options, log, observers.canary.metrics));
    } catch (error) {
      log("error", "canary", { error: errorMessage(error) });
    }
  };
  const start = () => {
    running ??= run().finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(start, INTERVAL_MS);
  start();
  return {
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await running;
    },
  };
}
