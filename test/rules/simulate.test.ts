/** Some schedules of rules in bad weather, the same each time; node test/rules/simulate.ts takes others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateMany } from "./simulate.ts";

const FIRST_SEED = 20_261_130;
const SCHEDULES = 8;

test(`${SCHEDULES} schedules: no firing is lost, none is invented, every series is right`, async (t) => {
  t.diagnostic(`from seed ${FIRST_SEED} on`);
  const failure = await simulateMany(FIRST_SEED, SCHEDULES);
  if (failure === undefined) return;
  console.log(failure.events.slice(-60).join("\n"));
  assert.fail(`${failure.message}\nreplay: node test/rules/simulate.ts --seed ${failure.seed}`);
});
