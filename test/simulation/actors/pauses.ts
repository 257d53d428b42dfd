/** How long an actor waits between two things that it does, and what happens to its clock meanwhile. */
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import type { Random } from "../random.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";

/** In a world of wrong clocks one of a writer or of a compactor may be wrong from now on, or right. */
export function stepClock(sim: Simulated, process: Process): void {
  const { scheduler, hardships, tally } = sim;
  const { random } = scheduler;
  if (!hardships.hasWrongClocks || process.role === "reader" || !random.chance(0.3)) return;
  const most = random.pick([MINUTE_MS, MINUTE_MS, HOUR_MS, 3 * HOUR_MS, random.pick([DAY_MS, 40 * DAY_MS])]);
  process.skewMs = random.chance(0.3) ? 0 : random.pick([-1, 1]) * random.between(10 * SECOND_MS, most);
  scheduler.note(process.name, `has a clock that is ${process.skewMs} ms ahead`);
  tally.add("clock stepped");
}

/** Of clocks that are unsteady, and of each look at one: that it is wrong from then on, and right again. */
const UNSTEADY_CHANCE = 0.5;
const JOLT_CHANCE = 0.02;
const RETURN_CHANCE = 0.3;
const JOLTS_MS = [MINUTE_MS, HOUR_MS, DAY_MS, 40 * DAY_MS, 40 * DAY_MS];
/** Where clocks are jolted. */
const MANY_JOLTS_CHANCE = 0.1;
const SHORT_JOLTS_MS = [MINUTE_MS, 5 * MINUTE_MS];

/** In a world of wrong clocks that of a writer or a compactor may be wrong for some looks, in the middle of a call. */
export function unsteady({ scheduler, hardships, tally }: Simulated, process: Process, clock: Clock): Clock {
  const { random } = scheduler;
  if (!hardships.hasWrongClocks || process.role === "reader" || !random.chance(UNSTEADY_CHANCE)) return clock;
  let joltMs = 0;
  return () => {
    const joltChance = hardships.isJolted ? MANY_JOLTS_CHANCE : JOLT_CHANCE;
    if (random.chance(joltMs === 0 ? joltChance : RETURN_CHANCE)) {
      const most = random.pick(hardships.isJolted ? SHORT_JOLTS_MS : JOLTS_MS);
      joltMs = joltMs === 0 ? random.pick([-1, 1]) * random.between(10 * SECOND_MS, most) : 0;
      scheduler.note(process.name, `has a clock that is ${joltMs} ms ahead for a moment`);
      tally.add("clock stepped for a moment");
    }
    return clock() + joltMs;
  };
}

/** Mostly at once, or some seconds, or just before a slow call of another ends; or until all that wait for long go on together. */
export async function pause(sim: Simulated, process: Process): Promise<void> {
  const { scheduler, isHurried, meetings } = sim;
  const { random, nowMs } = scheduler;
  if (meetings !== undefined) {
    const { role, skewMs } = process;
    const nextMs = meetings.next(role, nowMs, skewMs, sim.retention.at(nowMs));
    return scheduler.sleep(
      process,
      nextMs > sim.lastWakeMs ? random.between(0, 90 * SECOND_MS) : nextMs - nowMs,
    );
  }
  if (random.chance(0.4)) return scheduler.sleep(process, random.between(0, 100));
  const ends = scheduler.slowEnds(SECOND_MS, 2 * HOUR_MS);
  if (ends.length > 0 && random.chance(0.5)) {
    return scheduler.sleep(process, random.pick(ends) - scheduler.nowMs - random.between(0, 300));
  }
  const isShort = isHurried || random.chance(0.5);
  if (sim.wakeMs <= scheduler.nowMs) sim.wakeMs = nextWake(random, scheduler.nowMs);
  if (isShort || sim.wakeMs > sim.lastWakeMs)
    return scheduler.sleep(process, random.between(0, 90 * SECOND_MS));
  await scheduler.sleep(process, sim.wakeMs - scheduler.nowMs + random.between(0, SECOND_MS));
}

/** Some time later, often where one hour ends and another begins. */
function nextWake(random: Random, nowMs: number): number {
  const wakeMs =
    nowMs + random.between(0, random.pick([10 * MINUTE_MS, 2 * HOUR_MS, 10 * HOUR_MS, 40 * HOUR_MS]));
  return random.chance(0.5)
    ? wakeMs
    : (Math.floor(wakeMs / HOUR_MS) + 1) * HOUR_MS - random.between(0, 20 * SECOND_MS);
}
