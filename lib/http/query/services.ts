/** What the query API stands on; a runtime composes it. */
import type { LabelSet } from "../../model/labels.ts";
import type { MetricDescription } from "../../model/metric-metadata.ts";
import type { Selection } from "../../model/selection.ts";
import type { EngineLimits, QueryEngine, SeriesSource } from "../../promql/engine-interface.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import type { Queryable } from "../../storage/interface.ts";
import type { Table } from "../../storage/table/table.ts";

/** How many series something has, by name; sorted, the largest first. */
export type CountedNames = readonly { readonly name: string; readonly value: number }[];

/** What is in the index, for `/status/tsdb`. */
export interface Cardinality {
  readonly seriesCount: number;
  readonly labelPairCount: number;
  readonly chunkCount: number;
  /** In ms. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly seriesByMetric: CountedNames;
  readonly valuesByLabel: CountedNames;
  readonly bytesByLabel: CountedNames;
  readonly seriesByLabelPair: CountedNames;
}

/** One tenant's samples and what is known about them, for one request. */
export interface QuerySource extends SeriesSource {
  /** Sorted in byte order, as are the values. */
  labelNames(selection: Selection, signal?: AbortSignal): Promise<readonly string[]>;
  labelValues(name: string, selection: Selection, signal?: AbortSignal): Promise<readonly string[]>;
  /** Sorted by label set. */
  series(selection: Selection, signal?: AbortSignal): Promise<readonly LabelSet[]>;
  /** Of one metric, or of all. */
  metadata(
    metric: string | undefined,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly MetricDescription[]>>;
  /** See `Queryable`. */
  exemplars: Queryable["exemplars"];
  /** Each list with `limit` names at most. */
  cardinality(limit: number, signal?: AbortSignal): Promise<Cardinality>;
}

export interface QuerySettings {
  readonly parse: ParseOptions;
  readonly limits: EngineLimits;
  readonly lookbackDeltaMs: number;
  readonly defaultSubqueryStepMs: number;
  readonly delayedNameRemoval: boolean;
  readonly typeAndUnitLabels: boolean;
  readonly useStartTimestamps: boolean;
  /** The version of Prometheus whose API this is: clients decide by it what they may ask. */
  readonly prometheusVersion: string;
}

export interface QueryServices {
  readonly engine: QueryEngine;
  readonly settings: QuerySettings;
  /** `table` counts what the request costs. */
  readonly openSource: (tenant: string, table: Table) => QuerySource | Promise<QuerySource>;
}
