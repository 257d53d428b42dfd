/**
 * A run of so many schedules that it is interrupted: in batches, with its state in a file after each, from which it goes on.
 * A failing schedule is noted and the run goes on behind it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type Failure, runSchedules } from "./run-schedules.ts";
import { Tally } from "./tally.ts";
import { seedOf } from "./worker.ts";
import type { WorldChoice } from "./worlds.ts";

/**
 * Schedules between two states: at first some, then as many as take about five minutes. Threads are new
 * in each batch, and their code is slow until it is compiled, for some ten seconds of CPU.
 */
const FIRST_BATCH = 500;
const MAX_BATCH = 50_000;
const BATCH_SECONDS = 300;

export interface LongRun {
  readonly firstSeed: number;
  readonly count: number;
  readonly world: WorldChoice;
  readonly maxSeconds?: number | undefined;
  readonly threads?: number | undefined;
}

export interface LongRunState {
  readonly firstSeed: number;
  readonly count: number;
  readonly world: WorldChoice;
  /** The sources that took part, as git names them. */
  readonly commits: readonly string[];
  readonly begun: string;
  /** Schedules that are done, from the first on. */
  readonly done: number;
  /** Of work, in all of its parts. */
  readonly seconds: number;
  readonly steps: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly Pick<Failure, "seed" | "message">[];
}

/** Goes on from the state in `file`, if there is one; tells of each batch. Throws when the file is of another run. */
export async function runLong(
  run: LongRun,
  file: string,
  onBatch: (state: LongRunState, schedulesPerSecond: number) => void,
): Promise<LongRunState> {
  let state = existsSync(file) ? load(file, run) : begin(run);
  const commit = commitOf();
  if (!state.commits.includes(commit)) state = { ...state, commits: [...state.commits, commit] };
  let batch = FIRST_BATCH;
  while (state.done < run.count) {
    const before = state;
    state = await runBatch(run, state, batch);
    const partial = `${file}.partial`;
    writeFileSync(partial, `${JSON.stringify(state, undefined, 2)}\n`);
    renameSync(partial, file);
    const rate = (state.done - before.done) / (state.seconds - before.seconds);
    batch = Math.min(MAX_BATCH, Math.max(FIRST_BATCH, Math.round(rate * BATCH_SECONDS)));
    onBatch(state, rate);
  }
  return state;
}

function begin({ firstSeed, count, world }: LongRun): LongRunState {
  const begun = new Date().toISOString();
  return {
    firstSeed,
    count,
    world,
    commits: [],
    begun,
    done: 0,
    seconds: 0,
    steps: 0,
    counts: {},
    failures: [],
  };
}

function load(file: string, { count, world }: LongRun): LongRunState {
  const state = JSON.parse(readFileSync(file, "utf8")) as LongRunState;
  if (state.count === count && state.world === world) return state;
  throw new Error(
    `--resume ${file}: it is of ${state.count} schedules of world ${state.world}, expected ${count} of ${world}`,
  );
}

async function runBatch(
  { world, maxSeconds, threads }: LongRun,
  state: LongRunState,
  batch: number,
): Promise<LongRunState> {
  const begunMs = performance.now();
  const count = Math.min(batch, state.count - state.done);
  const firstSeed = seedOf(state.firstSeed, state.done);
  const options = { firstSeed, count, world, maxSeconds, threads, goesOn: true };
  const { steps, tally, failures, stoppedAt } = await runSchedules(options);
  // Whatever came after one that stopped the batch is run again.
  const done = stoppedAt ?? count;
  tally.merge(new Map(Object.entries(state.counts)));
  const failed = failures
    .filter(({ number }) => number <= done)
    .map(({ seed, message }) => ({ seed, message }));
  return {
    ...state,
    done: state.done + done,
    seconds: state.seconds + (performance.now() - begunMs) / 1000,
    steps: state.steps + steps,
    counts: Object.fromEntries([...tally.counts].sort()),
    failures: [...state.failures, ...failed],
  };
}

/** What a run has tallied. */
export function tallyOf({ counts }: LongRunState): Tally {
  const tally = new Tally();
  tally.merge(new Map(Object.entries(counts)));
  return tally;
}

function commitOf(): string {
  const git = (...args: string[]) => spawnSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" });
  const commit = git("rev-parse", "--short", "HEAD").stdout?.trim() || "unknown";
  return git("status", "--porcelain", "--", "../../lib", ".").stdout?.trim()
    ? `${commit} with changes`
    : commit;
}
