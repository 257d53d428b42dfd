/** Limits of a tenant in rows, with what is used of them. */
import { printNumber } from "../../number/units.ts";

export interface LimitRow {
  readonly name: string;
  readonly limit: string;
  /** Undefined if it is not reported. */
  readonly used: number | undefined;
  /** Of the limit, at most 1. */
  readonly share: number | undefined;
}

export interface LimitRows {
  readonly set: readonly LimitRow[];
  /** Names of limits that are not set. */
  readonly unset: readonly string[];
}

/** Mimir's document: numbers, where 0 is no limit; and Hearth's own limits with their use. */
type Document = Readonly<Record<string, unknown>> & {
  readonly hearth?: {
    readonly limits?: Readonly<Record<string, unknown>>;
    readonly used?: Readonly<Record<string, unknown>>;
  };
};

/** Mimir's names of limits that Hearth has under its own. */
const SAME: Readonly<Record<string, string>> = {
  ingestion_rate: "samplesPerSecond",
  ingestion_burst_size: "samplesPerSecond",
  max_global_series_per_user: "activeSeries",
  ruler_max_rules_per_rule_group: "rulesPerGroup",
  ruler_max_rule_groups_per_tenant: "ruleGroups",
};

/** Hearth's own first, then Mimir's that are not the same. Retention is no limit. */
export function limitRows({ hearth, ...mimir }: Document): LimitRows {
  const { used = {}, limits: own = {} } = hearth ?? {};
  const set: LimitRow[] = [];
  const unset: string[] = [];
  for (const [name, limit] of [...Object.entries(own), ...Object.entries(mimir)]) {
    if (name === "compactor_blocks_retention_period_seconds" || (SAME[name] ?? "") in own) continue;
    if (limit === 0 || limit === null || limit === "") unset.push(name);
    else if (typeof limit !== "object") set.push(rowOf(name, limit, used[name]));
  }
  return { set, unset };
}

function rowOf(name: string, limit: unknown, used: unknown): LimitRow {
  const now = typeof used === "number" ? used : undefined;
  if (typeof limit !== "number") return { name, limit: String(limit), used: now, share: undefined };
  const share = now === undefined || limit <= 0 ? undefined : Math.min(1, now / limit);
  return { name, limit: printNumber(limit), used: now, share };
}
