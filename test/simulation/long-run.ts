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

/** Schedules between two states: half a minute to three minutes. */
const BATCH = 2000;

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
  while (state.done < run.count) {
    const before = state;
    state = await runBatch(run, state);
    const partial = `${file}.partial`;
    writeFileSync(partial, `${JSON.stringify(state, undefined, 2)}\n`);
    renameSync(partial, file);
    onBatch(state, (state.done - before.done) / (state.seconds - before.seconds));
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

async function runBatch({ world, maxSeconds, threads }: LongRun, state: LongRunState): Promise<LongRunState> {
  const begunMs = performance.now();
  const count = Math.min(BATCH, state.count - state.done);
  const firstSeed = seedOf(state.firstSeed, state.done);
  const { steps, tally, failure } = await runSchedules({ firstSeed, count, world, maxSeconds, threads });
  tally.merge(new Map(Object.entries(state.counts)));
  const failed = failure === undefined ? [] : [{ seed: failure.seed, message: failure.message }];
  return {
    ...state,
    // Whatever came after a failing one is run again.
    done: state.done + (failure === undefined ? count : failure.number),
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
