/** A group whose expression takes long holds up no other: its results wait for it some seconds at most. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { instantQuery, rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type { QueryEngine } from "../../../lib/promql/engine-interface.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newWorld, START_MS } from "../rules-world.ts";

test("results are stored and alerts are sent while a slow group is still evaluated", async () => {
  const slow = Promise.withResolvers<void>();
  const engine: QueryEngine = {
    rangeQuery,
    async instantQuery(source, query, ...rest) {
      if (query.text.includes("slow")) await slow.promise;
      return instantQuery(source, query, ...rest);
    },
  };
  const world = newWorld({}, new MemoryTable(), { engine, gatherMs: 5 });
  await world.setRules(`
groups:
- {name: a, rules: [{record: late, expr: slow or up}]}
- {name: b, rules: [{record: quick, expr: up}, {alert: Up, expr: up}]}
`);
  world.time.nowMs = START_MS + MINUTE_MS;
  await world.write([["up", world.time.nowMs - 2 * MINUTE_MS, 1]]);
  const run = world.run();
  const isStored = async () => (await world.read("quick")).size > 0;
  for (let waits = 0; world.sent.length === 0 || !(await isStored()); waits++) {
    assert.ok(waits < 2000, "the quick group waits for the slow one");
    await delay(1);
    world.time.nowMs++;
  }
  assert.equal((await world.read("late")).size, 0);
  slow.resolve();
  const { evaluations, failures } = await run;
  assert.deepEqual([evaluations, failures], [3, 0]);
  assert.equal((await world.read("late")).size, 1);
});
