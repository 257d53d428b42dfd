/** Hearth's own API and Mimir's in types: usage, cardinality, limits, the state of the store. See docs/http-api.md. */
import { type Answer, ApiError, type Client, entriesOf, type Parameters } from "./client.ts";
import type { Metric } from "./metric-text.ts";

export interface Usage {
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly samples: number;
  readonly series: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly storedBytes: number;
  readonly dollars: {
    readonly read: number;
    readonly write: number;
    readonly storage: number;
    readonly total: number;
  };
}

export type UsageField = "tenant" | "key" | "route" | "day" | "metric";

/** Has the fields that were asked for; others are undefined. */
export type UsageGroup = Usage & Partial<Readonly<Record<UsageField, string>>>;

export interface UsageReport {
  readonly updatedMs: number;
  /** When series and bytes at rest were measured, by `hearthdb usage --storage`; 0: never. */
  readonly storageMeasuredMs: number;
  /** In dollars. */
  readonly prices: { readonly readUnit: number; readonly writeUnit: number; readonly gbMonth: number };
  readonly total: Usage;
  readonly groups: readonly UsageGroup[];
}

/** Of UTC days such as 2026-11-30, both included. */
export interface DayRange {
  readonly start: string;
  readonly end: string;
}

export function usage(
  client: Client,
  by: readonly UsageField[],
  { start, end }: DayRange,
  signal?: AbortSignal,
): Promise<Answer<UsageReport>> {
  return client.get("api/v1/usage", { start, end, by: by.join(",") }, signal);
}

export interface QueryUsage {
  readonly tenant: string;
  readonly key: string;
  /** Its beginning. */
  readonly query: string;
  readonly kind: string;
  readonly count: number;
  readonly readUnits: number;
  readonly dollars: number;
  readonly maxDurationMs: number;
  readonly maxRangeMs: number;
  readonly lastMs: number;
}

export async function queryUsage(
  client: Client,
  { start, end }: DayRange,
  order: "readUnits" | "durationMs",
  signal?: AbortSignal,
): Promise<readonly QueryUsage[]> {
  const form = { start, end, order, limit: 50 };
  return (await client.get<{ queries: QueryUsage[] }>("api/v1/usage/queries", form, signal)).data.queries;
}

export interface LabelNames {
  readonly label_values_count_total: number;
  readonly label_names_count: number;
  readonly cardinality: readonly { readonly label_name: string; readonly label_values_count: number }[];
  readonly warnings?: readonly string[];
}

/** Labels of series that a selector takes, those with most values first; `times` in seconds. */
export function labelNames(
  client: Client,
  selector: string | undefined,
  times: Parameters = {},
  signal?: AbortSignal,
): Promise<LabelNames> {
  return bare(client, "api/v1/cardinality/label_names", { selector, limit: 100, ...times }, signal);
}

export interface LabelValues {
  readonly series_count_total: number;
  readonly labels: readonly {
    readonly label_name: string;
    readonly label_values_count: number;
    readonly series_count: number;
    readonly cardinality: readonly { readonly label_value: string; readonly series_count: number }[];
  }[];
  readonly warnings?: readonly string[];
}

/** Values of labels, those with most series first; `times` in seconds. */
export function labelValueCounts(
  client: Client,
  labels: readonly string[],
  selector: string | undefined,
  times: Parameters = {},
  signal?: AbortSignal,
): Promise<LabelValues> {
  const form = { "label_names[]": labels, selector, limit: 200, ...times };
  return bare(client, "api/v1/cardinality/label_values", form, signal);
}

export interface CostEstimate {
  readonly seriesTouched: number;
  readonly samplesRead: number;
  readonly readUnits: number;
  readonly dollars: number;
}

/** What an instant query would cost; it reads the index, and no samples. */
export async function queryCost(client: Client, query: string, signal?: AbortSignal): Promise<CostEstimate> {
  const { data } = await client.post<{ estimate: CostEstimate }>("api/v1/query_cost", { query }, signal);
  return data.estimate;
}

/** A day of the tenant as the compactor left it. */
export interface StoreDay {
  /** 2026-11-30. */
  readonly day: string;
  /** What was received until then is out of the log. */
  readonly compactedToMs: number;
  readonly samples: number;
  readonly series: number;
  readonly runs: number;
  readonly chunkParts: number;
  readonly quarantined: number;
  /** Buckets whose inputs are damaged. */
  readonly heldBuckets: number;
  /** Since the last compaction that succeeded. */
  readonly failedAttempts: number;
  readonly isSettled: boolean;
}

export interface StoreStatus {
  readonly version: string;
  readonly nowMs: number;
  /** 0: for ever. */
  readonly retentionMs: number;
  readonly rollupRetentionMs: number;
  readonly days: readonly StoreDay[];
  /** Absent if it has not run. */
  readonly canary?: {
    readonly sequence: number;
    readonly startedMs: number;
    readonly missing: Readonly<Record<string, { readonly samples: number; readonly gapMs: number }>>;
  };
}

export async function storeStatus(client: Client, signal?: AbortSignal): Promise<StoreStatus> {
  return (await client.get<StoreStatus>("api/v1/status/store", {}, signal)).data;
}

/** Mimir's document of limits, as far as a page shows it. */
export type UserLimits = Readonly<Record<string, unknown>> & {
  readonly hearth?: {
    readonly limits?: Readonly<Record<string, number>>;
    readonly used?: Readonly<Record<string, number>>;
  };
};

export function userLimits(client: Client, signal?: AbortSignal): Promise<UserLimits> {
  return bare(client, "api/v1/user_limits", {}, signal);
}

export interface ApiAlert {
  readonly labels: Metric;
  readonly annotations: Metric;
  readonly state: string;
  readonly activeAt: string;
  readonly value: string;
}

export interface ApiRule {
  readonly type: "alerting" | "recording";
  readonly name: string;
  readonly query: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly labels?: Metric;
  /** Of an alerting rule. */
  readonly state?: "firing" | "pending" | "inactive";
  /** In seconds. */
  readonly duration?: number;
  readonly annotations?: Metric;
  readonly alerts?: readonly ApiAlert[];
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  /** In seconds. */
  readonly interval: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly rules: readonly ApiRule[];
}

export function ruleGroups(
  client: Client,
  signal?: AbortSignal,
): Promise<Answer<{ readonly groups: readonly RuleGroup[] }>> {
  return client.get("api/v1/rules", {}, signal);
}

/** A response of Mimir's shape: its document is the body, without an envelope. */
async function bare<T>(
  client: Client,
  path: string,
  parameters: Parameters,
  signal?: AbortSignal,
): Promise<T> {
  const query = new URLSearchParams(entriesOf(parameters)).toString();
  const url = query === "" ? path : `${path}?${query}`;
  const response = await client.fetch(url, signal === undefined ? {} : { signal });
  const text = await response.text();
  let document: { readonly error?: string; readonly errorType?: string } = {};
  try {
    document = JSON.parse(text);
  } catch {
    throw new ApiError(response.status, "", text.trim() || `status ${response.status} without a body`);
  }
  if (response.ok) return document as T;
  throw new ApiError(
    response.status,
    document.errorType ?? "",
    document.error ?? `status ${response.status}`,
  );
}
