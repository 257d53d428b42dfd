/**
 * Compaction of one tenant's day: does what its plan says is due, under a lease, and publishes each
 * step by replacing the manifest. A run that dies between two calls leaves nothing half done that
 * counts. The next run reads the manifest and goes on from it.
 */
import { errorKind } from "../../model/errors.ts";
import { deletionsOf, keepDeletions } from "../deletion/deletion-store.ts";
import { isOpenRun } from "../layout/manifest.ts";
import { loadDayState } from "../layout/manifest-store.ts";
import type { DayContext } from "./day-context.ts";
import { type DayOutcome, outcomeOf } from "./day-outcome.ts";
import { type CompactDayOptions, type DayMarks, DayRun, NO_MARKS } from "./day-run.ts";
import { doStep } from "./day-step.ts";
import { firstReceived } from "./flush.ts";
import { isGone, isUnchanged, nextStep, type Step } from "./next-step.ts";
import { KEEP_MS, keepRecords, keepRuns } from "./renewal.ts";
import { backoffMs, isSuspect } from "./set-aside.ts";

/** Does what is due until nothing is, or it is time to stop. Throws "unavailable". */
export async function compactDay(
  context: DayContext,
  options: CompactDayOptions,
  marks: DayMarks = NO_MARKS,
): Promise<DayOutcome> {
  const { table, tenant, day } = context;
  const { stored, deletions } = await loadDayState(table, tenant, day);
  if (deletions !== undefined) await keepDeletions(table, deletions, day, context.retentionMs);
  const run = new DayRun(context, { ...stored, deletions: deletionsOf(deletions) }, options, marks);
  try {
    return await doWhatIsDue(run);
  } catch (error) {
    return fail(run, error);
  }
}

async function doWhatIsDue(run: DayRun): Promise<DayOutcome> {
  const { marks, published } = run;
  const { clock } = run.context;
  const { attempts } = run.manifest.facts;
  if (isSuspect(attempts) && marks.isRenewalOnly !== true) {
    if (clock() < attempts.atMs + backoffMs(attempts)) return outcomeOf(run, "set aside");
    if (marks.mayRetry !== true) return outcomeOf(run, "suspect");
  }
  if (isUnchanged(run)) return outcomeOf(run, "done");
  if (await isGone(run))
    return { ...outcomeOf(run, "done"), settledToMs: Number.POSITIVE_INFINITY, oldestMs: undefined };
  for (let step = await nextStep(run); step !== undefined; step = await nextStep(run)) {
    if (run.isTimeUp() || !mayBegin(run, step)) return finish(run, "out of time");
    // A comparison changes nothing that another compactor could be at.
    if (step.kind !== "settle" && !(await published.lease())) return outcomeOf(run, "busy");
    const result = await doStep(run, step);
    if (result === "stopped") return finish(run, "out of time");
    if (result === "lost") return outcomeOf(run, "busy");
  }
  return finish(run, "done");
}

/** Steps that keep the log short, or items from leaving, wait for no capacity that they can be lent. */
const URGENT: readonly Step["kind"][] = ["flush", "keep", "renew", "forget", "settle"];

function mayBegin({ options }: DayRun, { kind }: Step): boolean {
  return options.pace?.mayBegin(!URGENT.includes(kind)) ?? true;
}

async function finish(run: DayRun, state: "done" | "out of time"): Promise<DayOutcome> {
  const { published } = run;
  await run.context.quarantine.store();
  const { facts } = run.manifest;
  const { drainedToMs } = run;
  if (published.isLeased) await published.endLease({ drainedToMs });
  else if (drainedToMs > facts.drainedToMs && published.isStored)
    await published.replace({ facts: { drainedToMs } });
  return outcomeOf(run, state);
}

/** Keeps what a day that failed has from leaving by TTL meanwhile. Throws "unavailable" again. */
async function fail(run: DayRun, error: unknown): Promise<DayOutcome> {
  if (errorKind(error) === "unavailable") {
    // The table is away: that says nothing about the day. Its lease should not hold up the next try.
    if (run.published.isLeased) await run.published.endLease().catch(() => {});
    throw error;
  }
  run.error = error;
  try {
    await run.context.quarantine.store();
    await keepOld(run);
  } catch (second) {
    if (errorKind(second) === "unavailable") throw second;
  }
  return outcomeOf(run, "failed");
}

/** Makes what is past half of its time stay as long as its day. */
async function keepOld(run: DayRun): Promise<void> {
  const { context, manifest } = run;
  const toMs = context.clock() - KEEP_MS;
  const plan = { fromMs: manifest.flushedToMs + 1, toMs: Number.MAX_SAFE_INTEGER };
  run.oldestMs = await firstReceived(context, plan);
  if (run.oldestMs !== undefined && run.oldestMs < toMs) await keepRecords(context, manifest, toMs);
  const old = manifest.parts.filter((part) => isOpenRun(part) && part.createdMs < toMs);
  if (old.length > 0) await keepRuns(context, old);
}
