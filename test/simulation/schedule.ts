/** One schedule: a few actors on a new table, then, when all are done, what must hold in the end. */
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compactor.ts";
import { dayOf } from "../../lib/storage/keys.ts";
import { loadManifests } from "../../lib/storage/manifest-store.ts";
import { MemoryTable } from "../../lib/storage/memory-table.ts";
import { Reader } from "../../lib/storage/reader.ts";
import { TRANSIENT_MS } from "../../lib/storage/retention.ts";
import { MIDNIGHT_MS } from "../helpers/engine.ts";
import { ALL_TIME, type PlainSeries, selectAll } from "../helpers/naive-store.ts";
import { compactor, reader, type Simulated, selectAllChunks, start, writer } from "./actors.ts";
import { ExpiringTable } from "./expiring-table.ts";
import { Model } from "./model.ts";
import { Random } from "./random.ts";
import type { Weather } from "./scheduled-table.ts";
import { Process, Scheduler } from "./scheduler.ts";
import { TENANTS } from "./workload.ts";

const CALM: Weather = { fault: 0, death: 0, delay: 0.02, pageItems: 1000 };
const WEATHERS: readonly Weather[] = [
  CALM,
  { fault: 0.02, death: 0.002, delay: 0.02, pageItems: 10 },
  { fault: 0.02, death: 0.01, delay: 0.05, pageItems: 4 },
  { fault: 0.05, death: 0.005, delay: 0.01, pageItems: 3 },
  { fault: 0.01, death: 0, delay: 0.15, pageItems: 1000 },
];
/** Long enough for every bucket to close and every late run to be taken in. */
const SETTLING_MS: readonly number[] = [
  MINUTE_MS * 2,
  HOUR_MS,
  9 * HOUR_MS,
  9 * HOUR_MS,
  9 * HOUR_MS,
  9 * HOUR_MS,
];

export interface ScheduleResult {
  readonly steps: number;
}

export class ScheduleFailure extends Error {
  readonly events: readonly string[];

  constructor(cause: unknown, events: readonly string[]) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.events = events;
  }
}

/** Throws `ScheduleFailure`. It is the same every time, bit for bit: even ids are made of the seed. */
export async function runSchedule(seed: number): Promise<ScheduleResult> {
  const random = new Random(seed);
  const { getRandomValues } = crypto;
  crypto.getRandomValues = <T extends ArrayBufferView | null>(bytes: T): T => {
    random.fill(bytes as unknown as Uint8Array);
    return bytes;
  };
  const startMs = MIDNIGHT_MS + random.between(0, DAY_MS);
  const grainMs = random.pick([1, 1, 1000, 10_000]);
  const scheduler = new Scheduler(random, startMs, grainMs);
  const table = new ExpiringTable(new MemoryTable());
  const levels = random.pick([[0], [0, 1], [0, 2], [1], [2, 3]]);
  const sim: Simulated = {
    scheduler,
    table,
    weather: random.pick(WEATHERS),
    bornMs: new Map(),
    models: new Map(TENANTS.map((tenant) => [tenant, new Model()])),
    retentionMs: random.pick([0, 30 * DAY_MS]),
    shardBits: () => random.pick(levels),
    partitionBits: () => random.between(0, 3),
    grainMs,
    wakeMs: 0,
  };
  try {
    await play(sim);
    await settle(sim, table);
    return { steps: scheduler.steps };
  } catch (error) {
    throw new ScheduleFailure(error, scheduler.lastEvents(Number.POSITIVE_INFINITY));
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
}

async function play(sim: Simulated): Promise<void> {
  const { scheduler } = sim;
  const { random } = scheduler;
  const counts = {
    writer: random.between(1, 3),
    reader: random.between(1, 2),
    compactor: random.between(1, 2),
  };
  const actors = [
    ...Array.from({ length: counts.writer }, (_, i) => start(sim, `writer${i}`, writer, 10)),
    ...Array.from({ length: counts.reader }, (_, i) => start(sim, `reader${i}`, reader, 10)),
    ...Array.from({ length: counts.compactor }, (_, i) => start(sim, `compactor${i}`, compactor, 10)),
  ];
  await scheduler.run(() => actors.every(({ isDone }) => isDone));
}

/** From now on nothing fails: everything is compacted, and then nothing but what must stay stays. */
async function settle(sim: Simulated, table: ExpiringTable): Promise<void> {
  const { scheduler, retentionMs, partitionBits } = sim;
  const clock = scheduler.clockOf(new Process("end", 0));
  scheduler.note("end", "all are done");
  const before = await readAll(sim);
  for (const ms of SETTLING_MS) {
    scheduler.nowMs += ms;
    const onDay = ({ error }: { readonly error: unknown }) => {
      if (error !== undefined) throw error;
    };
    const deadlineMs = Number.POSITIVE_INFINITY;
    await compact(table, { clock, retentionOf: () => retentionMs, partitionBits, deadlineMs, onDay });
    expectSame(before, await readAll(sim), `compaction ${ms} ms later changed`);
  }
  await expectChunksOnly(sim);
  scheduler.nowMs += TRANSIENT_MS + HOUR_MS;
  table.removeExpired(scheduler.nowMs);
  expectSame(before, await readAll(sim), "TTL changed");
  scheduler.landRest();
  await readAll(sim);
}

/** What the store answers, which the model allows, by tenant. */
async function readAll(sim: Simulated): Promise<string[]> {
  const all: string[] = [];
  for (const [tenant, model] of sim.models) {
    const clock = sim.scheduler.clockOf(new Process("end", 0));
    const { table, retentionMs } = sim;
    const store = new Reader(table, { tenant, clock, limits: DEFAULT_LIMITS, retentionMs });
    const begunAt = model.event();
    for (const select of [selectAll, selectAllChunks]) {
      const selection = { matchers: [], ...ALL_TIME };
      const answer = await select(store, selection);
      model.check(selection, answer, begunAt, model.event());
      all.push(...linesOf(`${tenant} ${select.name}`, answer));
      const listed = new Set((await store.series(selection)).map((labels) => JSON.stringify(labels)));
      const unlisted = answer.find(({ labels }) => !listed.has(JSON.stringify(labels)));
      if (unlisted !== undefined) throw new Error(`${JSON.stringify(unlisted.labels)} is not listed`);
    }
  }
  return all;
}

function linesOf(what: string, answer: readonly PlainSeries[]): string[] {
  return answer.flatMap(({ labels, samples }) => {
    const text = `${what} ${JSON.stringify(labels)}`;
    return samples.map(([time, bits]) => `${text} ${time} 0x${bits.toString(16)}`);
  });
}

function expectSame(before: readonly string[], after: readonly string[], what: string): void {
  const at = before.findIndex((line, i) => line !== after[i]);
  if (at >= 0) throw new Error(`${what} ${before[at]} to ${after[at]}`);
  if (after.length > before.length) throw new Error(`${what} nothing to ${after[before.length]}`);
}

async function expectChunksOnly({ table, scheduler }: Simulated): Promise<void> {
  const today = dayOf(scheduler.nowMs);
  for (const tenant of TENANTS) {
    for (const [day, { parts, index }] of await loadManifests(table, tenant, today - 20, today + 1)) {
      if (index.length > 1)
        throw new Error(`day ${day} of ${tenant} has ${index.length} index parts in the end`);
      const run = parts.find(({ kind }) => kind === "run");
      if (run !== undefined)
        throw new Error(`day ${day} of ${tenant} has a run of ${run.createdMs} in the end`);
    }
  }
}
