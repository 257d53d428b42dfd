/** Who works on the table: writers, readers and compactors, each a process that may die and is then started anew. */
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { errorKind } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { Selection } from "../../lib/model/selection.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compactor.ts";

import type { Queryable } from "../../lib/storage/interface.ts";
import { SETTLE_MS } from "../../lib/storage/plan-compaction.ts";
import { Reader } from "../../lib/storage/reader.ts";
import { MAX_HOLD_MS } from "../../lib/storage/receive-clock.ts";
import type { BitsOf } from "../../lib/storage/shard.ts";
import { Writers } from "../../lib/storage/writers.ts";
import { type PlainSeries, plainSeries, selectAll } from "../helpers/naive-store.ts";
import { batchOf } from "../helpers/write-requests.ts";
import type { Append, Model } from "./model.ts";
import type { Random } from "./random.ts";
import { ScheduledTable, type World } from "./scheduled-table.ts";
import { Process } from "./scheduler.ts";
import { randomRequest, randomSelection, TENANTS } from "./workload.ts";

/** What clocks may be apart, their grain included: a settle time, less what a writer may hold a record. */
const MAX_CLOCK_ERROR_MS = SETTLE_MS - MAX_HOLD_MS;

export interface Simulated extends World {
  readonly models: ReadonlyMap<string, Model>;
  readonly retentionMs: number;
  readonly grainMs: number;
  readonly shardBits: BitsOf;
  readonly partitionBits: BitsOf;
  /** When those who have nothing to do for long all wake up. */
  wakeMs: number;
}

/** How many things an actor has still to do. */
export interface Actor {
  remaining: number;
  isDone: boolean;
}

type Work = (sim: Simulated, process: Process) => (turn: () => boolean) => Promise<void>;

/** Starts an actor that does `work` so many times, with a process after another. */
export function start(sim: Simulated, name: string, work: Work, times: number): Actor {
  const { scheduler } = sim;
  const actor: Actor = { remaining: times, isDone: false };
  const turn = () => actor.remaining-- > 0;
  let lives = 0;
  const live = () => {
    const maxSkewMs = (MAX_CLOCK_ERROR_MS - sim.grainMs) / 2;
    const skewMs = Math.round((scheduler.random.between(-1000, 1000) / 1000) * maxSkewMs);
    const process = new Process(`${name}.${++lives}`, skewMs);
    process.onDeath = live;
    work(
      sim,
      process,
    )(turn).then(
      () => {
        if (actor.remaining > 0) live();
        else actor.isDone = true;
      },
      (error: unknown) => scheduler.fail(error),
    );
  };
  live();
  return actor;
}

/** Mostly at once, sometimes some seconds; or until all that wait for long go on together. */
async function pause(sim: Simulated, process: Process): Promise<void> {
  const { scheduler } = sim;
  const { random } = scheduler;
  if (random.chance(0.6)) return scheduler.sleep(process, random.between(0, 100));
  if (random.chance(0.5)) return scheduler.sleep(process, random.between(0, 90 * SECOND_MS));
  if (sim.wakeMs <= scheduler.nowMs) sim.wakeMs = nextWake(random, scheduler.nowMs);
  await scheduler.sleep(process, sim.wakeMs - scheduler.nowMs + random.between(0, SECOND_MS));
}

/** Some time later, often where one hour ends and another begins. */
function nextWake(random: Random, nowMs: number): number {
  const span = random.pick([
    10 * MINUTE_MS,
    2 * HOUR_MS,
    2 * HOUR_MS,
    6 * HOUR_MS,
    6 * HOUR_MS,
    40 * HOUR_MS,
  ]);
  const wakeMs = nowMs + random.between(0, span);
  return random.chance(0.5)
    ? wakeMs
    : (Math.floor(wakeMs / HOUR_MS) + 1) * HOUR_MS - random.between(0, 20 * SECOND_MS);
}

/** Does something that may fail when, and only when, the process has met a fault. */
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

export const writer: Work = (sim, process) => async (turn) => {
  const { scheduler, retentionMs, shardBits } = sim;
  const { random } = scheduler;
  const clock = scheduler.clockOf(process);
  const writers = new Writers({
    clock,
    limits: DEFAULT_LIMITS,
    shardBits,
    maxBytes: random.pick([0, 2 ** 26, 2 ** 26]),
  });
  const table = new ScheduledTable(sim, process);
  const running = new Map<Append, Model>();
  const { onDeath } = process;
  process.onDeath = () => {
    for (const [append, model] of running) model.end(append, clock(), false);
    onDeath();
  };
  const append = async () => {
    const tenant = random.pick(TENANTS);
    const model = sim.models.get(tenant)!;
    const request = randomRequest(random, model, clock());
    const begun = model.begin(request, clock());
    running.set(begun, model);
    scheduler.note(process.name, `append to ${tenant}: ${print(request)}`);
    const isAnswered = await tolerate(sim, process, "append", async () => {
      const { rejections } = await writers
        .appender({ tenant, retentionMs }, table)
        .append(batchOf(...request));
      if (rejections.count > 0) throw new Error(rejections.reasons[0].reason);
    });
    running.delete(begun);
    model.end(begun, clock(), isAnswered);
    if (isAnswered) scheduler.note(process.name, `append to ${tenant} answered`);
  };
  // Now and then it is over with a process that nothing happened to.
  while (!random.chance(0.1) && turn()) {
    await pause(sim, process);
    const atOnce = random.chance(0.3) ? random.between(2, 3) : 1;
    await Promise.all(Array.from({ length: atOnce }, append));
  }
};

export const reader: Work = (sim, process) => async (turn) => {
  while (turn()) {
    await pause(sim, process);
    await tolerate(sim, process, "read", () => checkRead(sim, process));
  }
};

async function checkRead(sim: Simulated, process: Process): Promise<void> {
  const { scheduler, retentionMs, models } = sim;
  const tenant = scheduler.random.pick(TENANTS);
  const model = models.get(tenant)!;
  const clock = scheduler.clockOf(process);
  // So little memory that a query is read in several groups, or so much that it is one.
  const maxQueryBytes = scheduler.random.pick([DEFAULT_LIMITS.maxQueryBytes, 250_000]);
  const limits = { ...DEFAULT_LIMITS, maxQueryBytes };
  const store = new Reader(new ScheduledTable(sim, process), { tenant, clock, limits, retentionMs });
  const selection = randomSelection(scheduler.random, clock());
  const asChunks = scheduler.random.chance(0.5);
  const begunAt = model.event();
  scheduler.note(process.name, `read of ${tenant} begins${asChunks ? " (chunks)" : ""}`);
  const answer = asChunks ? await selectAllChunks(store, selection) : await selectAll(store, selection);
  scheduler.note(process.name, `read of ${tenant} ends`);
  model.check(selection, answer, begunAt, model.event());
}

/** The same as `selectAll`, from chunks that do not overlap and are what they say. */
export async function selectAllChunks(store: Queryable, selection: Selection): Promise<PlainSeries[]> {
  const all: PlainSeries[] = [];
  for await (const { labels, chunks } of store.selectChunks(selection)) {
    const parts = [...chunks].map(({ minTime, maxTime, bytes }) => {
      const samples = decodeXorChunk(bytes);
      const { timestamps } = samples;
      if (timestamps[0] === minTime && timestamps.at(-1) === maxTime)
        return plainSeries({ labels, ...samples });
      throw new Error(`a chunk of ${timestamps[0]} to ${timestamps.at(-1)} says ${minTime} to ${maxTime}`);
    });
    if (parts.length > 0) all.push({ labels, samples: parts.flatMap(({ samples }) => samples) });
  }
  return all;
}

export const compactor: Work = (sim, process) => async (turn) => {
  const { scheduler, retentionMs, partitionBits } = sim;
  const { random } = scheduler;
  const clock = scheduler.clockOf(process);
  while (turn()) {
    await pause(sim, process);
    await tolerate(sim, process, "compaction", async () => {
      const deadlineMs = random.chance(0.7)
        ? Number.POSITIVE_INFINITY
        : clock() + random.between(0, MINUTE_MS);
      const { faults } = process;
      await compact(new ScheduledTable(sim, process), {
        clock,
        retentionOf: () => retentionMs,
        partitionBits,
        deadlineMs,
        isEager: random.chance(0.3),
        onDay: ({ tenant, day, outcome, error }) => {
          if (error !== undefined && (errorKind(error) !== "unavailable" || process.faults === faults)) {
            scheduler.fail(error);
          }
          if (outcome === undefined) return;
          const { state, flushes, chunkings } = outcome;
          scheduler.note(process.name, `compaction of ${tenant}/${day}: ${state} ${flushes} ${chunkings}`);
        },
      });
    });
  }
};

function print(
  request: readonly { readonly labels: unknown; readonly samples: readonly (readonly [number, bigint])[] }[],
) {
  return request
    .map(({ labels, samples }) => {
      const printed = samples.slice(0, 5).map(([time, bits]) => `${time}=0x${bits.toString(16)}`);
      return `${JSON.stringify(labels)} ${printed.join(" ")}${samples.length > 5 ? " …" : ""}`;
    })
    .join("; ");
}
