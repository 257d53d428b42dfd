/**
 * `npm run test:simulation`: schedules that no run before had, or those of a seed.
 *
 *     --schedules N   how many; default 5,000, or one with --seed
 *     --seed N        the first one's seed; default: the time, in ms, of which 32 bits are kept
 *     --world NAME    one of worlds.ts, or "all"; default usual
 *     --events N      what happened last in one that fails; default 60
 *     --seconds N     after which one schedule has no end; default 60
 */
import { parseArgs } from "node:util";
import { runSchedules } from "./run-schedules.ts";
import { isWorldChoice, WORLD_NAMES, type WorldChoice } from "./worlds.ts";

const DEFAULT_SCHEDULES = 5000;
const DEFAULT_WORLD: WorldChoice = "usual";
/** From so many on each fault comes at least once, however rare. */
const MANY_SCHEDULES = 1000;

const { values } = parseArgs({
  options: {
    schedules: { type: "string" },
    seed: { type: "string" },
    events: { type: "string" },
    world: { type: "string", default: DEFAULT_WORLD },
    seconds: { type: "string" },
  },
});
const firstSeed = Number(values.seed ?? Date.now()) >>> 0;
const count = Number(values.schedules ?? (values.seed === undefined ? DEFAULT_SCHEDULES : 1));
if (!(count >= 1)) throw new Error(`--schedules ${values.schedules}: expected a number from 1 on`);

const { world } = values;
if (!isWorldChoice(world))
  throw new Error(`--world ${world}: expected all or one of ${WORLD_NAMES.join(", ")}`);

const begun = performance.now();
const elapsed = () => (performance.now() - begun) / 1000;
console.log(`${count} schedules from seed ${firstSeed} on`);
const { steps, maxSteps, tally, failure } = await runSchedules({
  firstSeed,
  count,
  world,
  maxSeconds: values.seconds === undefined ? undefined : Number(values.seconds),
  onProgress: (number) => console.log(`${elapsed().toFixed(0)} s: ${number} schedules`),
});

if (failure !== undefined) {
  console.log(failure.events.slice(-Number(values.events ?? 60)).join("\n"));
  console.log(`schedule ${failure.number}, seed ${failure.seed}, fails: ${failure.message}`);
  const option = world === DEFAULT_WORLD ? "" : ` --world ${world}`;
  console.log(`replay: npm run test:simulation -- --seed ${failure.seed}${option}`);
  process.exitCode = 1;
} else {
  const rate = (count / elapsed()).toFixed(0);
  for (const [what, times] of [...tally.counts].sort()) console.log(`${what}: ${times}`);
  console.log(`${count} schedules, ${rate} a second: every read was right`);
  console.log(`${steps} steps, ${maxSteps} in the longest schedule`);
  const missing = tally.missing(world === "all");
  if (count >= MANY_SCHEDULES && missing.length > 0) {
    console.log(`none of these happened, so the run proves too little: ${missing.join("; ")}`);
    process.exitCode = 1;
  }
}
