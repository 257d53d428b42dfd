/** The query API's services on Hearth's own storage and engine. */
import type { Limits } from "../../model/limits.ts";
import { MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { instantQuery, rangeQuery } from "../../promql/engine/engine.ts";
import type { QueryEngine } from "../../promql/engine-interface.ts";
import { parseOptions } from "../../promql/parse/options.ts";
import type { PromqlSettings } from "../../promql/settings.ts";
import type { ReaderMemory } from "../../storage/cache/reader-memory.ts";
import type { Services } from "../gateway.ts";
import { openReader } from "../open-reader.ts";
import type { QueryServices, QuerySettings } from "./services.ts";

/** The Prometheus whose test scripts the engine passes. */
const PROMETHEUS_VERSION = "3.16.0";
/** Prometheus' defaults, except the samples (50 million there): a Lambda has less memory. */
const MAX_SAMPLES = 20_000_000;
const MAX_STEPS = 11_000;
const TIMEOUT_MS = 25 * SECOND_MS;

export const ENGINE: QueryEngine = { instantQuery, rangeQuery };

export function newQueryServices(
  services: Services,
  promql: PromqlSettings,
  memory?: ReaderMemory,
  rules?: QueryServices["rules"],
): QueryServices {
  return {
    rules,
    settings: querySettings(promql, services.limits),
    engine: ENGINE,
    openSource: (access, table, options) => openReader(services, access, table, { memory, ...options }),
  };
}

export function querySettings(promql: PromqlSettings, { maxQuerySeries }: Limits): QuerySettings {
  return {
    parse: parseOptions(promql),
    limits: {
      maxSamples: MAX_SAMPLES,
      // Prometheus limits the intervals between steps, the engine the steps.
      maxSteps: MAX_STEPS + 1,
      maxSeries: maxQuerySeries,
      timeoutMs: TIMEOUT_MS,
    },
    lookbackDeltaMs: 5 * MINUTE_MS,
    defaultSubqueryStepMs: MINUTE_MS,
    delayedNameRemoval: false,
    typeAndUnitLabels: false,
    useStartTimestamps: promql.useStartTimestamps,
    resolution: promql.resolution ?? "auto",
    prometheusVersion: PROMETHEUS_VERSION,
  };
}
