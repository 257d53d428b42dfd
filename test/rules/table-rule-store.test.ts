/** Rule groups in the table: list, get, put and delete, with compare and swap, and the revision of a tenant. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import type { RuleGroup } from "../../lib/rules/rule-file.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { listRuledTenants, noteEmpty } from "../../lib/storage/rules/rule-items.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";

function group(name: string, expr = "up"): RuleGroup {
  return parseRuleFile(`groups: [{name: "${name}", rules: [{record: a, expr: "${expr}"}]}]`).file!.groups[0];
}

test("groups are listed by namespace and name, each tenant's own", async () => {
  const store = newRuleStore(new MemoryTable());
  for (const [namespace, name] of [
    ["b", "x"],
    ["a", "z"],
    ["a", "y"],
    ["ab", "é"],
  ])
    assert.equal(await store.put("t", namespace, group(name)), true);
  await store.put("other", "a", group("y"));
  const names = async (tenant: string, namespace?: string) =>
    (await store.list(tenant, namespace)).map((stored) => `${stored.namespace}/${stored.group.name}`);
  assert.deepEqual(await names("t"), ["a/y", "a/z", "ab/é", "b/x"]);
  assert.deepEqual(await names("t", "a"), ["a/y", "a/z"]);
  assert.deepEqual(await names("other"), ["a/y"]);
  assert.deepEqual((await store.get("t", "ab", "é"))?.group, group("é"));
  assert.equal(await store.get("t", "ab", "e"), undefined);
});

test("compare and swap: only the expected version is replaced or deleted", async () => {
  const store = newRuleStore(new MemoryTable());
  assert.equal(await store.put("t", "n", group("g"), "absent"), true);
  assert.equal(await store.put("t", "n", group("g", "up2"), "absent"), false);
  const first = (await store.get("t", "n", "g"))!;
  assert.equal(await store.put("t", "n", group("g", "up2"), first.version), true);
  assert.equal(await store.put("t", "n", group("g", "up3"), first.version), false);
  assert.equal(await store.delete("t", "n", "g", first.version), false);
  assert.equal((await store.get("t", "n", "g"))?.group.rules[0].expr, "up2");
  assert.equal(await store.delete("t", "n", "g"), true);
  assert.equal(await store.delete("t", "n", "g"), false);
});

test("names that cannot be keys and groups larger than an item are refused", async () => {
  const store = newRuleStore(new MemoryTable());
  for (const [namespace, name] of [
    ["", "g"],
    ["n", "a\0b"],
    ["n".repeat(600), "g".repeat(600)],
  ])
    await assert.rejects(store.put("t", namespace, { ...group("g"), name }), { kind: "invalid" });
  await assert.rejects(store.put("t", "n", { ...group("g"), labels: [["a", "x".repeat(420_000)]] }), {
    kind: "too large",
  });
  assert.deepEqual(await store.list("t"), []);
});

test("the revision of a tenant changes with its groups, and emptiness does not outlive a change", async () => {
  const table = new MemoryTable();
  const store = newRuleStore(table);
  assert.deepEqual(await listRuledTenants(table), []);
  await store.put("t", "n", group("g"));
  const [before] = await listRuledTenants(table);
  assert.equal(before.isEmpty, false);
  await store.delete("t", "n", "g");
  const [after] = await listRuledTenants(table);
  assert.ok(after.revision > before.revision);
  await noteEmpty(table, before);
  assert.equal((await listRuledTenants(table))[0].isEmpty, false, "a change since then counts");
  await noteEmpty(table, after);
  assert.equal((await listRuledTenants(table))[0].isEmpty, true);
  await store.put("t", "n", group("g"));
  assert.equal((await listRuledTenants(table))[0].isEmpty, false);
});
