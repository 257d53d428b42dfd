/** A thread that runs schedules: takes the next number until there are no more, or one of them fails. */
import { parentPort } from "node:worker_threads";
import { runSchedule, type ScheduleFailure } from "./schedule.ts";
import { Tally } from "./tally.ts";
import type { WorldChoice } from "./worlds.ts";

/** What a thread is asked for. */
export interface Task {
  readonly firstSeed: number;
  readonly schedules: number;
  readonly world: WorldChoice;
  /** Whether a failure ends the run. */
  readonly stops: boolean;
  readonly thread: number;
  /** The next schedule's number; then the number of the one that each thread is at. */
  readonly numbers: Int32Array;
}

/** What it says in the end. */
export interface Report {
  readonly steps: number;
  readonly maxSteps: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly failures: readonly FailedSchedule[];
}

export interface FailedSchedule {
  readonly number: number;
  readonly message: string;
  readonly events: readonly string[];
}

/** Seeds are 32 bits. */
export function seedOf(firstSeed: number, number: number): number {
  return (firstSeed + number) >>> 0;
}

async function work({ firstSeed, schedules, world, stops, thread, numbers }: Task): Promise<Report> {
  const tally = new Tally();
  const failures: FailedSchedule[] = [];
  let [total, maxSteps] = [0, 0];
  for (let number = Atomics.add(numbers, 0, 1); number < schedules; number = Atomics.add(numbers, 0, 1)) {
    Atomics.store(numbers, 1 + thread, number);
    try {
      const steps = await runSchedule(seedOf(firstSeed, number), tally, world);
      total += steps;
      maxSteps = Math.max(maxSteps, steps);
    } catch (error) {
      const { cause, events } = error as ScheduleFailure;
      const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      failures.push({ number, message, events: stops ? events : [] });
      if (stops) Atomics.store(numbers, 0, schedules);
    }
  }
  return { steps: total, maxSteps, counts: tally.counts, failures };
}

parentPort?.on("message", async (task: Task) => {
  // A schedule that waits for nothing ends its thread.
  parentPort!.unref();
  const report = await work(task);
  parentPort!.ref();
  parentPort!.postMessage(report);
});
