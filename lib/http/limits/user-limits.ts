/**
 * The limits of a tenant, as Mimir's `user_limits` has them: 0 stands for no limit. Hearth's own are beside them.
 * https://grafana.com/docs/mimir/latest/references/http-api/#get-tenant-limits
 */
import { burstOf } from "../../model/quota/tenant-limits.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { QueryRequest } from "../query/request.ts";

export async function answerUserLimits({ c, tenantState }: QueryRequest): Promise<Response> {
  const { tenant, used, limits } = await tenantState();
  const set = tenant.limits;
  return c.json({
    compactor_blocks_retention_period_seconds: tenant.retentionMs / SECOND_MS,
    ingestion_rate: set.samplesPerSecond ?? 0,
    ingestion_burst_size: burstOf(set),
    ingestion_burst_factor: 0,
    max_global_series_per_user: set.activeSeries ?? 0,
    max_global_series_per_metric: 0,
    max_global_exemplars_per_user: 0,
    max_fetched_chunks_per_query: 0,
    max_fetched_series_per_query: limits.maxQuerySeries,
    max_fetched_chunk_bytes_per_query: limits.maxQueryBytes,
    ruler_max_rules_per_rule_group: set.rulesPerGroup ?? 0,
    ruler_max_rule_groups_per_tenant: set.ruleGroups ?? 0,
    hearth: {
      limits: set,
      keyLimits: Object.fromEntries(tenant.keyLimits),
      used,
      maxQueryReadUnits: limits.maxQueryReadUnits,
    },
  });
}
