/**
 * Settings that Prometheus has behind feature flags
 * (https://prometheus.io/docs/prometheus/latest/feature_flags/).
 */
import { HearthError } from "../model/errors.ts";
import { parseFlag } from "../model/flag.ts";

export interface PromqlSettings {
  /** Experimental functions, aggregations and fill modifiers. */
  readonly takesExperiments: boolean;
  /**
   * `use-start-timestamps`: `rate()` and others use the start timestamps of samples, and
   * `start_timestamp()` returns them.
   */
  readonly useStartTimestamps: boolean;
  /** What selectors are read from unless a request says so. Default: "auto". */
  readonly resolution?: SourceResolution | undefined;
}

export const DEFAULT_PROMQL_SETTINGS: PromqlSettings = {
  takesExperiments: false,
  useStartTimestamps: false,
  resolution: "auto",
};

const RESOLUTION = "HEARTH_QUERY_RESOLUTION";

/** From environment variables. Throws "invalid" with the variable's name for an invalid value. */
export function parsePromqlSettings(env: Readonly<Record<string, string | undefined>>): PromqlSettings {
  return {
    takesExperiments: parseFlag(env, "HEARTH_PROMQL_EXPERIMENTAL"),
    useStartTimestamps: parseFlag(env, "HEARTH_PROMQL_USE_START_TIMESTAMPS"),
    resolution: parseDefault(env[RESOLUTION]),
  };
}

/** What selectors are read from (docs/promql.md): as an engine's `resolution`. */
export type SourceResolution = "samples" | "rows" | "auto";

/** As requests write them (`max_source_resolution`). */
const SPELLINGS: ReadonlyMap<string, SourceResolution> = new Map([
  ["auto", "auto"],
  ["0s", "samples"],
  ["1h", "rows"],
]);

function parseDefault(text: string | undefined): SourceResolution {
  if (text === undefined || text === "") return "auto";
  const resolution = SPELLINGS.get(text);
  if (resolution !== undefined) return resolution;
  throw new HearthError(
    "invalid",
    `${RESOLUTION}=${text}: expected one of ${[...SPELLINGS.keys()].join(", ")}`,
  );
}
