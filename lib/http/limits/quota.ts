/** The limits of a request's tenant and key: what may be stored, and whether a query may run. */
import { errorKind, errorMessage, type RateLimitError, ReadUnitsError } from "../../model/errors.ts";
import type { Limits } from "../../model/limits.ts";
import type { Admission } from "../../storage/limits/quotas.ts";
import type { Table } from "../../storage/table/table.ts";
import type { Tenant } from "../../storage/tenants/tenant-settings.ts";
import type { TenantPlace } from "../../storage/write/writers.ts";
import type { GatewayContext, Services } from "../gateway.ts";

function keyOf(c: GatewayContext): string | undefined {
  const { accessKeyId } = c.get("requestLog").fields;
  return typeof accessKeyId === "string" ? accessKeyId : undefined;
}

/** Exchanges ledgers with other processes beside the request, if that is due. A failure costs the request nothing. */
function exchange(
  c: GatewayContext,
  services: Services,
  table: Table,
  tenant: Tenant,
): Promise<unknown> | undefined {
  const exchanged = services.quotas.exchange(table, tenant)?.catch((error: unknown) => {
    services.log("warn", "limits: what other processes counted is not known", {
      tenant: tenant.name,
      error: errorMessage(error),
    });
  });
  if (exchanged !== undefined) c.get("background").push(exchanged);
  return exchanged;
}

/** Refuses a write before its body is read if its tenant or key has no room for any sample. Throws "rate limited". */
export async function expectRoom(c: GatewayContext, services: Services, tenantName: string): Promise<void> {
  const table = services.table.metered(c.get("meter"));
  const tenant = await services.tenants.find(table, tenantName);
  exchange(c, services, table, tenant);
  services.quotas.expectRoom(tenant, keyOf(c));
}

/** Counts samples that are about to be stored. Throws "rate limited". */
export function admitSamples(
  c: GatewayContext,
  services: Services,
  table: Table,
  tenant: Tenant,
  samples: number,
): Admission {
  exchange(c, services, table, tenant);
  return services.quotas.admitSamples(tenant, keyOf(c), samples);
}

/** A query within the limits of its tenant and key. */
export interface AdmittedQuery {
  /** Aborts when the client disconnects and when another process' counts show that the query is over a limit. */
  readonly signal: AbortSignal;
  /** The read units that the query may cost. */
  readonly maxReadUnits: number;
  /** Why it was ended, if it was over a limit; `ended` is the error that ended it. */
  readonly refusal: (ended?: unknown) => RateLimitError | undefined;
}

/**
 * Lets a query begin by what this process knows. What the others know may end it: `signal` then aborts, and `refusal` is
 * the error. Throws "rate limited".
 */
export function admitQuery(
  c: GatewayContext,
  services: Services,
  table: Table,
  tenant: Tenant,
): AdmittedQuery {
  const { quotas, limits } = services;
  const keyId = keyOf(c);
  const client = c.req.raw.signal;
  let refusal: RateLimitError | undefined;
  const ended = new AbortController();
  const judge = (check: () => void) => {
    try {
      check();
    } catch (error) {
      if (errorKind(error) !== "rate limited") throw error;
      refusal ??= error as RateLimitError;
      ended.abort();
    }
  };
  const exchanged = exchange(c, services, table, tenant);
  exchanged?.then(() => judge(() => quotas.admitQuery(tenant, keyId)));
  quotas.admitQuery(tenant, keyId);
  const readUnitsLeft = quotas.readUnitsLeft(tenant, keyId);
  if (Number.isFinite(readUnitsLeft))
    c.get("atEnd").push(() => {
      const { readUnits } = c.get("requestLog").shares.get(tenant.name) ?? c.get("meter");
      quotas.noteReadUnits(tenant, keyId, readUnits);
    });
  const hasLessLeft = readUnitsLeft < limits.maxQueryReadUnits;
  const beganMs = services.clock();
  c.get("atEnd").push(() => quotas.noteQueryTime(tenant, keyId, services.clock() - beganMs));
  return {
    signal: exchanged !== undefined ? AbortSignal.any([client, ended.signal]) : client,
    maxReadUnits: Math.max(1, Math.min(limits.maxQueryReadUnits, readUnitsLeft)),
    refusal: (ended) =>
      refusal ??
      (hasLessLeft && ended instanceof ReadUnitsError ? quotas.refuseRest(tenant, keyId) : undefined),
  };
}

/** By a tenant's limits of labels, those of its requests: writers compare objects. */
const labelLimits = new Map<string, Limits>();
const MAX_LABEL_LIMITS = 100;

/** Where and within which limits a tenant's samples are stored. */
export function placeOf({ quotas, limits }: Services, tenant: Tenant): TenantPlace {
  const { storedAs, retentionMs } = tenant;
  const { exemplarsPerSecond } = tenant.limits;
  const gate = quotas.seriesGate(tenant);
  return { tenant: storedAs, retentionMs, limits: limitsOf(limits, tenant), exemplarsPerSecond, gate };
}

function limitsOf(limits: Limits, tenant: Tenant): Limits {
  const { labelsPerSeries, labelNameBytes, labelValueBytes } = tenant.limits;
  if (labelsPerSeries === undefined && labelNameBytes === undefined && labelValueBytes === undefined)
    return limits;
  const key = [labelsPerSeries, labelNameBytes, labelValueBytes].join();
  const known = labelLimits.get(key);
  if (known !== undefined) return known;
  if (labelLimits.size >= MAX_LABEL_LIMITS) labelLimits.clear();
  const least = (own: number | undefined, all: number) => Math.min(own ?? all, all);
  const merged = {
    ...limits,
    maxLabelsPerSeries: least(labelsPerSeries, limits.maxLabelsPerSeries),
    maxLabelNameBytes: least(labelNameBytes, limits.maxLabelNameBytes),
    maxLabelValueBytes: least(labelValueBytes, limits.maxLabelValueBytes),
    maxMetricNameBytes: least(labelValueBytes, limits.maxMetricNameBytes),
  };
  labelLimits.set(key, merged);
  return merged;
}
