/** The query API on Hearth's own storage and engine. */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { instantQuery, rangeQuery } from "../../promql/engine/engine.ts";
import type { QueryEngine } from "../../promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../promql/parse/options.ts";
import type { PromqlSettings } from "../../promql/settings.ts";
import type { ReaderMemory } from "../../storage/cache/reader-memory.ts";
import { Reader } from "../../storage/read/reader.ts";
import type { Table } from "../../storage/table/table.ts";
import type { Services } from "../gateway.ts";
import { cardinalityOf } from "./cardinality.ts";
import type { QueryServices, QuerySettings, QuerySource } from "./services.ts";

/** The Prometheus whose scripts the engine passes. */
const PROMETHEUS_VERSION = "3.14.0";
/** As Prometheus has them, but for the samples (50 million there): a Lambda has less memory. A query's own time-out may be shorter. */
const MAX_SAMPLES = 20_000_000;
const MAX_STEPS = 11_000;
const TIMEOUT_MS = 25 * SECOND_MS;

const ENGINE: QueryEngine = { instantQuery, rangeQuery };

export function newQueryServices(
  services: Services,
  { takesExperiments, useStartTimestamps }: PromqlSettings,
  memory?: ReaderMemory,
): QueryServices {
  const settings: QuerySettings = {
    parse: takesExperiments ? ALL_EXPERIMENTS : {},
    limits: {
      maxSamples: MAX_SAMPLES,
      // Prometheus counts the intervals between the steps.
      maxSteps: MAX_STEPS + 1,
      maxSeries: services.limits.maxQuerySeries,
      timeoutMs: TIMEOUT_MS,
    },
    lookbackDeltaMs: 5 * MINUTE_MS,
    defaultSubqueryStepMs: MINUTE_MS,
    delayedNameRemoval: false,
    typeAndUnitLabels: false,
    useStartTimestamps,
    prometheusVersion: PROMETHEUS_VERSION,
  };
  return {
    settings,
    engine: ENGINE,
    openSource: (tenant, table) => openSource(services, memory, tenant, table),
  };
}

async function openSource(
  services: Services,
  memory: ReaderMemory | undefined,
  tenant: string,
  table: Table,
): Promise<QuerySource> {
  const { clock, limits } = services;
  const { retentionMs } = await services.tenants.find(table, tenant);
  const reader = new Reader(table, { tenant, clock, limits, retentionMs, memory });
  return {
    select: (selection, signal) => reader.select(selection, signal),
    labelNames: (selection, signal) => reader.labelNames(selection, signal),
    labelValues: (name, selection, signal) => reader.labelValues(name, selection, signal),
    series: (selection, signal) => reader.series(selection, signal),
    metadata: (metric, signal) => reader.metadata(metric, signal),
    exemplars: (selections, range, signal) => reader.exemplars(selections, range, signal),
    /** Of the current UTC day: what a Prometheus has in its head. */
    async cardinality(limit, signal) {
      const nowMs = clock();
      const range = { minTime: Math.floor(nowMs / DAY_MS) * DAY_MS, maxTime: nowMs };
      return cardinalityOf(await reader.series({ matchers: [], ...range }, signal), range, limit);
    },
  };
}
