/** One schedule: a few actors on a new table, then, when all are done, what must hold in the end. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { loadManifests } from "../../lib/storage/layout/manifest-store.ts";
import { TRANSIENT_MS } from "../../lib/storage/layout/retention.ts";
import { ALL_TIME } from "../helpers/naive-store.ts";
import { start } from "./actors.ts";
import { readAndCheck } from "./checked-read.ts";
import { Random } from "./random.ts";
import { isSame, printTold, type Told, type ToldSeries } from "./sample.ts";
import { Process } from "./scheduler.ts";
import { newSimulated, type Simulated } from "./simulated.ts";
import type { Tally } from "./tally.ts";

/** Long enough for every bucket to close and every late run to be taken in. */
const SETTLING_MS: readonly number[] = [2 * MINUTE_MS, HOUR_MS, 25 * HOUR_MS, 5 * HOUR_MS, 5 * HOUR_MS];
/** Days before now that may have samples. */
const MANY_DAYS = 500;
/** How often, by steps, TTL takes some of what has expired. */
const TTL_CHANCE = 0.03;

export class ScheduleFailure extends Error {
  readonly events: readonly string[];

  constructor(cause: unknown, events: readonly string[]) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.events = events;
  }
}

/** Returns how many steps it took; throws `ScheduleFailure`. The same seed gives the same schedule, ids included. */
export async function runSchedule(seed: number, tally: Tally): Promise<number> {
  const random = new Random(seed);
  const sim = newSimulated(random, tally);
  try {
    await play(sim);
    await settle(sim);
    return sim.scheduler.steps;
  } catch (error) {
    throw new ScheduleFailure(error, sim.scheduler.events());
  }
}

async function play(sim: Simulated): Promise<void> {
  const { scheduler, table, tally } = sim;
  const { random } = scheduler;
  const counts = [
    ["writer", random.between(1, 3)],
    ["reader", random.between(1, 2)],
    ["compactor", random.between(1, 2)],
  ] as const;
  const actors = counts.flatMap(([role, count]) =>
    Array.from({ length: count }, (_, i) => start(sim, role, i, random.between(1, 4))),
  );
  const isDone = () => actors.every((actor) => actor.isDone);
  await scheduler.run(isDone, () => {
    if (!random.chance(TTL_CHANCE)) return;
    if (table.removeExpired(scheduler.nowMs, () => random.chance(0.5)) > 0) tally.add("item removed by TTL");
  });
}

/** From now on nothing fails: everything is compacted, and then nothing but what must stay stays. */
async function settle(sim: Simulated): Promise<void> {
  const { scheduler, table, randomBytes, retentionMs, partitionBits } = sim;
  const process = new Process("reader", "end", 0);
  const clock = scheduler.clockOf(process);
  scheduler.note("end", "all are done");
  const before = await readAll(sim, process);
  for (const ms of SETTLING_MS) {
    scheduler.nowMs += ms;
    const onDay = ({ error }: { readonly error: unknown }) => {
      if (error !== undefined) scheduler.fail(error);
    };
    const deadlineMs = Number.POSITIVE_INFINITY;
    await compact(table, {
      clock,
      randomBytes,
      retentionOf: () => retentionMs,
      partitionBits,
      deadlineMs,
      onDay,
    });
    scheduler.throwFailure();
    expectSame(sim, before, await readAll(sim, process), `compaction ${ms} ms later changed`);
  }
  await expectChunksOnly(sim);
  scheduler.nowMs += TRANSIENT_MS + HOUR_MS;
  table.removeExpired(scheduler.nowMs, () => true);
  expectSame(sim, before, await readAll(sim, process), "TTL changed");
  scheduler.landRest();
  await readAll(sim, process);
}

/** A tenant's series and when it was read. */
type AllSamples = Map<string, ToldSeries[]>;

/** What the store answers by tenant, which the model allows. */
async function readAll(sim: Simulated, process: Process): Promise<AllSamples> {
  const all: AllSamples = new Map();
  const asChunks = sim.scheduler.random.chance(0.5);
  const selection = { matchers: [], ...ALL_TIME };
  for (const [tenant, model] of sim.models) {
    all.set(tenant, await readAndCheck(sim, sim.table, { process, tenant, model, selection, asChunks }));
  }
  return all;
}

/** The later read has all that the earlier one had and retention still keeps, and no more. */
function expectSame(sim: Simulated, before: AllSamples, after: AllSamples, what: string): void {
  const { scheduler, retentionMs, tally } = sim;
  const from = retentionMs === 0 ? Number.NEGATIVE_INFINITY : scheduler.nowMs - retentionMs;
  for (const [tenant, series] of before) {
    const [rows, laterRows] = [rowsOf(series, from), rowsOf(after.get(tenant) ?? [], from)];
    if (rows.length < rowsOf(series, Number.NEGATIVE_INFINITY).length) tally.add("sample past retention");
    for (let i = 0; i < Math.max(rows.length, laterRows.length); i++) {
      if (!isSameRow(rows[i], laterRows[i]))
        throw new Error(`${what} ${print(rows[i])} to ${print(laterRows[i])}`);
    }
  }
}

type Row = readonly [series: ToldSeries, told: Told];

function rowsOf(all: readonly ToldSeries[], from: number): Row[] {
  return all.flatMap((series) =>
    series.samples.filter(({ time }) => time >= from).map((told): Row => [series, told]),
  );
}

function isSameRow(a: Row | undefined, b: Row | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return isSame(a[1], b[1]) && String(a[0].labels) === String(b[0].labels);
}

function print(row: Row | undefined): string {
  return row === undefined ? "nothing" : `${row[0].labels} ${row[1].time} ${printTold(row[1])}`;
}

/** Of what retention still keeps for some hours: the last of it need not be compacted any more. */
async function expectChunksOnly({ table, scheduler, models, retentionMs }: Simulated): Promise<void> {
  const today = dayOf(scheduler.nowMs);
  const first = dayOf(scheduler.nowMs - (retentionMs === 0 ? MANY_DAYS * DAY_MS : retentionMs - 2 * HOUR_MS));
  for (const tenant of models.keys()) {
    for (const [day, { parts, index }] of await loadManifests(table, tenant, first, today + 1)) {
      if (index.length > 1)
        throw new Error(`day ${day} of ${tenant} has ${index.length} index parts in the end`);
      const run = parts.find(({ kind }) => kind === "run");
      if (run !== undefined)
        throw new Error(`day ${day} of ${tenant} has a run of ${run.createdMs} in the end`);
    }
  }
}
