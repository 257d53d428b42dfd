/** The next step of a day's compaction: what is due first by its manifest, marks and log. */
import { listShards } from "../layout/day-shards.ts";
import type { Part } from "../layout/manifest.ts";
import { SETTLE_MS } from "../log/settling.ts";
import { sourceOf } from "../rollups/rollup-manifest.ts";
import { hasFreshRows } from "../rollups/rollup-months.ts";
import type { DayRun } from "./day-run.ts";
import { planErasure } from "./erasing/erase-parts.ts";
import { planUnindexing, type Unindexing } from "./erasing/plan-unindexing.ts";
import { firstReceived } from "./flush.ts";
import {
  type Chunking,
  type Flush,
  type IndexMerge,
  isSettled,
  isWorthFlushing,
  type PlanOptions,
  planChunking,
  planFlush,
  planIndexMerge,
} from "./plan-compaction.ts";
import { hasExpired, isRenewalDue, KEEP_MS, URGENT_KEEP_MS } from "./renewal.ts";
import { canRoll, planRolling, type Rolling } from "./rollups/plan-rollups.ts";
import { isUndrained } from "./rollups/undrained.ts";

export type Step =
  | Flush
  | IndexMerge
  | Chunking
  | Rolling
  | { readonly kind: "keep"; readonly toMs: number }
  | { readonly kind: "renew" }
  | { readonly kind: "forget" }
  | { readonly kind: "erase"; readonly part: Part }
  | Unindexing
  | { readonly kind: "settle" };

/** Whether the marks are those with which the day was settled, so that nothing can be due. */
export function isUnchanged(run: DayRun): boolean {
  const { facts } = run.manifest;
  const { digest } = run.marks;
  if (run.isForced || run.marks.isRollingOnly || facts.settledMarks === undefined || facts.held.length > 0)
    return false;
  if (digest !== undefined && digest !== facts.settledMarks) return false;
  if (planRolling(run.manifest, run.context, run.context.clock()) !== undefined) return false;
  if (nextUnindexing(run) !== undefined) return false;
  return facts.drainedToMs >= run.markedToMs && !isRenewalDue(run.context, run.manifest);
}

/** Whether TTL has taken the day's own items under a shorter retention: it takes the rest too. */
export async function isGone({ context, manifest }: DayRun): Promise<boolean> {
  const { table, tenant, day } = context;
  if (!hasExpired(context, manifest)) return false;
  return (await listShards(table, tenant, day)).length === 0;
}

/** The step that is due; undefined: none is. Notes on the run what it finds in the log. */
export async function nextStep(run: DayRun): Promise<Step | undefined> {
  const { day, clock } = run.context;
  if (isRenewalDue(run.context, run.manifest))
    return { kind: hasExpired(run.context, run.manifest) ? "forget" : "renew" };
  if (run.marks.isRenewalOnly) return undefined;
  const nowMs = clock();
  if (run.marks.isRollingOnly) return nextRolling(run, nowMs);
  const flushing = await nextFlush(run, nowMs);
  if (flushing !== undefined) return flushing;
  const options = planOptionsOf(run);
  return (
    planIndexMerge(run.manifest, day, nowMs, options) ??
    planChunking(run.manifest, day, nowMs, options) ??
    nextErasure(run) ??
    planSettling(run, nowMs) ??
    nextUnindexing(run) ??
    (await nextRolling(run, nowMs))
  );
}

function planOptionsOf({ options, emptyToMs, held }: DayRun): PlanOptions {
  const { isEager, isFinishing, sparseSamples } = options;
  return { isEager, isFinishing, sparseSamples, emptyToMs, held };
}

/** By the deletions that this run has found first: a later one comes with a later mark. */
function nextErasure({ manifest, deletions }: DayRun): Step | undefined {
  const part = planErasure(manifest, deletions);
  return part && { kind: "erase", part };
}

function nextUnindexing({ manifest, deletions, context, isIndexKept }: DayRun): Unindexing | undefined {
  return isIndexKept ? undefined : planUnindexing(manifest, deletions, context.day, context.clock());
}

/** Whether the marks say that nothing can have come since the log was found empty. */
function isQuiet(run: DayRun): boolean {
  return !run.isForced && run.marks.digest === undefined && run.manifest.facts.drainedToMs >= run.markedToMs;
}

async function nextFlush(run: DayRun, nowMs: number): Promise<Step | undefined> {
  if (isQuiet(run)) {
    run.emptyToMs = Math.max(run.emptyToMs, nowMs - SETTLE_MS);
    run.oldestMs = undefined;
    return undefined;
  }
  const plan = planFlush(run.manifest, nowMs, planOptionsOf(run));
  if (plan === undefined) return undefined;
  const fromMs = await firstReceived(run.context, plan);
  run.oldestMs = fromMs;
  if (fromMs === undefined) {
    run.emptyToMs = plan.toMs;
    return undefined;
  }
  if (run.keptToMs === 0 && fromMs < nowMs - URGENT_KEEP_MS) return { kind: "keep", toMs: nowMs - KEEP_MS };
  const isWorth = run.isForced || isWorthFlushing(run.manifest, plan, fromMs);
  return isWorth ? { ...plan, fromMs } : undefined;
}

/** Rows are made of samples that have none, and again where someone says that the samples have changed. */
async function nextRolling(run: DayRun, nowMs: number): Promise<Step | undefined> {
  const { table, tenant, day } = run.context;
  const options = planOptionsOf(run);
  if (run.hasCheckedRows || !canRoll(run.manifest, run.context, nowMs, options)) return undefined;
  const due = planRolling(run.manifest, run.context, nowMs, options);
  if (due === undefined) {
    run.hasCheckedRows = true;
    if (await hasFreshRows(table, tenant, day)) return undefined;
  }
  if (!(await isUndrained(run))) return due ?? { kind: "roll", source: sourceOf(run.manifest) };
  run.hasCheckedRows = true;
  return undefined;
}

/** A day that is over is compared with its log once, and again when its marks change. */
function planSettling(run: DayRun, nowMs: number): Step | undefined {
  const { facts } = run.manifest;
  const { day } = run.context;
  const { digest } = run.marks;
  const isKnown =
    facts.settledMarks !== undefined &&
    (digest === undefined || digest === facts.settledMarks || run.isListedNow || run.hasCompared);
  // A day that never had anything in its log needs no manifest to say so.
  if (!run.published.isStored) return undefined;
  if (isKnown || run.held.size + facts.held.length > 0) return undefined;
  if (!isSettled(run.manifest, day, nowMs) || run.emptyToMs === 0) return undefined;
  return { kind: "settle" };
}
