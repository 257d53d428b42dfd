/** A compactor: runs that end by themselves, at their deadline or by the platform. */
import { errorKind } from "../../../lib/model/errors.ts";
import { parseStoredTenant } from "../../../lib/model/tenant.ts";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { compact, type DayReport } from "../../../lib/storage/compact/compactor.ts";
import type { Random } from "../random.ts";
import { rollupRetention, SHORT_RETENTION_MS } from "../rows-alone.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";
import { limitInvocation, tolerate } from "./invocation.ts";
import { pause, stepClock } from "./pauses.ts";
import { ifLiving, newProgram } from "./program.ts";

export function compactor(sim: Simulated, process: Process) {
  const { scheduler, randomBytes, retention, partitionBits, sparseSamples, eagerness } = sim;
  const { random } = scheduler;
  const { table, settlingClock: clock, clockGuard, isLiving } = newProgram(sim, process);
  return async (turn: () => boolean) => {
    while (turn()) {
      await pause(sim, process);
      stepClock(sim, process);
      const invocation = limitInvocation(sim, process);
      await tolerate(sim, process, "compaction", async () => {
        const { faults } = process;
        await clockGuard.check(true);
        await compact(table, {
          clock,
          randomBytes,
          retentionOf: ifLiving(isLiving, () =>
            sim.rowsAlone === undefined ? retention.at(scheduler.nowMs) : SHORT_RETENTION_MS,
          ),
          ...rollupRetention(sim),
          onMonth: ({ error }) => noteMonth(sim, error, process.faults > faults),
          partitionBits,
          sparseSamples,
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

function noteMonth({ scheduler }: Simulated, error: unknown, hasFaults: boolean): void {
  if (error !== undefined && (errorKind(error) !== "unavailable" || !hasFaults)) scheduler.fail(error);
}

function noteDay(
  { scheduler, tally, models }: Simulated,
  process: Process,
  { tenant, day, outcome, error }: DayReport,
  hasFaults: boolean,
): void {
  // A day whose compactors were killed twice waits for its turn.
  if (outcome?.state === "set aside") return;
  const isDamage =
    errorKind(error) === "data" && models.get(parseStoredTenant(tenant).name)!.isDayDamaged(day);
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
