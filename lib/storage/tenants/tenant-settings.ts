/**
 * What an administrator has set for one tenant. Everything else is the deployment's. The item is JSON, readable in the
 * table: `{"retentionDays":90,"limits":{"samplesPerSecond":1000},"keyLimits":{"HK…":{"queriesAtOnce":2}}}`.
 */
import { HearthError } from "../../model/errors.ts";
import {
  applyLimits,
  type LimitSettings,
  type TenantLimits,
  whatIsWrongWithLimits,
} from "../../model/quota/tenant-limits.ts";
import { parseStoredTenant, storedTenant } from "../../model/tenant.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../../model/time.ts";
import type { RetentionMs } from "../layout/retention.ts";
import { tenantKey, tenantsRange } from "../layout/tenant-keys.ts";
import type { Table } from "../table/table.ts";

/** The labels by which the replicas of a pair are known. */
export interface HaLabels {
  readonly cluster: string;
  readonly replica: string;
}

export interface TenantSettings {
  /** Whole days, 0 to keep for ever; absent: the deployment's. */
  readonly retentionDays?: number | undefined;
  /** The same of hourly rows. */
  readonly rollupDays?: number | undefined;
  /** "off", or absent: every sample is stored, whichever replica sent it. */
  readonly haLabels?: HaLabels | "off" | undefined;
  readonly limits?: LimitSettings | undefined;
  /** By access key id. */
  readonly keyLimits?: Readonly<Record<string, LimitSettings>> | undefined;
  /** How often the tenant was deleted; absent: never. Nothing lowers it. */
  readonly life?: number | undefined;
}

/** Settings with all defaults applied. */
export interface Tenant {
  readonly name: string;
  /** The name in the keys of its data (`storedTenant`). */
  readonly storedAs: string;
  readonly retentionMs: RetentionMs;
  readonly rollupRetentionMs: RetentionMs;
  readonly haLabels: HaLabels | undefined;
  readonly limits: TenantLimits;
  /** Of keys that have any, beside those of the tenant. */
  readonly keyLimits: ReadonlyMap<string, TenantLimits>;
}

/** What `--ha-labels on` stands for: Mimir's and Amazon's labels. */
export const USUAL_HA_LABELS: HaLabels = { cluster: "cluster", replica: "__replica__" };
export const MAX_RETENTION_DAYS = 36_500;
/** How long a warm process goes by what it has read. */
export const TENANT_CACHE_MS = MINUTE_MS;
/** Of a change, beside others. */
const MAX_ATTEMPTS = 10;
/** Tenants remembered at most. */
const MAX_CACHED_TENANTS = 10_000;

/**
 * Changes what is set for a tenant; a property that is undefined goes back to its default. `change` may be
 * made of what is set, each time that others change it meanwhile. Throws "invalid".
 */
export async function changeTenantSettings(
  table: Table,
  tenant: string,
  change: TenantSettings | ((settings: TenantSettings) => TenantSettings),
): Promise<void> {
  const changeOf = typeof change === "function" ? change : () => change;
  await replaceSettings(table, tenant, (settings) => ({ ...settings, ...changeOf(settings) }));
}

/**
 * Begins a tenant's next life, without settings and without data. Processes notice within
 * `TENANT_CACHE_MS`. Returns its number. Throws "unavailable".
 */
export async function beginTenantLife(table: Table, tenant: string): Promise<number> {
  const { life = 0 } = await replaceSettings(table, tenant, ({ life = 0 }) => ({ life: life + 1 }));
  return life;
}

/** By compare and swap: a change must not bring back what another has replaced. */
async function replaceSettings(
  table: Table,
  tenant: string,
  change: (settings: TenantSettings) => TenantSettings,
): Promise<TenantSettings> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const item = await table.get(tenantKey(tenant), { consistent: true });
    const settings = change(item === undefined ? {} : decodeSettings(item.value, tenant));
    const reason = whatIsWrong(settings);
    if (reason !== undefined) throw new HearthError("invalid", `tenant ${tenant}: ${reason}`);
    const next = { ...tenantKey(tenant), value: new TextEncoder().encode(JSON.stringify(settings)) };
    const isStored = await (item === undefined
      ? table.putIfAbsent(next)
      : table.putIfEqual(next, item.value));
    if (isStored) return settings;
  }
  throw new HearthError(
    "unavailable",
    `tenant ${tenant}: its settings changed ${MAX_ATTEMPTS} times meanwhile; run the command again`,
  );
}

/** What is set for a tenant: nothing, for most. Throws "data" for an item that `changeTenantSettings` cannot have made. */
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
  const reason = typeof settings === "object" && settings !== null ? whatIsWrong(settings) : "not an object";
  if (reason === undefined) return settings as TenantSettings;
  throw new HearthError("data", `settings of tenant ${tenant}: ${reason}; hearthdb tenants set writes them`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whatIsWrong(settings: TenantSettings): string | undefined {
  const { retentionDays, rollupDays, haLabels, limits, keyLimits, life = 0 } = settings;
  if (!Number.isSafeInteger(life) || life < 0) return `life ${life}: expected how often it was deleted`;
  if (retentionDays !== undefined && !isRetentionDays(retentionDays)) {
    return `retention of ${retentionDays} days: expected whole days up to ${MAX_RETENTION_DAYS}, 0 to keep for ever`;
  }
  if (rollupDays !== undefined && !isRetentionDays(rollupDays)) {
    return `hourly rows for ${rollupDays} days: expected whole days up to ${MAX_RETENTION_DAYS}, 0 to keep for ever`;
  }
  if (haLabels !== undefined && haLabels !== "off" && !areHaLabels(haLabels)) {
    return `labels of replicas ${JSON.stringify(haLabels)}: expected the names of two different labels, or off`;
  }
  if (limits !== undefined) {
    const reason = whatIsWrongWithLimits(limits);
    if (reason !== undefined) return reason;
  }
  for (const [keyId, ofKey] of Object.entries(keyLimits ?? {})) {
    const reason = whatIsWrongWithLimits(ofKey, true);
    if (reason !== undefined) return `key ${keyId}: ${reason}`;
  }
  return undefined;
}

function isRetentionDays(days: unknown): boolean {
  return Number.isInteger(days) && Number(days) >= 0 && Number(days) <= MAX_RETENTION_DAYS;
}

function areHaLabels({ cluster, replica }: Partial<HaLabels>): boolean {
  return Boolean(
    typeof cluster === "string" && typeof replica === "string" && cluster && replica !== cluster && replica,
  );
}

/** Tenants as a warm process knows them. */
export class Tenants {
  readonly #defaultRetentionMs: RetentionMs;
  readonly #defaultRollupRetentionMs: RetentionMs | undefined;
  readonly #defaultLimits: TenantLimits;
  readonly #clock: Clock;
  readonly #cache = new Map<string, { readonly tenant: Tenant; readonly readMs: number }>();

  /** The defaults are for tenants for which none is set. Without one, hourly rows are kept as long as samples. */
  constructor(
    defaultRetentionMs: RetentionMs,
    clock: Clock,
    defaultRollupRetentionMs?: RetentionMs,
    defaultLimits: TenantLimits = {},
  ) {
    this.#defaultLimits = defaultLimits;
    this.#defaultRetentionMs = defaultRetentionMs;
    this.#defaultRollupRetentionMs = defaultRollupRetentionMs;
    this.#clock = clock;
  }

  /** At most `TENANT_CACHE_MS` old. Throws "unavailable" or "data". */
  async find(table: Table, name: string): Promise<Tenant> {
    const nowMs = this.#clock();
    const cached = this.#cache.get(name);
    // A clock that was set back must not keep it longer.
    if (cached !== undefined && Math.abs(nowMs - cached.readMs) < TENANT_CACHE_MS) return cached.tenant;
    const tenant = this.#applyDefaults(name, await loadTenantSettings(table, name));
    if (this.#cache.size >= MAX_CACHED_TENANTS) this.#cache.clear();
    this.#cache.set(name, { tenant, readMs: nowMs });
    return tenant;
  }

  /** The tenant whose data have a name in their keys; undefined: the data are of a life that was deleted. */
  async findStored(table: Table, storedAs: string): Promise<Tenant | undefined> {
    const tenant = await this.find(table, parseStoredTenant(storedAs).name);
    return tenant.storedAs === storedAs ? tenant : undefined;
  }

  #applyDefaults(name: string, settings: TenantSettings): Tenant {
    const { retentionDays, rollupDays, haLabels = "off", life = 0 } = settings;
    const retentionMs = retentionDays === undefined ? this.#defaultRetentionMs : retentionDays * DAY_MS;
    const rollupRetentionMs =
      rollupDays === undefined ? (this.#defaultRollupRetentionMs ?? retentionMs) : rollupDays * DAY_MS;
    return {
      name,
      storedAs: storedTenant(name, life),
      retentionMs,
      rollupRetentionMs,
      haLabels: haLabels === "off" ? undefined : haLabels,
      limits: applyLimits(this.#defaultLimits, settings.limits),
      keyLimits: new Map(
        Object.entries(settings.keyLimits ?? {}).map(([keyId, limits]) => [keyId, applyLimits({}, limits)]),
      ),
    };
  }
}
