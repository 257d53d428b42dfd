/** `hearthdb audit`: what each change was, in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { auditLogCommand } from "../../cli/audit.ts";
import { setTenantCommand, type TenantsOptions } from "../../cli/tenants.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";

const clock = () => Date.UTC(2026, 10, 30, 15);

async function auditOf(...changes: TenantsOptions[]): Promise<string> {
  const table = new MemoryTable();
  for (const change of changes) await setTenantCommand(table, "shop", change, clock, () => {});
  let text = "";
  await auditLogCommand(table, {}, clock, (all) => {
    text = all;
  });
  return text;
}

test("limits of a tenant and of a key are named with their values", async () => {
  const text = await auditOf(
    { limit: ["samples-per-second=100", "series-per-day=off"] },
    { limit: ["queries-at-once=2"], key: "HKA" },
  );
  assert.match(text, /limits=\{"samplesPerSecond":100,"seriesPerDay":"off"\}/);
  assert.match(text, /keyLimits=\{"HKA":\{"queriesAtOnce":2\}\}/);
  assert.doesNotMatch(text, /object Object/);
});

test("a setting that goes back to the default is on record", async () => {
  const text = await auditOf({ "retention-days": "9", "ha-labels": "on" }, { "retention-days": "default" });
  assert.match(text, /retentionDays=9 haLabels=\{"cluster":"cluster","replica":"__replica__"\}/);
  assert.match(text, /retentionDays=default/);
});
