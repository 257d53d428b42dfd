/** Who works on the table: writers, readers and compactors, each a process that may die and is then started anew. */
import { errorKind } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { compact, type DayReport } from "../../lib/storage/compact/compactor.ts";
import { Writers } from "../../lib/storage/write/writers.ts";
import { readAndCheck } from "./checked-read.ts";
import type { Append, Model } from "./model.ts";
import type { Random } from "./random.ts";
import { batchOfSamples, printTold, type SentSamples, toldOf } from "./sample.ts";
import { ScheduledTable } from "./scheduled-table.ts";
import { Process, type Role } from "./scheduler.ts";
import type { Simulated } from "./simulated.ts";
import { randomRequest, randomSelection } from "./workload.ts";

/** What the design allows clocks to be apart, their grain included (docs/storage-format.md). Not the engine's: it may be wrong. */
const MAX_CLOCK_ERROR_MS = 30 * SECOND_MS;
/** What the design lets a writer take to store a record before it dates it anew. */
const MAX_HOLD_MS = 30 * SECOND_MS;
/** Lambda's longest. A writer's is not limited: frozen and thawed, its calls may take hours. */
const MAX_INVOCATION_MS = 15 * MINUTE_MS;

/** How many things an actor has still to do. */
export interface Actor {
  remaining: number;
  isDone: boolean;
}

type Work = (sim: Simulated, process: Process) => (turn: () => boolean) => Promise<void>;

const WORK: Readonly<Record<Role, Work>> = { writer, reader, compactor };

/** Starts an actor that does its work so many times, with a process after another. */
export function start(sim: Simulated, role: Role, number: number, times: number): Actor {
  const { scheduler, skews } = sim;
  const actor: Actor = { remaining: times, isDone: false };
  const turn = () => actor.remaining-- > 0;
  let lives = 0;
  const live = () => {
    const process = new Process(role, `${role}${number}.${++lives}`, randomSkew(sim, role));
    skews.set(role, process.skewMs);
    if (Math.abs((skews.get("writer") ?? 0) - (skews.get("compactor") ?? 0)) > MAX_CLOCK_ERROR_MS * 0.9)
      sim.tally.add("clocks nearly as far apart as they may be");
    process.onDeath = live;
    WORK[role](
      sim,
      process,
    )(turn).then(
      () => {
        process.onDeath = () => {};
        if (actor.remaining > 0) live();
        else actor.isDone = true;
      },
      (error: unknown) => scheduler.fail(error),
    );
  };
  live();
  return actor;
}

/** Any, one of the two ends, or what sets the writers' clocks as far apart from all others as may be. */
function randomSkew({ scheduler, grainMs, writerSkew }: Simulated, role: Role): number {
  const { random } = scheduler;
  const max = Math.floor((MAX_CLOCK_ERROR_MS - grainMs) / 2);
  if (writerSkew !== 0) return role === "writer" ? writerSkew * max : -writerSkew * max;
  return random.pick([-max, max, random.between(-max, max)]);
}

/** Mostly at once, or some seconds, or just before a slow call of another ends; or until all that wait for long go on together. */
async function pause(sim: Simulated, process: Process): Promise<void> {
  const { scheduler, isHurried } = sim;
  const { random } = scheduler;
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

/** Does something that may fail when, and only when, the process has met a fault. Answers whether it did not. */
async function tolerate(sim: Simulated, process: Process, what: string, task: () => Promise<void>) {
  const { faults } = process;
  try {
    await task();
    return true;
  } catch (error) {
    const isExpected = process.faults > faults || /^log record: took longer/.test((error as Error).message);
    if (errorKind(error) !== "unavailable" || !isExpected) throw error;
    sim.scheduler.note(process.name, `${what} failed: ${(error as Error).message}`);
    return false;
  }
}

function writer(sim: Simulated, process: Process) {
  const { scheduler, randomBytes, retentionMs, shardBits, tally } = sim;
  const { random } = scheduler;
  const clock = scheduler.clockOf(process);
  const maxBytes = random.pick([0, 2 ** 26, 2 ** 26]);
  const writers = new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, shardBits, maxBytes });
  const table = new ScheduledTable(sim, process);
  const running = new Map<Append, Model>();
  const { onDeath } = process;
  process.onDeath = () => {
    for (const [append, model] of running) model.end(append, clock(), false);
    onDeath();
  };
  const append = async () => {
    const [tenant, model] = random.pick([...sim.models]);
    const request = randomRequest(random, sim.workload, model, clock(), tally);
    const startMs = clock();
    const begun = model.begin(request, startMs, maxBytes === 0 ? undefined : process.name);
    running.set(begun, model);
    scheduler.note(process.name, `append to ${tenant}: ${print(request)}`);
    const isAnswered = await tolerate(sim, process, "append", async () => {
      const { rejections } = await writers
        .appender({ tenant, retentionMs }, table)
        .append(batchOfSamples(request));
      if (rejections.count > 0) throw new Error(rejections.reasons[0].reason);
    });
    running.delete(begun);
    const endMs = clock();
    model.end(begun, endMs, isAnswered);
    tally.add(isAnswered ? "append answered" : "append failed");
    if (isAnswered) scheduler.note(process.name, `append to ${tenant} answered`);
    const heldMs = endMs - startMs;
    if (heldMs > MAX_HOLD_MS) tally.add("record held too long");
    else if (heldMs > MAX_HOLD_MS * 0.8) tally.add("record held nearly as long as it may be");
  };
  return async (turn: () => boolean) => {
    tally.add("writer started cold");
    if (maxBytes === 0) tally.add("writer forgot what it knew");
    // Now and then it is over with a process that nothing happened to.
    while (!random.chance(0.1) && turn()) {
      await pause(sim, process);
      const atOnce = random.chance(0.3) ? random.between(2, 3) : 1;
      await Promise.all(Array.from({ length: atOnce }, append));
    }
  };
}

/** What a warm reader may remember: all that a schedule has, hardly anything, or it is cold every time. */
const READER_MEMORIES = [10_000_000, 10_000_000, 20_000, undefined];

function reader(sim: Simulated, process: Process) {
  const bytes = sim.scheduler.random.pick(READER_MEMORIES);
  const memory = bytes === undefined ? undefined : new ReaderMemory(bytes);
  return async (turn: () => boolean) => {
    while (turn()) {
      await pause(sim, process);
      const invocation = limitInvocation(sim, process);
      const isAnswered = await tolerate(sim, process, "read", () => checkRead(sim, process, memory));
      invocation.isOver = true;
      sim.tally.add(isAnswered ? "read answered" : "read failed");
    }
  };
}

async function checkRead(sim: Simulated, process: Process, memory: ReaderMemory | undefined): Promise<void> {
  const { scheduler } = sim;
  const { random } = scheduler;
  const [tenant, model] = random.pick([...sim.models]);
  const selection = randomSelection(random, scheduler.clockOf(process)());
  const asChunks = random.chance(0.5);
  scheduler.note(process.name, `read of ${tenant} begins${asChunks ? " (chunks)" : ""}`);
  if (memory !== undefined && memory.sizeBytes > 0) sim.tally.add("reader remembered something");
  const read = { process, tenant, model, selection, asChunks, memory };
  await readAndCheck(sim, new ScheduledTable(sim, process), read);
  scheduler.note(process.name, `read of ${tenant} ends`);
}

function compactor(sim: Simulated, process: Process) {
  const { scheduler, randomBytes, retentionMs, partitionBits, eagerness } = sim;
  const { random } = scheduler;
  const clock = scheduler.clockOf(process);
  return async (turn: () => boolean) => {
    while (turn()) {
      await pause(sim, process);
      const invocation = limitInvocation(sim, process);
      await tolerate(sim, process, "compaction", async () => {
        const { faults } = process;
        await compact(new ScheduledTable(sim, process), {
          clock,
          randomBytes,
          retentionOf: () => retentionMs,
          partitionBits,
          deadlineMs: random.chance(0.6) ? Number.POSITIVE_INFINITY : clock() + randomBudget(random),
          isEager: random.chance(eagerness),
          onDay: (report) => noteDay(sim, process, report, process.faults > faults),
        });
      });
      invocation.isOver = true;
    }
  };
}

/** Until a compactor stops by itself: often in the middle of a step. */
function randomBudget(random: Random): number {
  return random.between(0, random.pick([300, 300, MINUTE_MS]));
}

/** An invocation of a function is ended by the platform after a time, or by chance early, whatever it does. */
function limitInvocation({ scheduler, tally }: Simulated, process: Process): { isOver: boolean } {
  const invocation = { isOver: false };
  const isEarly = process.role === "compactor" && scheduler.random.chance(0.1);
  const readyMs = scheduler.nowMs + (isEarly ? scheduler.random.between(0, 300) : MAX_INVOCATION_MS);
  const run = () => {
    if (invocation.isOver || process.isDead) return "";
    tally.add(
      process.role === "compactor" ? "compactor ended by its time-out" : "reader ended by its time-out",
    );
    scheduler.kill(process);
    return "ends it";
  };
  scheduler.add({ process: undefined, name: `time-out of ${process.name}`, readyMs, run });
  return invocation;
}

function noteDay(
  { scheduler, tally }: Simulated,
  process: Process,
  { tenant, day, outcome, error }: DayReport,
  hasFaults: boolean,
): void {
  if (error !== undefined && (errorKind(error) !== "unavailable" || !hasFaults)) scheduler.fail(error);
  if (outcome === undefined) return;
  const { state, flushes, chunkings } = outcome;
  if (flushes > 0) tally.add("run flushed");
  if (chunkings > 0) tally.add("bucket made chunks");
  if (state === "busy") tally.add("two compactors at one day");
  if (state === "out of time") tally.add("compactor stopped at its deadline");
  scheduler.note(process.name, `compaction of ${tenant}/${day}: ${state} ${flushes} ${chunkings}`);
}

function print(request: readonly SentSamples[]): string {
  return request
    .map(({ labels, samples }) => {
      const printed = samples.slice(0, 5).map((one) => `${one.time}=${printTold(toldOf(one))}`);
      return `${labels.map(([, value]) => value).join("/")} ${printed.join(" ")}${samples.length > 5 ? " …" : ""}`;
    })
    .join("; ");
}
