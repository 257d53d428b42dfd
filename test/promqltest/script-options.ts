/** How queries of scripts are evaluated: as Prometheus' own runner has it. */
import { MINUTE_MS } from "../../lib/model/time.ts";

export const SCRIPT_OPTIONS = {
  lookbackDeltaMs: 5 * MINUTE_MS,
  limits: { maxSamples: 1_000_000, maxSteps: 11_000, maxSeries: 10_000, timeoutMs: 100_000 },
  defaultSubqueryStepMs: MINUTE_MS,
  delayedNameRemoval: true,
  typeAndUnitLabels: false,
  useStartTimestamps: true,
};
