/** Who works on the table: writers, readers and compactors, each a process that may die and is then started anew. */
import { errorKind } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { compact, type DayReport } from "../../lib/storage/compact/compactor.ts";
import { newMeter } from "../../lib/storage/table/table.ts";
import { Writers } from "../../lib/storage/write/writers.ts";
import { type Read, readAndCheck } from "./checked-read.ts";
import type { Append } from "./model.ts";
import { type ClockSpan, newProgram } from "./program.ts";
import type { Random } from "./random.ts";
import { batchOfSamples, printTold, type SentSamples, toldOf } from "./sample.ts";
import { Process, type Role } from "./scheduler.ts";
import type { Simulated } from "./simulated.ts";
import { backfill, maxAge, randomRequest, randomSelection, scrape } from "./workload.ts";
import { expectSoon } from "./write-costs.ts";

/** What the design allows clocks to be apart, their grain included (docs/storage-format.md). Not the engine's: it may be wrong. */
const MAX_CLOCK_ERROR_MS = 30 * SECOND_MS;
/** What the design lets a writer take to store a record before it dates it anew. */
const MAX_HOLD_MS = 30 * SECOND_MS;
/** Lambda's longest. A writer's is mostly not limited: frozen and thawed, its calls may take hours. */
const MAX_INVOCATION_MS = 15 * MINUTE_MS;

/** API Gateway's, and so the write function's. */
const MAX_WRITE_MS = 29 * SECOND_MS;

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
    stepClock(sim, process);
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

/** In a world of wrong clocks one of a writer or of a compactor may be wrong from now on, or right. */
function stepClock(sim: Simulated, process: Process): void {
  const { scheduler, hardships, tally } = sim;
  const { random } = scheduler;
  if (!hardships.hasWrongClocks || process.role === "reader" || !random.chance(0.3)) return;
  const most = random.pick([MINUTE_MS, MINUTE_MS, HOUR_MS, 3 * HOUR_MS, DAY_MS]);
  process.skewMs = random.chance(0.3) ? 0 : random.pick([-1, 1]) * random.between(10 * SECOND_MS, most);
  scheduler.note(process.name, `has a clock that is ${process.skewMs} ms ahead`);
  tally.add("clock stepped");
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

/** A record that took long, or a clock that was found wrong: it is right now, or not known. */
function isAboutTime(error: unknown): boolean {
  return /^log record: took longer|^write: the clock of this process|^write: DynamoDB's Date/.test(
    (error as Error).message,
  );
}

/**
 * Does something that may fail when, and only when, the process has met a fault, or an item that it needs is damaged. Answers
 * whether it did not.
 */
async function tolerate(
  sim: Simulated,
  process: Process,
  what: string,
  task: () => Promise<void>,
  isDamaged?: () => boolean,
): Promise<boolean> {
  const { faults } = process;
  try {
    await task();
    return true;
  } catch (error) {
    const isExpected = process.faults > faults || isAboutTime(error);
    const isDamage = errorKind(error) === "data" && isDamaged?.() === true;
    if (!isDamage && (errorKind(error) !== "unavailable" || !isExpected)) throw error;
    sim.scheduler.note(process.name, `${what} failed: ${(error as Error).message}`);
    return false;
  }
}

/** What a process' writers may hold: nothing from one request to the next, or all that a schedule has. */
const MAX_WRITER_BYTES = 2 ** 26;
const WRITER_BYTES = [0, MAX_WRITER_BYTES, MAX_WRITER_BYTES];
/** Also some of the series, and of one tenant those of one, but not of all. */
const CROWDED_WRITER_BYTES = [0, 10_000, 40_000, 100_000, MAX_WRITER_BYTES];

function writer(sim: Simulated, process: Process) {
  const { scheduler, randomBytes, retention, shardBits, tally, hardships } = sim;
  const { random } = scheduler;
  const { table, clock, clockGuard, watchClock } = newProgram(sim, process);
  /** The latest that its clock has said. */
  let latestMs = 0;
  // What a sender has for the time: the writer's may be wrong.
  const senderClock = hardships.hasWrongClocks ? () => ++scheduler.nowMs : clock;
  const maxBytes = random.pick(hardships.isCrowded ? CROWDED_WRITER_BYTES : WRITER_BYTES);
  const writers = new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, shardBits, maxBytes });
  const running = new Map<Append, () => void>();
  const { onDeath } = process;
  process.onDeath = () => {
    for (const end of running.values()) end();
    onDeath();
  };
  const append = async () => {
    const [tenant, model] = random.pick([...sim.models]);
    const retentionMs = retention.at(scheduler.nowMs);
    const request = nextRequest(sim, tenant, retentionMs, senderClock());
    if (request.length === 0) return;
    const writer = maxBytes < MAX_WRITER_BYTES ? undefined : process.name;
    const begun = model.begin(request, scheduler.nowMs, writer);
    let span: ClockSpan | undefined;
    const end = (isAnswered: boolean) => {
      running.delete(begun);
      const endMs = clock();
      const { minMs, maxMs } = span ?? { minMs: endMs, maxMs: endMs };
      latestMs = Math.max(latestMs, maxMs);
      begun.startMs = minMs;
      // After a clock was put back a little, a process' records are dated right after the latest of before.
      model.end(begun, Math.min(latestMs, maxMs + MAX_CLOCK_ERROR_MS), isAnswered);
      if (!isAnswered && hardships.isCutOff) unsentOf(sim, tenant).push(request);
    };
    running.set(begun, () => end(false));
    scheduler.note(process.name, `append to ${tenant}: ${print(request)}`);
    const invocation = hardships.isCutOff ? limitInvocation(sim, process, MAX_WRITE_MS) : { isOver: false };
    const isAnswered = await tolerate(sim, process, "append", async () => {
      const meter = newMeter();
      const appender = writers.appender({ tenant, retentionMs }, table.metered(meter));
      const { rejections } = await clockGuard.run(() => {
        span = watchClock();
        return appender.append(batchOfSamples(request));
      });
      if (rejections.count > 0) throw new Error(`refused: ${rejections.reasons[0].reason}`);
      if (hardships.isSparse) expectSoon(scheduler.nowMs - begun.begunMs);
      if (hardships.isCrowded)
        sim.costs.expectCheap(meter, request.length, model.labelSets().length, sim.levels);
    });
    invocation.isOver = true;
    end(isAnswered);
    tally.add(isAnswered ? "append answered" : "append failed");
    if (isAnswered) scheduler.note(process.name, `append to ${tenant} answered`);
    const heldMs = begun.endMs - begun.startMs;
    if (heldMs > MAX_HOLD_MS) tally.add("record held too long");
    else if (heldMs > MAX_HOLD_MS * 0.8) tally.add("record held nearly as long as it may be");
  };
  return async (turn: () => boolean) => {
    tally.add("writer started cold");
    if (maxBytes === 0) tally.add("writer forgot what it knew");
    // Now and then it is over with a process that nothing happened to.
    while (!random.chance(0.1) && turn()) {
      await pause(sim, process);
      stepClock(sim, process);
      const isAlone = hardships.isCrowded || hardships.isSparse;
      const atOnce = !isAlone && random.chance(0.3) ? random.between(2, 3) : 1;
      await Promise.all(Array.from({ length: atOnce }, append));
    }
  };
}

function unsentOf({ unsent }: Simulated, tenant: string): (readonly SentSamples[])[] {
  const found = unsent.get(tenant) ?? [];
  unsent.set(tenant, found);
  return found;
}

/** One that was not answered before, or a new one. */
function nextRequest(
  sim: Simulated,
  tenant: string,
  retentionMs: number,
  nowMs: number,
): readonly SentSamples[] {
  const { scheduler, workload, models, tally } = sim;
  const { random } = scheduler;
  if (sim.hardships.isCrowded) return scrape(random, workload, nowMs);
  if (sim.hardships.isSparse) return backfill(random, workload, nowMs);
  const maxAgeMs = maxAge(retentionMs);
  const unsent = unsentOf(sim, tenant);
  if (unsent.length === 0 || random.chance(0.5))
    return randomRequest(random, workload, models.get(tenant)!, { nowMs, maxAgeMs }, tally);
  tally.add("request repeated by its sender");
  const [again] = unsent.splice(random.between(0, unsent.length - 1), 1);
  return again.flatMap(({ labels, samples }) => {
    const taken = samples.filter(({ time }) => time > nowMs - maxAgeMs);
    return taken.length === 0 ? [] : [{ labels, samples: taken }];
  });
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
      const read = randomRead(sim, process, memory);
      const isAnswered = await tolerate(
        sim,
        process,
        "read",
        () => checkRead(sim, process, read),
        () => read.model.isDamaged(read.selection),
      );
      invocation.isOver = true;
      sim.tally.add(isAnswered ? "read answered" : "read failed");
    }
  };
}

function randomRead(sim: Simulated, process: Process, memory: ReaderMemory | undefined): Read {
  const { scheduler } = sim;
  const { random } = scheduler;
  const [tenant, model] = random.pick([...sim.models]);
  const selection = randomSelection(random, scheduler.clockOf(process)());
  return { process, tenant, model, selection, asChunks: random.chance(0.5), memory };
}

async function checkRead(sim: Simulated, process: Process, read: Read): Promise<void> {
  const { scheduler } = sim;
  const { tenant, asChunks, memory } = read;
  scheduler.note(process.name, `read of ${tenant} begins${asChunks ? " (chunks)" : ""}`);
  if (memory !== undefined && memory.sizeBytes > 0) sim.tally.add("reader remembered something");
  await readAndCheck(sim, newProgram(sim, process).table, read);
  scheduler.note(process.name, `read of ${tenant} ends`);
}

function compactor(sim: Simulated, process: Process) {
  const { scheduler, randomBytes, retention, partitionBits, eagerness } = sim;
  const { random } = scheduler;
  const { table, clock, clockGuard } = newProgram(sim, process);
  return async (turn: () => boolean) => {
    while (turn()) {
      await pause(sim, process);
      stepClock(sim, process);
      const invocation = limitInvocation(sim, process);
      await tolerate(sim, process, "compaction", async () => {
        const { faults } = process;
        await clockGuard.check();
        await compact(table, {
          clock,
          randomBytes,
          retentionOf: () => retention.at(scheduler.nowMs),
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
function limitInvocation(
  { scheduler, tally }: Simulated,
  process: Process,
  maxMs = MAX_INVOCATION_MS,
): { isOver: boolean } {
  const invocation = { isOver: false };
  const isEarly = process.role === "compactor" && scheduler.random.chance(0.1);
  const readyMs = scheduler.nowMs + (isEarly ? scheduler.random.between(0, 300) : maxMs);
  const run = () => {
    if (invocation.isOver || process.isDead) return "";
    tally.add(`${process.role} ended by its time-out`);
    scheduler.kill(process);
    return "ends it";
  };
  scheduler.add({ process: undefined, name: `time-out of ${process.name}`, readyMs, run });
  return invocation;
}

function noteDay(
  { scheduler, tally, models }: Simulated,
  process: Process,
  { tenant, day, outcome, error }: DayReport,
  hasFaults: boolean,
): void {
  const isDamage = errorKind(error) === "data" && models.get(tenant)!.isDayDamaged(day);
  if (error !== undefined && !isDamage && (errorKind(error) !== "unavailable" || !hasFaults))
    scheduler.fail(error);
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
