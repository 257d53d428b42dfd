/**
 * Settings that Prometheus has behind feature flags
 * (https://prometheus.io/docs/prometheus/latest/feature_flags/).
 */
import { parseFlag } from "../model/flag.ts";

export interface PromqlSettings {
  /** Experimental functions, aggregations and fill modifiers. */
  readonly takesExperiments: boolean;
  /**
   * `use-start-timestamps`: `rate()` and others use the start timestamps of samples, and
   * `start_timestamp()` returns them.
   */
  readonly useStartTimestamps: boolean;
}

export const DEFAULT_PROMQL_SETTINGS: PromqlSettings = { takesExperiments: false, useStartTimestamps: false };

/** From environment variables. Throws "invalid" with the variable's name for an invalid value. */
export function parsePromqlSettings(env: Readonly<Record<string, string | undefined>>): PromqlSettings {
  return {
    takesExperiments: parseFlag(env, "HEARTH_PROMQL_EXPERIMENTAL"),
    useStartTimestamps: parseFlag(env, "HEARTH_PROMQL_USE_START_TIMESTAMPS"),
  };
}
