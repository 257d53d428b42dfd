/** Many schedules over all cores, each bounded in steps, time and memory, so that a failure always has its seed. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Tally } from "./tally.ts";
import { type Report, seedOf, type Task } from "./worker.ts";
import type { WorldChoice } from "./worlds.ts";

/** Of JavaScript objects in one thread; schedules take 60. */
const MAX_THREAD_MB = 512;
/** Of young objects: with less they are collected more often, and live longer. */
const YOUNG_MB = 32;
/** Of all threads and what is in no heap, as buffers are; 300 are usual. */
const MAX_PROCESS_MB = 2500;
/** Of CPU for one schedule, which takes 20 ms. */
const DEFAULT_MAX_SECONDS = 60;
/** Between two looks at the threads. */
const WATCH_MS = 500;

export interface Schedules {
  /** 0 to 2^32 - 1; the others follow it. */
  readonly firstSeed: number;
  readonly count: number;
  readonly world: WorldChoice;
  /** Of CPU, after which one of them has no end; default 60. */
  readonly maxSeconds?: number | undefined;
  /** Default: one per core. */
  readonly threads?: number | undefined;
  /** Whether the run goes on after a schedule that fails; one that has no end stops it always. */
  readonly goesOn?: boolean | undefined;
  /** Told now and then how many have begun. */
  readonly onProgress?: (begun: number) => void;
}

export interface Failure {
  readonly seed: number;
  /** Which of the run it was, counted from 1. */
  readonly number: number;
  readonly message: string;
  readonly events: readonly string[];
}

export interface Outcome {
  readonly steps: number;
  /** Of the longest schedule. */
  readonly maxSteps: number;
  readonly tally: Tally;
  /** In order of their numbers; the first stops the run, unless it goes on. */
  readonly failures: readonly Failure[];
  /** The number of one that stopped a run which goes on. */
  readonly stoppedAt: number | undefined;
}

export async function runSchedules(schedules: Schedules): Promise<Outcome> {
  const { firstSeed, count, world, maxSeconds = DEFAULT_MAX_SECONDS, goesOn = false, onProgress } = schedules;
  const threads = Math.min(schedules.threads ?? availableParallelism(), count);
  const numbers = new Int32Array(new SharedArrayBuffer(4 * (1 + threads)));
  const progress = setInterval(() => onProgress?.(Math.min(Atomics.load(numbers, 0), count)), 10_000);
  const reports = await Promise.all(
    Array.from({ length: threads }, (_, thread) =>
      runThread({ firstSeed, schedules: count, world, stops: !goesOn, thread, numbers }, maxSeconds),
    ),
  );
  clearInterval(progress);
  const tally = new Tally();
  for (const { counts } of reports) tally.merge(counts);
  const failures = reports
    .flatMap((report) => report.failures)
    .sort((a, b) => a.number - b.number)
    .map((one): Failure => ({ ...one, seed: seedOf(firstSeed, one.number), number: one.number + 1 }));
  const stops = reports.flatMap(({ endedAt }) => (endedAt === undefined ? [] : endedAt + 1));
  const stoppedAt = stops.length === 0 ? undefined : Math.min(...stops);
  const maxSteps = Math.max(...reports.map((report) => report.maxSteps));
  return {
    steps: reports.reduce((total, { steps }) => total + steps, 0),
    maxSteps,
    tally,
    failures,
    stoppedAt,
  };
}

/** Of all threads. By the clock on the wall a schedule may take as long as others leave the machine to it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** `endedAt`: the number that a thread was at when it ended without a report, or was ended. */
type EndedReport = Report & { readonly endedAt?: number };

/** Reports for a thread that ends without a word, or is ended, that the schedule which it was at has failed. */
async function runThread(task: Task, maxSeconds: number): Promise<EndedReport> {
  const { numbers, thread, schedules } = task;
  const resourceLimits = { maxOldGenerationSizeMb: MAX_THREAD_MB, maxYoungGenerationSizeMb: YOUNG_MB };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { resourceLimits });
  worker.postMessage(task);
  const { promise, resolve } = Promise.withResolvers<EndedReport>();
  const fail = (message: string) => {
    Atomics.store(numbers, 0, schedules);
    const number = Atomics.load(numbers, 1 + thread);
    const failures = [{ number, message, events: [] }];
    resolve({ steps: 0, maxSteps: 0, counts: new Map(), failures, endedAt: number });
  };
  worker.on("message", resolve);
  worker.on("error", (error) => fail(`its thread failed: ${(error as Error).message}`));
  worker.on("exit", () => fail("its thread ended"));
  const maxMs = maxSeconds * (numbers.length - 1) * 1000;
  let [at, since] = [-1, cpuMs()];
  const watch = setInterval(() => {
    const now = Atomics.load(numbers, 1 + thread);
    if (now !== at) [at, since] = [now, cpuMs()];
    else if (cpuMs() - since > maxMs) fail(`no end after ${maxSeconds} s`);
    else if (process.memoryUsage.rss() > MAX_PROCESS_MB * 2 ** 20) fail(`more than ${MAX_PROCESS_MB} MB`);
  }, WATCH_MS);
  try {
    return await promise;
  } finally {
    clearInterval(watch);
    worker.removeAllListeners();
    await worker.terminate();
  }
}
