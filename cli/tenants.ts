/** `hearthdb tenants …`: settings of single tenants, which override the deployment's. */
import { HearthError } from "../lib/model/errors.ts";
import { parseTenant } from "../lib/model/tenant.ts";
import { type Clock, SECOND_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import {
  changeTenantSettings,
  listTenantSettings,
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
  readonly json?: boolean | undefined;
}

type Print = (text: string) => void;

/** The value of an option that restores the deployment's setting. */
const DEFAULT = "default";

/** Prints every tenant that has settings of its own. */
export async function listTenantsCommand(table: Table, options: TenantsOptions, print: Print): Promise<void> {
  const tenants = await listTenantSettings(table);
  if (options.json) return print(JSON.stringify([...tenants].map(([tenant, set]) => ({ tenant, ...set }))));
  const rows = [...tenants].map(([tenant, settings]) => [tenant, ...describe(settings)]);
  print(alignColumns([["TENANT", "RETENTION DAYS", "ROLLUP DAYS", "HA LABELS"], ...rows]));
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
  const change = parseSettings(options);
  if (Object.keys(change).length === 0)
    throw new HearthError("invalid", "tenants set: expected --retention-days, --rollup-days or --ha-labels");
  await auditCommand(table, clock, {
    action: "tenants set",
    tenant,
    subject: tenant,
    details: { ...change },
  });
  await changeTenantSettings(table, tenant, change);
  print(
    `tenant ${tenant} is changed; warm functions use the change within ${TENANT_CACHE_MS / SECOND_MS} seconds`,
  );
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

function describe({ retentionDays, rollupDays, haLabels }: TenantSettings): string[] {
  const labels = typeof haLabels === "object" ? `${haLabels.cluster},${haLabels.replica}` : haLabels;
  return [String(retentionDays ?? DEFAULT), String(rollupDays ?? DEFAULT), labels ?? DEFAULT];
}
