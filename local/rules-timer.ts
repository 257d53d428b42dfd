/** The rules of `npm start`: each group is evaluated when it is due, not once a minute as in a deployed Hearth. */
import type { WriteServices } from "../lib/http/gateway.ts";
import { errorMessage } from "../lib/model/errors.ts";
import type { Metrics } from "../lib/model/metrics.ts";
import { MINUTE_MS, SECOND_MS } from "../lib/model/time.ts";
import type { RuleRunner } from "../lib/rules/run/rule-runner.ts";
import { runRulesAndLog } from "../lib/rules/run/rules-log.ts";

/** A rule that is new is seen after so long. */
const LONGEST_WAIT_MS = 5 * SECOND_MS;
const SHORTEST_WAIT_MS = 200;
/** No group begins later in a run. */
const RUN_MS = MINUTE_MS;

export interface RulesTimer {
  /** Starts no further run, and waits for the one under way. */
  stop(): Promise<void>;
}

export function startRules(
  { clock, clockGuard, log, usage, table }: WriteServices,
  runner: RuleRunner,
  metrics: Metrics | undefined,
): RulesTimer {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      await clockGuard?.check(false);
      await runRulesAndLog(runner, { deadlineMs: clock() + RUN_MS, signal }, clock, log, metrics);
      if (usage?.isDue) await usage.flush(table);
    } catch (error) {
      log("error", "rules", { error: errorMessage(error) });
    }
    if (signal.aborted) return;
    const waitMs = Math.max(SHORTEST_WAIT_MS, Math.min(runner.nextDueMs - clock(), LONGEST_WAIT_MS));
    timer = setTimeout(start, waitMs);
  };
  const start = () => {
    running = run();
  };
  start();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
