/** Rules while the clock of their process is wrong, or steps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { latestSlot, slotOffset } from "../../../lib/rules/run/schedule.ts";
import { SteadyClock } from "../../../lib/rules/run/steady-clock.ts";
import { newWorld, START_MS, TENANT } from "../rules-world.ts";

const FIRST_MS = latestSlot(START_MS, MINUTE_MS, slotOffset(TENANT, "rules.yml", "g", MINUTE_MS)) + MINUTE_MS;

test("a clock that was a day ahead stops no rule after it is set right", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{record: r, expr: up}]}]");
  world.time.nowMs = FIRST_MS + DAY_MS;
  await world.run();
  world.time.nowMs = FIRST_MS;
  await world.write([["up", FIRST_MS, 1]]);
  const { evaluations } = await world.run();
  assert.equal(evaluations, 1);
  assert.deepEqual([...(await world.read("r")).values()], [[[FIRST_MS - START_MS, 1]]]);
});

test("the time of a run begins with the process' and goes on by the steady clock", () => {
  let [wallMs, steadyMs] = [START_MS, 7];
  const clock = new SteadyClock(
    () => wallMs,
    () => steadyMs,
  );
  assert.equal(clock.now(), START_MS);
  wallMs -= DAY_MS;
  steadyMs += 1000.4;
  assert.equal(clock.now(), START_MS + 1000);
  clock.begin();
  assert.equal(clock.now(), wallMs);
});

test("without a steady clock the process' own is believed", () => {
  let nowMs = START_MS;
  const clock = new SteadyClock(() => nowMs);
  nowMs += 5;
  assert.equal(clock.now(), nowMs);
});
