/** A process that evaluates the rules of a tenant which is deleted, and whose name gets rules again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { deleteTenantItems } from "../../../lib/storage/erase/delete-tenant.ts";
import { KIND } from "../../../lib/storage/layout/keys.ts";
import { listRuledTenants, noteDeletedGroups } from "../../../lib/storage/rules/rule-items.ts";
import { deleteTenantRules } from "../../../lib/storage/rules/tenant-rules.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newWorld, TENANT } from "../rules-world.ts";

const rulesOf = (record: string) =>
  `groups: [{name: g, interval: 1m, rules: [{record: ${record}, expr: vector(1)}]}]`;

test("a warm process evaluates the new rules of a name, and none of those that were deleted", async () => {
  const table = new MemoryTable();
  const world = newWorld({}, table);
  const run = async () => {
    world.time.nowMs += MINUTE_MS;
    await world.run();
  };
  await world.setRules(rulesOf("first"));
  await run();
  await deleteTenantRules(table, TENANT);
  // As many changes as the deleted rules had.
  await world.setRules(rulesOf("second"));
  await run();
  const samplesOf = async (record: string) => (await world.read(record)).get("")?.length ?? 0;
  assert.deepEqual([await samplesOf("first"), await samplesOf("second")], [1, 1]);

  // Rules that come while the items are deleted go with them, and do not run on in a warm process.
  for await (const page of table.scan())
    for (const item of page) if (item.pk[0] === KIND.ruleGroup) await table.delete(item);
  await noteDeletedGroups(table, TENANT);
  await run();
  const values = [...(await world.read("second")).values()].flat().map(([, value]) => value);
  assert.deepEqual(values, [1, "stale"]);
  assert.deepEqual(world.logged, []);
});

test("the revision stays when a tenant's items are deleted", async () => {
  const table = new MemoryTable();
  await newWorld({}, table).setRules(rulesOf("first"));
  const [{ revision }] = await listRuledTenants(table);
  await deleteTenantRules(table, TENANT);
  await deleteTenantItems(table, TENANT, 1);
  const ended = [{ tenant: TENANT, revision: revision + 1, isEmpty: true }];
  assert.deepEqual(await listRuledTenants(table), ended);
  await noteDeletedGroups(table, TENANT);
  assert.deepEqual(await listRuledTenants(table), ended, "no rules have come meanwhile");
});

test("a tenant without rules is left without an item", async () => {
  const table = new MemoryTable();
  await deleteTenantRules(table, TENANT);
  await noteDeletedGroups(table, TENANT);
  for await (const page of table.scan()) assert.deepEqual(page, []);
});
