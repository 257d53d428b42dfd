/** What the query API depends on; a runtime composes it. */
import type { Access } from "../../auth/verifier.ts";
import type { Deadline } from "../../model/deadline.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { EngineLimits, QueryEngine } from "../../promql/engine-interface.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import type { SourceResolution } from "../../promql/settings.ts";
import type { RuleSettings } from "../../rules/settings.ts";
import type { Queryable } from "../../storage/interface.ts";
import type { DamageReports } from "../../storage/layout/damage-reports.ts";
import type { Table } from "../../storage/table/table.ts";

export interface QuerySettings {
  readonly parse: ParseOptions;
  readonly limits: EngineLimits;
  readonly lookbackDeltaMs: number;
  readonly defaultSubqueryStepMs: number;
  readonly delayedNameRemoval: boolean;
  readonly typeAndUnitLabels: boolean;
  readonly useStartTimestamps: boolean;
  /** What selectors are read from unless a request says so; default: samples. */
  readonly resolution?: SourceResolution | undefined;
  /** The version of Prometheus that the API reports: clients use it to choose their requests. */
  readonly prometheusVersion: string;
}

export interface SourceOptions {
  /** Takes what cannot be read; default: a query that meets any throws "data". */
  readonly damage?: DamageReports;
  /** The request's time limit; default: none. */
  readonly deadline?: Deadline;
  /** Read units that the request may cost; default: the service's. */
  readonly maxReadUnits?: number | undefined;
  /** Gets what each selection asks for. */
  readonly onSelect?: ((matchers: readonly Matcher[]) => void) | undefined;
  /** Readers that share the request's memory; default: 1. */
  readonly sharers?: number | undefined;
}

export interface QueryServices {
  readonly engine: QueryEngine;
  readonly settings: QuerySettings;
  /** How rules are evaluated; default: `DEFAULT_RULE_SETTINGS`. */
  readonly rules?: Pick<RuleSettings, "intervalMs"> | undefined;
  /** Opens what a request may read; `table` counts what the request costs. */
  readonly openSource: (
    access: Access,
    table: Table,
    options?: SourceOptions,
  ) => Queryable | Promise<Queryable>;
}
