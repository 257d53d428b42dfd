/** What a query would read and cost, without evaluating it. */
import type { Answer, Client } from "./client.ts";
import type { Resolution, StepRange } from "./prometheus.ts";

export interface PlanNode {
  readonly kind: string;
  readonly text: string;
  readonly children: readonly PlanNode[];
}

export interface DayReads {
  /** Days since the epoch. */
  readonly day: number;
  readonly seriesCount: number;
  readonly log: { readonly shards: number; readonly ofShards: number };
  readonly index: { readonly parts: number; readonly blocks: number };
  readonly parts: readonly { readonly kind: string; readonly queries: number; readonly readUnits: number }[];
}

export interface ExplainedRead {
  readonly selector: string;
  /** In seconds. */
  readonly start: number;
  readonly end: number;
  readonly selectors: number;
  readonly streamsInto: readonly string[];
  readonly source: string;
  readonly skipsBuckets: boolean;
  readonly storage: {
    readonly seriesCount: number;
    readonly groups: number;
    readonly findReadUnits: number;
    readonly days: readonly DayReads[];
  };
}

export interface Explanation {
  readonly query: string;
  readonly steps: number;
  readonly plan: PlanNode;
  readonly reads: readonly ExplainedRead[];
  readonly text: string;
}

export interface QueryCost {
  readonly seriesTouched: number;
  readonly samplesRead: number;
  readonly readUnits: number;
  readonly dollars: number;
}

interface Asked {
  readonly query: string;
  readonly range: StepRange;
  readonly resolution: Resolution;
}

export function explainRange(
  client: Client,
  asked: Asked,
  signal?: AbortSignal,
): Promise<Answer<Explanation>> {
  return client.post("api/v1/explain", formOf(asked), signal);
}

export function costOfRange(
  client: Client,
  asked: Asked,
  signal?: AbortSignal,
): Promise<Answer<{ readonly estimate: QueryCost }>> {
  return client.post("api/v1/query_range_cost", formOf(asked), signal);
}

function formOf({ query, range, resolution }: Asked) {
  return { query, ...range, max_source_resolution: resolution || undefined };
}
