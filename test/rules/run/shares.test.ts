/** Groups in shares: every group, and every group that is gone, belongs to one of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { newWorld, START_MS } from "../rules-world.ts";

const GROUPS = 30;
const SHARES = 4;

test("shares evaluate each group once, and end each that is gone once", async () => {
  const world = newWorld();
  const names = Array.from({ length: GROUPS }, (_, i) => `g${i}`);
  const groups = names.map((name) => `{name: ${name}, rules: [{alert: A, expr: up, labels: {of: ${name}}}]}`);
  await world.setRules(`groups: [${groups.join(", ")}]`);
  await world.write([["up", START_MS - MINUTE_MS, 1]]);
  const processes = Array.from({ length: SHARES }, () => world.newProcess());
  const run = async () => {
    const options = { deadlineMs: Number.POSITIVE_INFINITY };
    const reports = await Promise.all(
      processes.map((process, number) => process.run({ ...options, share: { number, of: SHARES } })),
    );
    return reports.map(({ evaluations }) => evaluations);
  };
  const evaluations = await run();
  assert.equal(
    evaluations.reduce((sum, one) => sum + one, 0),
    GROUPS,
  );
  assert.ok(
    evaluations.every((one) => one > 0),
    String(evaluations),
  );
  assert.deepEqual(world.sent.map(({ group }) => group).sort(), names.toSorted());

  world.sent.length = 0;
  for (const name of names) await world.removeGroup(name);
  world.time.nowMs += MINUTE_MS;
  await run();
  const ended = world.sent.map(({ group, notifications }) => [
    group,
    notifications.map((one) => one.isResolved),
  ]);
  assert.deepEqual(
    ended.sort(),
    names.toSorted().map((name) => [name, [true]]),
  );
});
