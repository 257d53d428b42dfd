/** `hearth tenants …`: what differs for one tenant from what the deployment says. */
import { HearthError } from "../lib/model/errors.ts";
import { parseTenant } from "../lib/model/tenant.ts";
import { SECOND_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table.ts";
import { listTenantSettings, storeTenantSettings, TENANT_CACHE_MS } from "../lib/storage/tenant-settings.ts";
import { alignColumns } from "./columns.ts";

export interface TenantsOptions {
  readonly "retention-days"?: string | undefined;
  readonly json?: boolean | undefined;
}

type Print = (text: string) => void;

/** Prints every tenant that has settings of its own. */
export async function listTenantsCommand(table: Table, options: TenantsOptions, print: Print): Promise<void> {
  const tenants = await listTenantSettings(table);
  if (options.json) return print(JSON.stringify([...tenants].map(([tenant, set]) => ({ tenant, ...set }))));
  const rows = [...tenants].map(([tenant, { retentionDays }]) => [
    tenant,
    String(retentionDays ?? "default"),
  ]);
  print(alignColumns([["TENANT", "RETENTION DAYS"], ...rows]));
}

/** Throws "invalid" without a retention, or with one that cannot be. */
export async function setTenantCommand(
  table: Table,
  name: string,
  options: TenantsOptions,
  print: Print,
): Promise<void> {
  const tenant = parseTenant(name);
  const text = options["retention-days"];
  if (!text) throw new HearthError("invalid", "tenants set: expected --retention-days N, or default");
  await storeTenantSettings(table, tenant, { retentionDays: parseDays(text) });
  const seconds = TENANT_CACHE_MS / SECOND_MS;
  print(`tenant ${tenant} keeps samples ${describe(text)}; warm functions notice within ${seconds} seconds`);
}

function parseDays(text: string): number | undefined {
  if (text === "default") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new HearthError(
    "invalid",
    `--retention-days ${text}: expected whole days, 0 to keep for ever, or default`,
  );
}

function describe(days: string): string {
  if (days === "default") return "as the deployment says";
  return days === "0" ? "for ever" : `for ${days} days`;
}
