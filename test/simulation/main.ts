/** `npm run test:simulation`: schedules that no run before had, or those of a seed. `--help` lists its options. */
import { parseArgs } from "node:util";
import { runLong, tallyOf } from "./long-run.ts";
import { runSchedules } from "./run-schedules.ts";
import type { Tally } from "./tally.ts";
import { isWorldChoice, WORLD_NAMES, type WorldChoice } from "./worlds.ts";

const HELP = `npm run test:simulation -- [options]

Runs schedules of the simulation (docs/contributing/simulation.md), by default new ones. The exit code
is 1 when one fails, or when 1,000 or more lack something that must happen.

  --schedules N   how many; default 5,000, or one with --seed
  --seed N        the seed of the first, the others follow it; default: the time in ms, modulo 2^32
  --world NAME    all (default), or one of
                  ${WORLD_NAMES.slice(0, 8).join(", ")},
                  ${WORLD_NAMES.slice(8).join(", ")}
  --events N      the latest events of a schedule that fails; default 60
  --seconds N     CPU seconds after which a schedule counts as endless; default 60
  --threads N     default: one per core
  --resume FILE   a long run: keeps its state in a file every five minutes or so, continues from there
                  and past failures, and prints the rate. A run continues with the --schedules and
                  --world that it began with
  --help          this text

A failing schedule again:  npm run test:simulation -- --seed N
A million:                 npm run test:simulation -- --schedules 1000000 --resume run.json`;
const DEFAULT_SCHEDULES = 5000;
const DEFAULT_WORLD: WorldChoice = "all";
/** From so many on each fault comes at least once, however rare. */
const MANY_SCHEDULES = 1000;

const { values } = parseArgs({
  options: {
    schedules: { type: "string" },
    seed: { type: "string" },
    events: { type: "string" },
    world: { type: "string", default: DEFAULT_WORLD },
    seconds: { type: "string" },
    threads: { type: "string" },
    resume: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const firstSeed = Number(values.seed ?? Date.now()) >>> 0;
const count = Number(values.schedules ?? (values.seed === undefined ? DEFAULT_SCHEDULES : 1));
if (!(count >= 1)) throw new Error(`--schedules ${values.schedules}: expected a number from 1 on`);
const { world } = values;
if (!isWorldChoice(world))
  throw new Error(`--world ${world}: expected all or one of ${WORLD_NAMES.join(", ")}`);
const maxSeconds = values.seconds === undefined ? undefined : Number(values.seconds);
const threads = values.threads === undefined ? undefined : Number(values.threads);
if (threads !== undefined && !(threads >= 1))
  throw new Error(`--threads ${values.threads}: expected a number from 1 on`);
const replayOf = (seed: number) =>
  `replay: npm run test:simulation -- --seed ${seed}${world === DEFAULT_WORLD ? "" : ` --world ${world}`}`;

await (values.resume === undefined ? runOnce() : runResumed(values.resume));

async function runOnce(): Promise<void> {
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  console.log(`${count} schedules from seed ${firstSeed} on`);
  const onProgress = (number: number) => console.log(`${elapsed().toFixed(0)} s: ${number} schedules`);
  const outcome = await runSchedules({
    firstSeed,
    count,
    world: world as WorldChoice,
    maxSeconds,
    threads,
    onProgress,
  });
  const { steps, maxSteps, tally, failures } = outcome;
  const [failure] = failures;
  if (failure !== undefined) {
    console.log(failure.events.slice(-Number(values.events ?? 60)).join("\n"));
    console.log(`schedule ${failure.number}, seed ${failure.seed}, fails: ${failure.message}`);
    console.log(replayOf(failure.seed));
    console.log(`after ${cpuSeconds().toFixed(1)} s of CPU`);
    process.exitCode = 1;
    return;
  }
  printTally(tally);
  console.log(`${count} schedules, ${(count / elapsed()).toFixed(0)} a second: every read was right`);
  console.log(`${steps} steps, ${maxSteps} in the longest schedule; ${cpuSeconds().toFixed(1)} s of CPU`);
  expectAll(tally);
}

async function runResumed(file: string): Promise<void> {
  const run = { firstSeed, count, world: world as WorldChoice, maxSeconds, threads };
  let told = 0;
  const state = await runLong(run, file, ({ done, failures }, rate) => {
    console.log(`${new Date().toISOString()} ${done} of ${count} schedules, ${rate.toFixed(1)} a second`);
    for (const { seed, message } of failures.slice(told)) {
      console.log(`seed ${seed} fails: ${message.split("\n")[0]}`);
      console.log(replayOf(seed));
    }
    told = failures.length;
  });
  const { done, seconds, steps, commits, begun, failures } = state;
  printTally(tallyOf(state));
  console.log(`${done} schedules from seed ${state.firstSeed} on, ${(done / seconds).toFixed(1)} a second`);
  console.log(`${steps} steps; begun ${begun}, sources ${commits.join(", ")}`);
  console.log(failures.length === 0 ? "every read was right" : `${failures.length} schedules failed`);
  if (failures.length > 0) process.exitCode = 1;
  expectAll(tallyOf(state));
}

function printTally(tally: Tally): void {
  for (const [what, times] of [...tally.counts].sort()) console.log(`${what}: ${times}`);
}

function expectAll(tally: Tally): void {
  const missing = tally.missing(world === "all");
  if (count < MANY_SCHEDULES || missing.length === 0) return;
  console.log(`none of these happened, so the run proves too little: ${missing.join("; ")}`);
  process.exitCode = 1;
}
