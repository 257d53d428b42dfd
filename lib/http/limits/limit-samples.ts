/** Limits of tenants and how near they are, as samples of Hearth's own tenant. */
import { METRIC_NAME } from "../../model/labels.ts";
import { TENANT_LIMITS } from "../../model/quota/tenant-limits.ts";
import type { Table } from "../../storage/table/table.ts";
import type { OwnSample } from "../../storage/usage/usage-batch.ts";
import type { DayUsage } from "../../storage/usage/usage-items.ts";
import type { Services } from "../gateway.ts";

/** Tenants of one run: each takes two calls. */
const MAX_TENANTS = 1000;

/** Of the tenants that have used anything on these days. Throws "unavailable". */
export async function limitSamples(
  { quotas, tenants, clock }: Services,
  table: Table,
  days: ReadonlyMap<number, DayUsage>,
): Promise<OwnSample[]> {
  const names = new Set([...days.values()].flatMap(({ rows }) => rows.map(({ tenant }) => tenant)));
  const samples: OwnSample[] = [];
  for (const name of [...names].slice(0, MAX_TENANTS)) {
    const tenant = await tenants.find(table, name);
    if (Object.keys(tenant.limits).length === 0) continue;
    await quotas.exchange(table, tenant, true);
    const used = quotas.used(tenant);
    const timeMs = clock();
    const add = (metric: string, limit: string, value: number | undefined) => {
      if (value === undefined) return;
      const labels = [
        [METRIC_NAME, metric],
        ["limit", limit],
        ["tenant", name],
      ] as const;
      samples.push({ labels, timeMs, value });
    };
    for (const { name: limit, option } of TENANT_LIMITS) {
      add("hearth_limit", option, tenant.limits[limit]);
      add("hearth_limit_used", option, used[limit]);
    }
  }
  return samples;
}
