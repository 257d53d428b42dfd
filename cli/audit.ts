/** `hearthdb audit`: who changed what. */
import { type AuditEntry, listAudit } from "../lib/auth/audit.ts";
import { HearthError } from "../lib/model/errors.ts";
import { type Clock, DAY_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { alignColumns } from "./columns.ts";

export interface AuditOptions {
  readonly days?: string | undefined;
  readonly json?: boolean | undefined;
}

const DEFAULT_DAYS = 30;

export async function auditLogCommand(
  table: Table,
  { days, json }: AuditOptions,
  clock: Clock,
  print: (text: string) => void,
): Promise<void> {
  const count = days === undefined ? DEFAULT_DAYS : Number(days);
  if (!(Number.isInteger(count) && count > 0))
    throw new HearthError("invalid", `--days ${days}: expected a whole number of days above 0`);
  const rows: string[][] = [];
  for await (const entry of listAudit(table, clock() - count * DAY_MS)) {
    if (json) print(JSON.stringify({ at: new Date(entry.atMs).toISOString(), ...entry }));
    else rows.push(rowOf(entry));
  }
  if (!json) print(alignColumns([["AT", "WHO", "ACTION", "TENANT", "SUBJECT", "DETAILS"], ...rows]));
}

function rowOf({ atMs, who, action, tenant = "", subject, details = {} }: AuditEntry): string[] {
  const words = Object.entries(details).flatMap(([name, value]) =>
    value === undefined || value === null || value === "" ? [] : [`${name}=${printDetail(value)}`],
  );
  return [new Date(atMs).toISOString(), who, action, tenant, subject, words.join(" ")];
}

/** Limits and pairs of labels are objects. */
function printDetail(value: unknown): string {
  return typeof value === "object" && !Array.isArray(value) ? JSON.stringify(value) : String(value);
}
