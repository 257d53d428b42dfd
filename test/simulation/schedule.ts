/** One schedule: a few actors on a new table, then, when all are done, what must hold in the end. */

import { errorKind } from "../../lib/model/errors.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { listPendingDays } from "../../lib/storage/erase/ask-for-erasure.ts";
import { dayOf, KIND } from "../../lib/storage/layout/keys.ts";
import { isOpenRun } from "../../lib/storage/layout/manifest.ts";
import { loadManifests } from "../../lib/storage/layout/manifest-store.ts";
import { TRANSIENT_MS } from "../../lib/storage/layout/retention.ts";
import { type Meter, newMeter, type Table } from "../../lib/storage/table/table.ts";
import { ALL_TIME } from "../helpers/storage/naive-store.ts";
import { start } from "./actors/actors.ts";
import { livesOf } from "./actors/program.ts";
import { compactCalmly, pass, settlingPauses } from "./interval.ts";
import { isExpectedDamage, readAndCheck } from "./model/checked-read.ts";
import { expectRows } from "./model/checked-rows.ts";
import { DAMAGE_CHANCE, damageItem, MAX_DAMAGES } from "./model/damage.ts";
import { settleLabels } from "./model/labels-gone.ts";
import { noteLeftDays } from "./model/left-days.ts";
import { printTold, type Told, type ToldSeries } from "./model/sample.ts";
import { expectCheapCompaction, expectFewDictionaries } from "./model/write-costs.ts";
import { Random } from "./random.ts";
import { expireSamples, MANY_DAYS, settleRowsAlone } from "./rows-alone.ts";
import { Process, type Role } from "./scheduler.ts";
import { newSimulated, type Simulated } from "./simulated.ts";
import { storeBlocks } from "./tables/stored-blocks.ts";
import type { Tally } from "./tally.ts";
import type { WorldChoice } from "./worlds.ts";

/** How often, by steps, TTL takes some of what has expired. */
const TTL_CHANCE = 0.03;
/** How many schedules compress what they store. */
const COMPRESSING_CHANCE = 0.1;
/**
 * How often everything is read in the end: before the compactions, after each, and after the latest calls have landed. A
 * loss lasts, so the one read that is always made finds it; the others find when.
 */
const FIRST_READ_CHANCE = 0.5;
const SETTLING_READ_CHANCE = 0.15;
const LAST_READ_CHANCE = 0.3;

export class ScheduleFailure extends Error {
  readonly events: readonly string[];

  constructor(cause: unknown, events: readonly string[]) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.events = events;
  }
}

/** Returns how many steps it took; throws `ScheduleFailure`. The same seed gives the same schedule, ids included. */
export async function runSchedule(seed: number, tally: Tally, choice: WorldChoice): Promise<number> {
  const random = new Random(seed);
  storeBlocks(!random.chance(COMPRESSING_CHANCE));
  const sim = newSimulated(random, tally, choice);
  sim.scheduler.note("nobody", `world ${sim.worldName}; retention ${sim.retention.print()}`);
  try {
    await play(sim);
    for (const interval of sim.hardships.intervals) {
      await pass(sim, interval);
      await play(sim);
    }
    await settle(sim);
    return sim.scheduler.steps;
  } catch (error) {
    throw new ScheduleFailure(error, sim.scheduler.events());
  }
}

async function play(sim: Simulated): Promise<void> {
  const { scheduler, table, tally, race } = sim;
  const { random } = scheduler;
  // Of many days one actor of each role takes long enough.
  const most = (count: number) => (sim.hardships.isSparse ? 1 : count);
  const counts = [
    ["writer", random.between(...(race?.counts.writer ?? [1, most(3)]))],
    ["reader", random.between(...(race?.counts.reader ?? [1, most(2)]))],
    ["compactor", random.between(...(race?.counts.compactor ?? [1, most(2)]))],
  ] as const;
  const actors = counts.flatMap(([role, count]) =>
    Array.from({ length: count }, (_, i) => start(sim, role, i, turnsOf(sim, role))),
  );
  const isDone = () => actors.every((actor) => actor.isDone);
  await scheduler.run(isDone, () => {
    maybeDamage(sim);
    if (!random.chance(TTL_CHANCE)) return;
    noteLeftDays(sim);
    if (table.removeExpired(scheduler.nowMs, () => random.chance(0.5)) > 0) tally.add("item removed by TTL");
  });
}

function turnsOf({ scheduler, hardships }: Simulated, role: Role): number {
  const { random } = scheduler;
  if (hardships.isCrowded && role === "writer") return random.between(5, 10);
  if (hardships.isSparse) return random.between(1, 2);
  // Of several acts each is short.
  return random.between(1, hardships.intervals.length > 0 ? 3 : 4);
}

function maybeDamage(sim: Simulated): void {
  const { scheduler, hardships, tally } = sim;
  if (hardships.damage.length === 0 || sim.damages >= MAX_DAMAGES || !scheduler.random.chance(DAMAGE_CHANCE))
    return;
  const what = damageItem(sim);
  if (what === undefined) return;
  sim.damages++;
  tally.add("item damaged");
  scheduler.note("nobody", `damages an item: ${what}`);
}

/** From now on nothing fails: everything is compacted, and then nothing but what must stay stays. */
async function settle(sim: Simulated): Promise<void> {
  const { scheduler, table, calmTable } = sim;
  const process = new Process("reader", "end", 0);
  scheduler.note("end", "all are done");
  if (sim.hardships.isCrowded)
    expectFewDictionaries(table.items(), (tenant) => sim.models.get(tenant)!.labelSets().length);
  const before = scheduler.random.chance(FIRST_READ_CHANCE) ? await readAll(sim, process) : undefined;
  const meter = newMeter();
  const { lastChangeMs } = sim.retention;
  const isChanging = scheduler.nowMs <= lastChangeMs;
  await compactAll(sim, process, before, calmTable.metered(meter));
  if (isChanging) {
    // A day that was past a shorter retention meanwhile has not been compacted.
    scheduler.nowMs = Math.max(scheduler.nowMs, lastChangeMs);
    await compactAll(sim, process, before, calmTable);
  }
  if (sim.hardships.isSparse) expectCheapSettling(sim, meter);
  await expectChunksOnly(sim);
  if (sim.hardships.losesLabels) {
    await settleLabels(sim, process);
    await readAll(sim, process);
    return;
  }
  if (sim.hardships.hasDeletions && scheduler.random.chance(0.6)) {
    expectSame(sim, before, await readAll(sim, process), "compaction changed");
    return playRowsAlone(sim, process);
  }
  scheduler.nowMs += TRANSIENT_MS + HOUR_MS;
  table.removeExpired(scheduler.nowMs, () => true);
  expectSame(sim, before, await readAll(sim, process), "TTL changed");
  if (!scheduler.random.chance(LAST_READ_CHANCE)) return;
  scheduler.landRest();
  await readAll(sim, process);
}

/** Compacts everything, and compares what is read meanwhile. Hourly rows are compared once. */
async function compactAll(
  sim: Simulated,
  process: Process,
  before: AllSamples | undefined,
  table: Table,
): Promise<void> {
  const { random } = sim.scheduler;
  const pauses = settlingPauses(random);
  // Often at once, when what writers have marked stale may not have been compacted.
  const rowsAt = random.chance(0.5) ? 0 : random.between(0, pauses.length - 1);
  for (const [i, ms] of pauses.entries()) {
    await compactCalmly(sim, process, ms, table);
    if (i === rowsAt) await expectRows(sim, process);
    if (!random.chance(SETTLING_READ_CHANCE)) continue;
    expectSame(sim, before, await readAll(sim, process), `compaction ${ms} ms later changed`);
  }
}

/** Everybody goes on with rows alone. */
async function playRowsAlone(sim: Simulated, process: Process): Promise<void> {
  const rowsAlone = await expireSamples(sim, process);
  sim.rowsAlone = rowsAlone;
  sim.lastWakeMs = sim.scheduler.nowMs + sim.hardships.actMs;
  await play(sim);
  await settleRowsAlone(sim, process, rowsAlone);
}

function expectCheapSettling({ models }: Simulated, meter: Meter): void {
  const counts = [...models.values()].map((model) => model.countSamples());
  const total = (of: "days" | "appends" | "samples") => counts.reduce((sum, count) => sum + count[of], 0);
  expectCheapCompaction(meter, { days: total("days"), appends: total("appends"), samples: total("samples") });
}

/** A tenant's series and when it was read. */
type AllSamples = Map<string, ToldSeries[]>;

/** What the store answers by tenant, which the model allows. */
async function readAll(sim: Simulated, process: Process): Promise<AllSamples> {
  const all: AllSamples = new Map();
  const asChunks = sim.scheduler.random.chance(0.5);
  const selection = { matchers: [], ...ALL_TIME };
  const { storedAs } = livesOf(sim, sim.calmTable, sim.scheduler.clockOf(process));
  for (const [tenant, model] of sim.models) {
    try {
      all.set(
        tenant,
        await readAndCheck(sim, sim.calmTable, { process, tenant, model, selection, asChunks, storedAs }),
      );
    } catch (error) {
      const isExpected = isExpectedDamage(sim, { model, selection }, (error as Error).message, model.event());
      if (errorKind(error) !== "data" || !isExpected) throw error;
      sim.scheduler.note(process.name, `read of ${tenant} fails: ${(error as Error).message}`);
    }
  }
  return all;
}

/** The later read has all that the earlier one had and retention still keeps. */
function expectSame(sim: Simulated, before: AllSamples | undefined, after: AllSamples, what: string): void {
  if (before === undefined) return;
  const { scheduler, retention, tally, models, hardships } = sim;
  // What retention may have let go since.
  const from = scheduler.nowMs - retention.shortest(0, scheduler.nowMs);
  for (const [tenant, series] of before) {
    // By the model alone goes what is left of a damaged day, what a shorter retention has begun to take, and a write that failed
    // for its clock: it lies behind a watermark until its day settles.
    const { retention: kind, hasWrongClocks } = hardships;
    const model = models.get(tenant)!;
    // A deletion that failed may take effect whenever.
    if (model.isDamaged(ALL_TIME) || kind === "any" || hasWrongClocks || model.hasLooseDeletions) continue;
    const [rows, laterRows] = [rowsOf(series, from), rowsOf(after.get(tenant) ?? [], from)];
    if (rows.length < rowsOf(series, Number.NEGATIVE_INFINITY).length) tally.add("sample past retention");
    // A write that was never answered may lie behind a watermark until its day settles: what comes, the model has judged.
    const later = new Set(laterRows.map(placeOf));
    // A write that failed may land weeks later, in the log of a day that is settled: nobody was promised that it stays.
    const isPromised = ([{ labels }, { time }]: Row) => models.get(tenant)!.isAnswered(labels, time);
    const lost = rows.find((row) => !later.has(placeOf(row)) && isPromised(row));
    if (lost !== undefined) throw new Error(`${what} ${print(lost)} to nothing`);
  }
}

type Row = readonly [series: ToldSeries, told: Told];

function rowsOf(all: readonly ToldSeries[], from: number): Row[] {
  return all.flatMap((series) =>
    series.samples.filter(({ time }) => time >= from).map((told): Row => [series, told]),
  );
}

function placeOf([{ labels }, { time }]: Row): string {
  return `${labels} ${time}`;
}

function print([{ labels }, told]: Row): string {
  return `${labels} ${told.time} ${printTold(told)}`;
}

/** Of what retention still keeps for some hours: the last of it need not be compacted any more. */
async function expectChunksOnly({
  calmTable,
  damagedKinds,
  scheduler,
  models,
  retention,
  hardships,
}: Simulated): Promise<void> {
  const today = dayOf(scheduler.nowMs);
  const { storedAs } = livesOf({ hardships }, calmTable, () => scheduler.nowMs);
  const keptMs = retention.shortest(0, scheduler.nowMs);
  const first = dayOf(scheduler.nowMs - Math.min(MANY_DAYS * DAY_MS, keptMs - 2 * HOUR_MS));
  for (const [tenant, { deletions }] of models) {
    const place = { table: calmTable, tenant, retentionMs: keptMs, clock: () => scheduler.nowMs };
    // Manifests of other worlds may be damaged.
    const isJudged = hardships.hasDeletions && !deletions.hasLoose;
    const [pending] = isJudged ? await listPendingDays(place) : [];
    if (pending !== undefined)
      throw new Error(`day ${pending} of ${tenant} holds what is deleted in the end`);
    // A damaged manifest cannot be read.
    if (damagedKinds.has(KIND.manifest)) continue;
    for (const [day, { parts, index }] of await loadManifests(
      calmTable,
      await storedAs(tenant),
      first,
      today + 1,
    )) {
      if (models.get(tenant)!.isDayHeld(day)) continue;
      if (index.length > 1)
        throw new Error(`day ${day} of ${tenant} has ${index.length} index parts in the end`);
      const run = parts.find(isOpenRun);
      if (run !== undefined)
        throw new Error(`day ${day} of ${tenant} has a run of ${run.createdMs} in the end`);
    }
  }
}
