/** The steps of a day's compaction: each does its work and publishes the result. */
import { type Deletion, withoutDeletions } from "../deletion/deletion.ts";
import { forgetDeletions, loadDeletions } from "../deletion/deletion-store.ts";
import { findMasks } from "../index/meant-series.ts";
import { BUCKET_MS, bucketEnd } from "../layout/bucket.ts";
import { listShards } from "../layout/day-shards.ts";
import { type IndexPart, isOpenRun, type Manifest, type Part } from "../layout/manifest.ts";
import type { ManifestFacts } from "../layout/manifest-facts.ts";
import { SETTLE_MS } from "../log/settling.ts";
import { markStale } from "../rollups/mark-stale.ts";
import { BATCH_PUT_ITEMS } from "../table/table.ts";
import { chunk, type Storing } from "./chunking.ts";
import { DamagedInput } from "./damaged-input.ts";
import { NO_ATTEMPTS, type PublishResult } from "./day-manifest.ts";
import type { DayRun } from "./day-run.ts";
import { cleanIndex } from "./erasing/clean-index.ts";
import { erasePart } from "./erasing/erase-parts.ts";
import { unindexSeries } from "./erasing/unindex-series.ts";
import { flush } from "./flush.ts";
import type { Step } from "./next-step.ts";
import { LEAST_SHARE_SAMPLES, SPREAD_RUNS } from "./pacing/pace.ts";
import { type Chunking, type Flush, HELD_INDEX, HELD_ROWS, type IndexMerge } from "./plan-compaction.ts";
import {
  dayExpiryOf,
  flushedFacts,
  KEEP_MS,
  keepRecords,
  keepRuns,
  lastingFact,
  release,
  releaseRuns,
  renewDay,
} from "./renewal.ts";
import { publishRows } from "./rollups/roll-day.ts";
import { settle } from "./settling-comparison.ts";
import { mergeIndexParts } from "./store-index.ts";

/** "stopped": the time was up, and what is done is noted. "held": the inputs are damaged. */
type StepResult = PublishResult | "stopped" | "held";

export function doStep(run: DayRun, step: Step): Promise<StepResult> {
  switch (step.kind) {
    case "flush":
      return publishFlush(run, step);
    case "merge":
      return holdIfDamaged(run, HELD_INDEX, [], () => publishMerge(run, step));
    case "chunk":
      return holdIfDamaged(run, step.bucket, step.inputs, () => publishChunks(run, step));
    case "keep":
      return keep(run, step.toMs);
    case "renew":
      return renew(run);
    case "forget":
      return run.published.publish({
        parts: [],
        index: [],
        facts: { expiresAtSeconds: undefined, dictionariesExpireAtSeconds: undefined, held: [] },
      });
    case "erase":
      return erase(run, step.part);
    case "unindex":
      return holdIfDamaged(run, HELD_INDEX, [], () => unindex(run, step.deletedTo));
    case "clean":
      return clean(run);
    case "settle":
      return settle(run);
    case "roll":
      return holdIfDamaged(run, HELD_ROWS, [], () => publishRows(run, step));
  }
}

async function publishFlush(run: DayRun, plan: Flush): Promise<StepResult> {
  const { context, published, progress } = run;
  const flushed = await flush(context, run.manifest, plan);
  if (flushed === undefined) return "published";
  if (run.manifest.flushedToMs === 0) run.isListedNow = true;
  progress.flushes++;
  progress.records += flushed.records;
  const { parts, index, facts } = run.manifest;
  // Until they are made again of all samples, nobody should read the day's hourly rows.
  if (facts.rolledSource !== undefined) await markStale(context.table, context.tenant, context.day);
  const result = await published.publish({
    parts: [...parts, ...flushed.parts],
    index: [...index, ...flushed.index],
    flushedToMs: flushed.flushedToMs,
    facts: {
      flushed: flushed.tally,
      takenToMs: Math.min(flushed.takenToMs, context.clock()),
      settledMarks: undefined,
      ...(flushed.index.length > 0 && (await flushedFacts(context, run.manifest))),
    },
  });
  if (result !== "published") return result;
  for (const count of flushed.metrics) run.options.onMetric?.(context.tenant, count);
  run.emptyToMs = Math.max(run.emptyToMs, Math.min(flushed.takenToMs, context.clock() - SETTLE_MS));
  await release(context, flushed.lasting);
  return result;
}

async function publishMerge(run: DayRun, { inputs }: IndexMerge): Promise<StepResult> {
  const merged = await mergeIndexParts(run.context, inputs);
  run.progress.merges++;
  return run.published.publish({
    index: [...without(run.manifest.index, inputs), ...merged],
    facts: {
      ...lastingFact(run.manifest, dayExpiryOf(run.context)),
      held: heldWithout(run.manifest, HELD_INDEX),
    },
  });
}

async function publishChunks(run: DayRun, plan: Chunking): Promise<StepResult> {
  const { context } = run;
  const { table, tenant, day } = context;
  const findDayMasks = async (deletions: readonly Deletion[]) => {
    const shards = deletions.length === 0 ? [] : await listShards(table, tenant, day);
    return findMasks({ ...context, manifest: run.manifest, shards }, deletions);
  };
  const deletions = await loadDeletions(table, tenant, day);
  const chunked = await chunk(context, plan, storingOf(run, plan), findDayMasks, deletions);
  if (chunked === undefined) return "stopped";
  run.progress.chunkings++;
  run.progress.samples += chunked.parts.reduce((total, { samples }) => total + samples, 0);
  const { facts } = run.manifest;
  const wereKept =
    facts.held.some(({ bucket }) => bucket === plan.bucket) ||
    plan.inputs.some(({ createdMs }) => createdMs < run.context.clock() - KEEP_MS);
  const result = await run.published.publish({
    parts: replaceInputs(run.manifest.parts, plan.inputs, chunked.parts),
    facts: {
      ...lastingFact(run.manifest, chunked.expiresAtSeconds),
      held: heldWithout(run.manifest, plan.bucket),
    },
  });
  if (result === "published" && wereKept) await releaseRuns(run.context, plan.inputs);
  return result;
}

/** On provisioned capacity a run stores a part of the bucket alone, so that the bucket's hours share its units. */
function storingOf(run: DayRun, { bucket }: Chunking): Storing {
  const { day, clock, tenant } = run.context;
  const { pace, storeSlice, onMetric } = run.options;
  const onChunks = (number: number, chunkBytes: number) =>
    onMetric?.(tenant, { number, name: "", samples: 0, chunkBytes });
  if (pace === undefined) return { isTimeUp: () => run.isTimeUp(), slice: storeSlice, onChunks };
  const spreads = clock() < bucketEnd(day, bucket) + BUCKET_MS;
  const isShareDone = (stored: number, all: number) =>
    stored >= Math.max(all / SPREAD_RUNS, LEAST_SHARE_SAMPLES);
  return {
    isTimeUp: (stored, all) => run.isTimeUpOrSpent() || (spreads && isShareDone(stored, all)),
    slice: storeSlice ?? BATCH_PUT_ITEMS,
    onChunks,
  };
}

/** Runs a step on a bucket. A bucket with damaged inputs waits for a while, and its inputs stay. */
async function holdIfDamaged(
  run: DayRun,
  bucket: number,
  inputs: readonly Part[],
  step: () => Promise<StepResult>,
): Promise<StepResult> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof DamagedInput)) throw error;
    run.error ??= error;
    run.held.add(bucket);
    await run.context.quarantine.store();
    await keepRuns(run.context, inputs.filter(isOpenRun));
    const held = [...heldWithout(run.manifest, bucket), { bucket, triedMs: run.context.clock() }];
    return (await run.published.replace({ facts: { held, attempts: NO_ATTEMPTS } })) ? "held" : "lost";
  }
}

function heldWithout({ facts }: Manifest, bucket: number): ManifestFacts["held"] {
  return facts.held.filter((one) => one.bucket !== bucket);
}

async function keep(run: DayRun, toMs: number): Promise<StepResult> {
  await keepRecords(run.context, run.manifest, toMs);
  run.keptToMs = toMs;
  return "published";
}

async function erase(run: DayRun, part: Part): Promise<StepResult> {
  const { deletions } = run;
  run.progress.erasedItems += await erasePart(run.context, run.manifest, part, deletions);
  const erased = { ...part, erasedTo: deletions.last };
  return run.published.publish({
    parts: run.manifest.parts.map((one) => (one.id === part.id ? erased : one)),
  });
}

async function unindex(run: DayRun, deletedTo: number): Promise<StepResult> {
  const { context, manifest } = run;
  const before = context.indexIds.number!;
  const { all } = run.deletions;
  const ripe = all.filter(({ number }) => number <= deletedTo);
  const young = all.filter(({ number }) => number > deletedTo);
  const unindexed = await unindexSeries(context, manifest, ripe, young);
  if (unindexed === undefined) {
    run.isIndexKept = true;
    return "published";
  }
  run.progress.unindexedSeries += unindexed.series;
  return run.published.publish({
    index: unindexed.index,
    facts: {
      ...lastingFact(manifest, dayExpiryOf(context)),
      unindexed: { deletedTo, atMs: context.clock(), before },
      held: heldWithout(manifest, HELD_INDEX),
    },
  });
}

async function clean(run: DayRun): Promise<StepResult> {
  const { context, manifest } = run;
  const { indexIds, unindexed } = manifest.facts;
  const { deletedTo, before } = unindexed!;
  const cleaned = await cleanIndex(context, manifest, indexIds!, before, () => run.isTimeUpOrSpent());
  run.progress.deletedItems += cleaned.items;
  if (!cleaned.isDone) {
    const result = await run.published.publish({ facts: { indexIds: cleaned.indexIds } });
    return result === "published" ? "stopped" : result;
  }
  await forgetDeletions(context.table, context.tenant, context.day, deletedTo);
  run.deletions = withoutDeletions(run.deletions, deletedTo);
  return run.published.publish({ facts: { indexIds: cleaned.indexIds, unindexed: undefined } });
}

async function renew(run: DayRun): Promise<StepResult> {
  const facts = await renewDay(run.context, run.manifest, () => run.isTimeUp() || run.isInDebt());
  return facts === undefined ? "stopped" : run.published.publish({ facts });
}

/**
 * The new parts take the place of the first of their inputs: parts received after it still win over
 * them.
 */
function replaceInputs(parts: readonly Part[], inputs: readonly Part[], outputs: readonly Part[]): Part[] {
  const at = parts.findIndex((part) => part.id === inputs[0].id);
  return without(parts.toSpliced(at, 0, ...outputs), inputs);
}

function without<T extends Pick<IndexPart, "id">>(all: readonly T[], some: readonly T[]): T[] {
  const ids = new Set(some.map(({ id }) => id));
  return all.filter(({ id }) => !ids.has(id));
}
