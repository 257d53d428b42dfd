/** `hearthdb tenants delete NAME`: everything of a tenant, its access keys too. */
import { setTimeout as sleep } from "node:timers/promises";
import { deleteKey, listKeys } from "../lib/auth/key-store.ts";
import { CANARY_TENANT } from "../lib/canary/canary-series.ts";
import { HearthError } from "../lib/model/errors.ts";
import { parseTenant } from "../lib/model/tenant.ts";
import { type Clock, SECOND_MS } from "../lib/model/time.ts";
import { countTenantItems, DELETION_WAIT_MS, deleteTenantItems } from "../lib/storage/erase/delete-tenant.ts";
import { noteDeletedGroups } from "../lib/storage/rules/rule-items.ts";
import { deleteTenantRules } from "../lib/storage/rules/tenant-rules.ts";
import { newMeter } from "../lib/storage/table/table.ts";
import { beginTenantLife } from "../lib/storage/tenants/tenant-settings.ts";
import { auditCommand } from "./auditor.ts";
import { printCount, printNumberOf } from "./counts.ts";
import type { Console } from "./days.ts";
import type { Target } from "./target.ts";

export interface DeleteTenantOptions {
  readonly yes?: boolean | undefined;
}

/** On demand in us-east-1. */
const MILLION_WRITE_UNITS_DOLLARS = 0.625;
const MILLION_READ_UNITS_DOLLARS = 0.125;
/** Items between two lines of progress. */
const PROGRESS_ITEMS = 100_000;

export async function deleteTenantCommand(
  { table, stored, isBilled }: Target,
  name: string,
  options: DeleteTenantOptions,
  clock: Clock,
  { print, tell, ask }: Console,
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<void> {
  const tenant = parseTenant(name);
  if (tenant === CANARY_TENANT)
    throw new HearthError(
      "invalid",
      `tenant ${tenant}: Hearth writes it by itself; HEARTH_CANARY=false ends that`,
    );
  const keys = (await listKeys(table)).filter((key) => key.tenant === tenant);
  if (isBilled) tell("reads the whole table twice: 128 read units a MB, $0.016 a GB on demand in us-east-1");
  if (!options.yes) {
    const meter = newMeter();
    const counted = await countTenantItems(stored.metered(meter), tenant, {
      onProgress: everySome(tell, "counted"),
    });
    const { items, bytes, writeUnits } = counted;
    const cost = `${printNumberOf(writeUnits, "write unit")} and ${printNumberOf(Math.ceil(meter.readUnits), "read unit")}`;
    const dollars = isBilled ? `, $${dollarsOf(writeUnits, meter.readUnits)}` : ", free on this machine";
    tell(
      `tenant ${tenant}: ${printNumberOf(items, "item")}, ${(bytes / 1e6).toFixed(1)} MB, ${printNumberOf(keys.length, "access key")}; to delete them: ${cost}${dollars}`,
    );
    const answer = ask === undefined ? "" : await ask(`Type the name of the tenant to delete all of it: `);
    if (answer.trim() !== tenant)
      throw new HearthError(
        "invalid",
        `not deleted: ${JSON.stringify(answer.trim())} is not the tenant's name; add --yes to delete without a question`,
      );
  }
  await auditCommand(table, clock, { action: "tenants delete", tenant, subject: tenant });
  for (const { id } of keys) {
    await auditCommand(table, clock, { action: "keys delete", tenant, subject: id });
    await deleteKey(table, id);
  }
  // Before the next life begins: rules that go on would fill it.
  await deleteTenantRules(table, tenant);
  const life = await beginTenantLife(table, tenant);
  tell(
    `${printNumberOf(keys.length, "access key")} ${keys.length === 1 ? "is" : "are"} deleted; waiting ${DELETION_WAIT_MS / SECOND_MS} s until no function knows them or the tenant as it was`,
  );
  await wait(DELETION_WAIT_MS);
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  const meter = newMeter();
  let done = 0;
  const onLine = everySome(tell, "deleted");
  try {
    await deleteTenantItems(stored.metered(meter), tenant, life, {
      signal: interrupt.signal,
      onProgress: (scanned, deleted) => {
        done = deleted;
        onLine(scanned, deleted);
      },
    });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    throw new HearthError(
      "unavailable",
      `interrupted after ${printNumberOf(done, "item")}; the same command deletes the others`,
    );
  } finally {
    process.off("SIGINT", onInterrupt);
  }
  await noteDeletedGroups(table, tenant);
  const cost = `${printNumberOf(Math.ceil(meter.writeUnits), "write unit")}, ${printNumberOf(Math.ceil(meter.readUnits), "read unit")}`;
  const dollars = isBilled ? `, $${dollarsOf(meter.writeUnits, meter.readUnits)}` : "";
  print(
    `tenant ${tenant} is deleted: ${printNumberOf(done, "item")}, ${cost}${dollars}\npoint-in-time backups reach back up to 35 days; what a key of tenant "*" writes to the name from now on is a new tenant's`,
  );
}

function dollarsOf(writeUnits: number, readUnits: number): string {
  const millions = writeUnits * MILLION_WRITE_UNITS_DOLLARS + readUnits * MILLION_READ_UNITS_DOLLARS;
  return (millions / 1e6).toFixed(4);
}

/** A line after each so many items gone through. */
function everySome(tell: (text: string) => void, what: string) {
  let lines = 0;
  return (scanned: number, found: number) => {
    if (Math.floor(scanned / PROGRESS_ITEMS) === lines) return;
    lines = Math.floor(scanned / PROGRESS_ITEMS);
    tell(`${printNumberOf(scanned, "item")} gone through, ${printCount(found)} ${what}`);
  };
}
