/** The compactor of `npm start`: what the schedule does in a deployed Hearth. */
import type { Services } from "../lib/http/gateway.ts";
import { errorMessage } from "../lib/model/errors.ts";
import type { Metrics } from "../lib/model/metrics.ts";
import { MINUTE_MS } from "../lib/model/time.ts";
import { compactAndLog } from "../lib/storage/compact/compaction-log.ts";

/** As the schedule in template.yaml. */
const INTERVAL_MS = 5 * MINUTE_MS;
/** A run begins nothing new after so long. */
const RUN_MS = 4 * MINUTE_MS;

export interface CompactionTimer {
  /** Starts no further run, and waits for the one under way. */
  stop(): Promise<void>;
}

/** Runs at once, for what was left from before, and then every five minutes; one run at a time. */
export function startCompaction(
  { table, clock, randomBytes, tenants, log }: Services,
  metrics: Metrics | undefined,
): CompactionTimer {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const run = async () => {
    const { signal } = stopping;
    try {
      const deadlineMs = clock() + RUN_MS;
      const retentionOf = async (tenant: string) => (await tenants.find(table, tenant)).retentionMs;
      await compactAndLog(table, { clock, randomBytes, retentionOf, deadlineMs, signal }, log, metrics);
    } catch (error) {
      log("error", "compaction", { error: errorMessage(error) });
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
