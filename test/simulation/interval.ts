/** What happens between two acts of a schedule and at its end: time passes, TTL works, a compactor without faults may. */
import { errorKind } from "../../lib/model/errors.ts";
import { parseStoredTenant } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { compact, type DayReport } from "../../lib/storage/compact/compactor.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { ifLiving, livesOf } from "./actors/program.ts";
import { noteLeftDays } from "./model/left-days.ts";
import type { Random } from "./random.ts";
import { rollupRetention } from "./rows-alone.ts";
import { Process } from "./scheduler.ts";
import type { Simulated } from "./simulated.ts";
import type { Interval } from "./worlds.ts";

/** Pauses before compactions: long enough for every bucket to close and every late run to be compacted. */
const SETTLING_MS: readonly number[] = [26 * HOUR_MS + 2 * MINUTE_MS, 5 * HOUR_MS, 5 * HOUR_MS];
/** The same with compactions of days that go on. */
const SLOW_SETTLING_MS: readonly number[] = [2 * MINUTE_MS, HOUR_MS, 25 * HOUR_MS, 5 * HOUR_MS, 5 * HOUR_MS];
/** Each compaction that has something to do takes as long as half an act. */
const SLOW_CHANCE = 0.25;

export function settlingPauses(random: Random): readonly number[] {
  return random.chance(SLOW_CHANCE) ? SLOW_SETTLING_MS : SETTLING_MS;
}

/** Days in which nobody works but TTL, which takes what has expired in no order. */
export async function pass(sim: Simulated, { isCompacted, minMs, maxMs }: Interval): Promise<void> {
  const { scheduler, table, tally } = sim;
  const { random } = scheduler;
  if (isCompacted) {
    const process = new Process("compactor", "interval", 0);
    for (const ms of settlingPauses(random)) await compactCalmly(sim, process, ms);
  }
  const days = random.between(minMs, maxMs) / DAY_MS;
  scheduler.note("nobody", `works for ${days.toFixed(1)} days`);
  for (let day = 0; day < days; day++) {
    scheduler.pass(DAY_MS);
    noteLeftDays(sim);
    if (table.removeExpired(scheduler.nowMs, () => random.chance(0.5)) > 0) tally.add("item removed by TTL");
  }
  tally.add("days without anybody");
  sim.lastWakeMs = scheduler.nowMs + sim.hardships.actMs;
}

/** Some time later, a compaction without faults. */
export async function compactCalmly(
  sim: Simulated,
  process: Process,
  ms: number,
  table: Table = sim.calmTable,
): Promise<void> {
  const { scheduler, randomBytes, retention, partitionBits, sparseSamples, models } = sim;
  scheduler.pass(ms);
  noteLeftDays(sim);
  const clock = scheduler.clockOf(process);
  const onDay = ({ tenant, day, outcome, error }: DayReport) => {
    if (error === undefined || outcome?.state === "set aside") return;
    const model = models.get(parseStoredTenant(tenant).name)!;
    // One damaged item costs itself: a day goes on beside a log record, with an error that says so.
    const isExpected = model.isDayHeld(day) || (model.isDayDamaged(day) && outcome?.state === "done");
    if (errorKind(error) !== "data" || !isExpected) scheduler.fail(error);
    scheduler.note(process.name, `compaction of ${tenant}/${day} fails: ${(error as Error).message}`);
  };
  const { isLiving } = livesOf(sim, table, clock);
  const retentionOf = ifLiving(isLiving, () => retention.at(scheduler.nowMs));
  const deadlineMs = Number.POSITIVE_INFINITY;
  await compact(table, {
    clock,
    randomBytes,
    retentionOf,
    ...rollupRetention(sim),
    partitionBits,
    sparseSamples,
    deadlineMs,
    onDay,
  });
  scheduler.throwFailure();
}
