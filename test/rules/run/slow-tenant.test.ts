/** A tenant whose rules take long holds up no other tenant's, and no tenant is always the last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { instantQuery, rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type { QueryEngine } from "../../../lib/promql/engine-interface.ts";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import { newRuleStore } from "../../../lib/rules/table-rule-store.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newWorld } from "../rules-world.ts";

const SLOW = "a-slow";
const QUICK = ["b", "c", "d", "e"];

/** Four groups that take long for one tenant, and one for each of the others. */
async function newTable(): Promise<MemoryTable> {
  const table = new MemoryTable();
  const rules = (expr: string, groups: number) =>
    parseRuleFile(
      `groups: [${Array.from({ length: groups }, (_, i) => `{name: g${i}, rules: [{alert: A, expr: "${expr}"}]}`).join(", ")}]`,
    ).file!.groups;
  const store = newRuleStore(table);
  for (const group of rules("vector(1) or slow", 4)) await store.put(SLOW, "r", group);
  for (const tenant of QUICK) for (const group of rules("vector(1)", 1)) await store.put(tenant, "r", group);
  return table;
}

test("the other tenants' alerts are sent while a tenant's rules take long", async () => {
  const slow = Promise.withResolvers<void>();
  const engine: QueryEngine = {
    rangeQuery,
    async instantQuery(source, query, ...rest) {
      if (query.text.includes("slow")) await slow.promise;
      return instantQuery(source, query, ...rest);
    },
  };
  const world = newWorld({}, await newTable(), { engine });
  const run = world.run();
  const told = () => [...new Set(world.sent.map(({ tenant }) => tenant))].sort();
  for (let waits = 0; told().length < QUICK.length; waits++) {
    assert.ok(waits < 2000, `only ${told()} were told`);
    await delay(1);
  }
  assert.deepEqual(told(), QUICK);
  slow.resolve();
  assert.equal((await run).evaluations, 4 + QUICK.length);
  assert.equal(told()[0], SLOW);
});

test("each minute another tenant is the first", async () => {
  const world = newWorld({}, await newTable());
  const firsts: string[] = [];
  for (let minute = 0; minute < 5; minute++) {
    world.sent.length = 0;
    await world.newProcess().run({ deadlineMs: Number.POSITIVE_INFINITY });
    firsts.push(world.sent[0].tenant);
    world.time.nowMs += 2 * MINUTE_MS;
  }
  assert.ok(new Set(firsts).size >= 3, String(firsts));
});
