/** See `schedule.ts`. HEARTH_SIM_SCHEDULES says how many schedules run, HEARTH_SIM_SEED which is the first (alone). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runSchedule, ScheduleFailure } from "./schedule.ts";

const { HEARTH_SIM_SEED, HEARTH_SIM_SCHEDULES, HEARTH_SIM_EVENTS } = process.env;
const FIRST_SEED = Number(HEARTH_SIM_SEED ?? 1);
const SCHEDULES = Number(HEARTH_SIM_SCHEDULES ?? (HEARTH_SIM_SEED === undefined ? 250 : 1));
const EVENTS = Number(HEARTH_SIM_EVENTS ?? 60);
/** A slow machine runs fewer, and says so. */
const MAX_SECONDS = HEARTH_SIM_SCHEDULES === undefined ? 15 : Number.POSITIVE_INFINITY;

test(`up to ${SCHEDULES} schedules from seed ${FIRST_SEED} on: every read is right`, async (t) => {
  const before = performance.now();
  let steps = 0;
  let ran = 0;
  for (; ran < SCHEDULES && secondsSince(before) < MAX_SECONDS; ran++) {
    const seed = FIRST_SEED + ran;
    try {
      steps += (await runSchedule(seed)).steps;
    } catch (error) {
      assert.ok(error instanceof ScheduleFailure);
      console.log(error.events.slice(-EVENTS).join("\n"));
      console.log(error.cause);
      assert.fail(
        `schedule ${ran + 1}: ${error.message}\nreplay: HEARTH_SIM_SEED=${seed} npm run test:simulation`,
      );
    }
  }
  const rate = (ran / secondsSince(before)).toFixed(1);
  t.diagnostic(`${ran} schedules ran, ${steps} steps, ${rate} schedules a second`);
});

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}
