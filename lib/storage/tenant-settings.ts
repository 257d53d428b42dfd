/**
 * What an administrator has set for one tenant. Everything else is as the deployment says. An item of JSON, for whoever looks
 * at the table: `{"retentionDays":90}`.
 */
import { HearthError } from "../model/errors.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../model/time.ts";
import { tenantKey, tenantsRange } from "./keys.ts";
import type { RetentionMs } from "./retention.ts";
import type { Table } from "./table.ts";

export interface TenantSettings {
  /** Whole days, 0 to keep for ever; absent: the deployment's. */
  readonly retentionDays?: number | undefined;
}

export const MAX_RETENTION_DAYS = 36_500;
/** How long a warm process goes by what it has read. */
export const TENANT_CACHE_MS = MINUTE_MS;
/** Tenants remembered at most. */
const MAX_CACHED_TENANTS = 10_000;

/** Replaces what is set for a tenant. Throws "invalid" for a retention that cannot be. */
export async function storeTenantSettings(
  table: Table,
  tenant: string,
  settings: TenantSettings,
): Promise<void> {
  const { retentionDays } = settings;
  if (retentionDays !== undefined && !isRetentionDays(retentionDays)) {
    const expected = `expected whole days up to ${MAX_RETENTION_DAYS}, 0 to keep for ever`;
    throw new HearthError("invalid", `tenant ${tenant}: retention of ${retentionDays} days: ${expected}`);
  }
  await table.put({ ...tenantKey(tenant), value: new TextEncoder().encode(JSON.stringify(settings)) });
}

/** What is set for a tenant: nothing, for most. Throws "data" for an item that `storeTenantSettings` cannot have made. */
export async function loadTenantSettings(table: Table, tenant: string): Promise<TenantSettings> {
  const item = await table.get(tenantKey(tenant), { consistent: true });
  return item === undefined ? {} : decodeSettings(item.value, tenant);
}

/** Every tenant for which something was set, by name. */
export async function listTenantSettings(table: Table): Promise<Map<string, TenantSettings>> {
  const found = new Map<string, TenantSettings>();
  for await (const page of table.query(tenantsRange(), { consistent: true })) {
    for (const { sk, value } of page) {
      const tenant = new TextDecoder().decode(sk);
      found.set(tenant, decodeSettings(value, tenant));
    }
  }
  return found;
}

function decodeSettings(value: Uint8Array, tenant: string): TenantSettings {
  const settings = parseJson(new TextDecoder().decode(value));
  if (typeof settings === "object" && settings !== null) {
    const { retentionDays } = settings as TenantSettings;
    if (retentionDays === undefined || isRetentionDays(retentionDays)) return { retentionDays };
  }
  throw new HearthError("data", `settings of tenant ${tenant}: not what hearth tenants set writes`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRetentionDays(days: unknown): days is number {
  return Number.isInteger(days) && Number(days) >= 0 && Number(days) <= MAX_RETENTION_DAYS;
}

/** Tenants' retention as a warm process knows it. */
export class TenantRetention {
  readonly #defaultMs: RetentionMs;
  readonly #clock: Clock;
  readonly #cache = new Map<string, { readonly retentionMs: RetentionMs; readonly untilMs: number }>();

  /** `defaultMs` is that of tenants for which none is set. */
  constructor(defaultMs: RetentionMs, clock: Clock) {
    this.#defaultMs = defaultMs;
    this.#clock = clock;
  }

  /** At most `TENANT_CACHE_MS` old. Throws "unavailable" or "data". */
  async find(table: Table, tenant: string): Promise<RetentionMs> {
    const nowMs = this.#clock();
    const cached = this.#cache.get(tenant);
    if (cached !== undefined && nowMs < cached.untilMs) return cached.retentionMs;
    const { retentionDays } = await loadTenantSettings(table, tenant);
    const retentionMs = retentionDays === undefined ? this.#defaultMs : retentionDays * DAY_MS;
    if (this.#cache.size >= MAX_CACHED_TENANTS) this.#cache.clear();
    this.#cache.set(tenant, { retentionMs, untilMs: nowMs + TENANT_CACHE_MS });
    return retentionMs;
  }
}
