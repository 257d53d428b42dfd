/** `hearthdb tenants …`: settings of single tenants, which override the deployment's. */
import { HearthError } from "../lib/model/errors.ts";
import { type LimitSettings, parseLimit, TENANT_LIMITS } from "../lib/model/quota/tenant-limits.ts";
import { parseTenant } from "../lib/model/tenant.ts";
import { type Clock, SECOND_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import {
  changeTenantSettings,
  listTenantSettings,
  loadTenantSettings,
  TENANT_CACHE_MS,
  type TenantSettings,
  USUAL_HA_LABELS,
} from "../lib/storage/tenants/tenant-settings.ts";
import { auditCommand } from "./auditor.ts";
import { alignColumns } from "./columns.ts";

export interface TenantsOptions {
  readonly "retention-days"?: string | undefined;
  readonly "rollup-days"?: string | undefined;
  readonly "ha-labels"?: string | undefined;
  /** `NAME=VALUE` each. */
  readonly limit?: readonly string[] | undefined;
  /** The access key that the limits are for. */
  readonly key?: string | undefined;
  readonly json?: boolean | undefined;
}

type Print = (text: string) => void;

/** The value of an option that restores the deployment's setting. */
const DEFAULT = "default";

/** Prints every tenant that has settings of its own. */
export async function listTenantsCommand(table: Table, options: TenantsOptions, print: Print): Promise<void> {
  // Of a tenant that was deleted only the number of its lives is left.
  const tenants = [...(await listTenantSettings(table))].filter(
    ([, { life, ...settings }]) => Object.keys(settings).length > 0,
  );
  if (options.json) return print(JSON.stringify(tenants.map(([tenant, set]) => ({ tenant, ...set }))));
  const rows = tenants.map(([tenant, settings]) => [tenant, ...describe(settings)]);
  print(alignColumns([["TENANT", "RETENTION DAYS", "ROLLUP DAYS", "HA LABELS", "LIMITS"], ...rows]));
}

/** Throws "invalid" without a setting, or with an impossible one. */
export async function setTenantCommand(
  table: Table,
  name: string,
  options: TenantsOptions,
  clock: Clock,
  print: Print,
): Promise<void> {
  const tenant = parseTenant(name);
  const parsed = parseSettings(options);
  const changeOf = (settings: TenantSettings) => ({ ...parsed, ...changedLimits(settings, options) });
  const change = changeOf(await loadTenantSettings(table, tenant));
  if (Object.keys(change).length === 0)
    throw new HearthError(
      "invalid",
      "tenants set: expected --retention-days, --rollup-days, --ha-labels or --limit",
    );
  await auditCommand(table, clock, {
    action: "tenants set",
    tenant,
    subject: tenant,
    details: recordOf(change),
  });
  await changeTenantSettings(table, tenant, changeOf);
  print(
    `tenant ${tenant} is changed; warm functions use the change within ${TENANT_CACHE_MS / SECOND_MS} seconds`,
  );
}

/** The settings as the record of changes has them: one that is undefined goes back to the default. */
function recordOf(change: TenantSettings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value ?? DEFAULT]));
}

/** Only what was given: other settings stay unchanged. */
function parseSettings(options: TenantsOptions): TenantSettings {
  const { "retention-days": days, "rollup-days": rollupDays, "ha-labels": labels } = options;
  return {
    ...(days !== undefined && { retentionDays: parseDays("--retention-days", days) }),
    ...(rollupDays !== undefined && { rollupDays: parseDays("--rollup-days", rollupDays) }),
    ...(labels !== undefined && { haLabels: parseHaLabels(labels) }),
  };
}

/** Limits beside those that are set already. */
function changedLimits(
  { limits, keyLimits }: TenantSettings,
  { limit, key }: TenantsOptions,
): Pick<TenantSettings, "limits" | "keyLimits"> {
  if (limit === undefined) {
    if (key === undefined) return {};
    throw new HearthError("invalid", "tenants set --key: expected --limit, the limits of that key");
  }
  const changed = Object.fromEntries(limit.map(parseLimit));
  if (key === undefined) return { limits: withoutDefaults({ ...limits, ...changed }) };
  return { keyLimits: { ...keyLimits, [key]: withoutDefaults({ ...keyLimits?.[key], ...changed }) } };
}

function withoutDefaults(limits: LimitSettings): LimitSettings {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function parseDays(option: string, text: string): number | undefined {
  if (text === DEFAULT) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new HearthError(
    "invalid",
    `${option} ${text}: expected whole days, 0 to keep for ever, or ${DEFAULT}`,
  );
}

function parseHaLabels(text: string): TenantSettings["haLabels"] {
  if (text === DEFAULT) return undefined;
  if (text === "off") return "off";
  if (text === "on") return USUAL_HA_LABELS;
  const [cluster, replica, ...rest] = text.split(",");
  if (cluster && replica && rest.length === 0) return { cluster, replica };
  throw new HearthError(
    "invalid",
    `--ha-labels ${text}: expected on (cluster,__replica__), two label names with a comma between them, off, or ${DEFAULT}`,
  );
}

function describe({ retentionDays, rollupDays, haLabels, limits, keyLimits }: TenantSettings): string[] {
  const labels = typeof haLabels === "object" ? `${haLabels.cluster},${haLabels.replica}` : haLabels;
  const ofKeys = Object.entries(keyLimits ?? {}).map(([key, ofKey]) => `${key}: ${printLimits(ofKey)}`);
  const all = [printLimits(limits ?? {}), ...ofKeys].filter((text) => text !== "");
  const days = [String(retentionDays ?? DEFAULT), String(rollupDays ?? DEFAULT)];
  return [...days, labels ?? DEFAULT, all.join("; ") || DEFAULT];
}

function printLimits(limits: LimitSettings): string {
  const set = TENANT_LIMITS.filter(({ name }) => limits[name] !== undefined);
  return set.map(({ name, option }) => `${option}=${limits[name]}`).join(",");
}
