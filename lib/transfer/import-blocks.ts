/**
 * Import of blocks: day by day, each from all blocks that have samples of it. A day counts as a whole, once it is stored; an
 * import that is repeated leaves out what a day has already.
 */
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { RandomBytes } from "../model/random-bytes.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../model/time.ts";
import { type BulkDay, type BulkSeries, storeDay } from "../storage/bulk/bulk-day.ts";
import { DayLease } from "../storage/bulk/day-lease.ts";
import { isImported, markDay, nameDay, publishDay } from "../storage/bulk/publish-day.ts";
import { type DayContext, newDayContext } from "../storage/compact/day-context.ts";
import { LEASE_MS } from "../storage/compact/day-manifest.ts";
import { deletionsOf, loadDeletions } from "../storage/deletion/deletion-store.ts";
import { indexShardBits } from "../storage/index/index-part.ts";
import { EMPTY_MANIFEST, type Manifest } from "../storage/layout/manifest.ts";
import { loadDayStates, loadManifest } from "../storage/layout/manifest-store.ts";
import type { RetentionMs } from "../storage/layout/retention.ts";
import type { Table } from "../storage/table/table.ts";
import { mergeBlocks, OpenBlock, type SeriesChoice } from "./block-day.ts";
import { withExternalLabels } from "./label-edits.ts";
import { type DayPlan, expectedSeries, type FoundBlock } from "./survey.ts";

const DIGEST_BYTES = 8;
/** Between two looks at the lease of another. */
const LEASE_WAIT_MS = 10 * SECOND_MS;

export interface ImportOptions extends SeriesChoice {
  readonly table: Table;
  readonly tenant: string;
  readonly retentionMs: RetentionMs;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Samples of these times, in ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
  /** The words by which series, labels and times were chosen: another choice is another import. */
  readonly choiceWords: readonly string[];
  /** Of Thanos and Mimir: whether every series of a block gets them. */
  readonly addsExternalLabels: boolean;
  /** Default: real time. */
  readonly sleep?: ((durationMs: number) => Promise<unknown>) | undefined;
  /** Ends the import between two series; the day under way does not count. */
  readonly signal?: AbortSignal | undefined;
  readonly onSamples?: ((samples: number) => void) | undefined;
  readonly onDay?: ((report: DayReport) => void) | undefined;
  /** Gets a day on which another works, and for how long at most it waits, in ms. */
  readonly onWait?: ((day: number, maxMs: number) => void) | undefined;
}

/** What a block's digest says of how its series and samples were chosen. */
type Choice = Pick<ImportOptions, "choiceWords" | "addsExternalLabels">;

export interface DayReport {
  readonly day: number;
  /** "known": the day had all of it already. */
  readonly outcome: "imported" | "known" | "empty";
  readonly series: number;
  readonly samples: number;
}

/** Throws "data" and "invalid" for what cannot be imported, "unavailable"; days before it are whole. */
export async function importDays(days: readonly DayPlan[], options: ImportOptions): Promise<void> {
  const open = new Map<string, OpenBlock>();
  const deletions = await lastDeletions(days, options);
  try {
    for (const plan of days) {
      await closeBefore(open, plan.day * DAY_MS);
      const report = await importDay(plan, options, open, deletions.get(plan.day) ?? 0);
      options.onDay?.(report);
    }
  } finally {
    for (const block of open.values()) await block.close();
  }
}

/** The number of the last deletion of each day: what is deleted while the import lasts is deleted of it too. */
async function lastDeletions(
  days: readonly DayPlan[],
  { table, tenant }: ImportOptions,
): Promise<Map<number, number>> {
  if (days.length === 0) return new Map();
  const { deletions } = await loadDayStates(table, tenant, days[0].day, days[days.length - 1].day);
  return new Map(Array.from(deletions, ([day, item]) => [day, deletionsOf(item).last]));
}

/** `deletedTo`: the day's deletions up to this number do not concern what is imported. */
async function importDay(
  { day, blocks, samples: expectedSamples }: DayPlan,
  options: ImportOptions,
  open: Map<string, OpenBlock>,
  deletedTo: number,
): Promise<DayReport> {
  const { table, tenant, retentionMs, clock, randomBytes, signal, onSamples } = options;
  signal?.throwIfAborted();
  const before = await loadMissing({ day, blocks }, options);
  if (before.missing.length === 0) return { day, outcome: "known", series: 0, samples: 0 };
  const context = newDayContext({ table, tenant, day, retentionMs, clock, randomBytes });
  const opened = new Map<FoundBlock, OpenBlock>();
  for (const block of before.missing) opened.set(block, await openBlock(block, options, open));
  // Nothing is written for a day that the blocks claim and have no chunks of.
  if (![...opened.values()].some(({ table }) => table.mayHaveSeriesOf(day)))
    return { day, outcome: "empty", series: 0, samples: 0 };
  const expectedCount = expectedSeries(
    day,
    Array.from(opened.values(), ({ block, table: { count } }) => ({ meta: block.meta, series: count })),
  );
  const lease = await takeLease(context, indexShardBits(expectedCount), options);
  // Another import may have stored some of it meanwhile.
  const { missing, manifest } = await loadMissing({ day, blocks: before.missing }, options);
  if (missing.length === 0) {
    await lease.release();
    return { day, outcome: "known", series: 0, samples: 0 };
  }
  const range = {
    minTime: Math.max(day * DAY_MS, options.minTime),
    maxTime: Math.min((day + 1) * DAY_MS - 1, options.maxTime),
  };
  const toMerge = missing.map((block) => opened.get(block)!);
  const series = mergeBlocks(toMerge, range, (samples) => {
    signal?.throwIfAborted();
    onSamples?.(samples);
  });
  let stored: BulkDay | undefined;
  try {
    const first = await series.next();
    if (!first.done) {
      await markDay(context);
      await nameDay(context);
      const withoutRuns = new Set(
        manifest.parts.filter(({ kind }) => kind === "chunks").map(({ bucket }) => bucket),
      );
      const expected = { series: expectedCount, samples: expectedSamples, withoutRuns };
      stored = await storeDay(context, expected, keeping(lease, first.value, series));
    }
    signal?.throwIfAborted();
  } catch (error) {
    await lease.release().catch(() => {});
    throw error;
  }
  if (stored === undefined) {
    await lease.release();
    return { day, outcome: "empty", series: 0, samples: 0 };
  }
  const digests = missing.map((block) => digestOfBlock(block, options, deletedTo));
  try {
    await publishDay(context, { ...stored, deletedTo }, digests, lease);
  } catch (error) {
    await lease.release().catch(() => {});
    throw error;
  }
  return { day, outcome: "imported", series: stored.series, samples: stored.samples };
}

interface MissingBlocks {
  /** Blocks of which the day has not all samples. */
  readonly missing: readonly FoundBlock[];
  readonly manifest: Manifest;
}

async function loadMissing(
  { day, blocks }: Pick<DayPlan, "day" | "blocks">,
  options: ImportOptions,
): Promise<MissingBlocks> {
  const { table, tenant } = options;
  const { last: deletions } = await loadDeletions(table, tenant, day);
  const { manifest } = await loadManifest(table, tenant, day);
  return { missing: missingOf(blocks, manifest, options, deletions), manifest };
}

function missingOf(
  blocks: readonly FoundBlock[],
  manifest: Manifest,
  choice: Choice,
  deletions: number,
): FoundBlock[] {
  return blocks.filter((block) => !isImported(manifest, [digestOfBlock(block, choice, deletions)]));
}

/** The days that have all samples of their blocks already. */
export async function findKnownDays(
  days: readonly DayPlan[],
  options: Choice & Pick<ImportOptions, "table" | "tenant">,
): Promise<Set<number>> {
  const { table, tenant } = options;
  const known = new Set<number>();
  if (days.length === 0) return known;
  const states = await loadDayStates(table, tenant, days[0].day, days[days.length - 1].day);
  for (const { day, blocks } of days) {
    const { last } = deletionsOf(states.deletions.get(day));
    const manifest = states.manifests.get(day) ?? EMPTY_MANIFEST;
    if (missingOf(blocks, manifest, options, last).length === 0) known.add(day);
  }
  return known;
}

/** Waits for a compactor that works on the day; after some minutes it goes on without. */
async function takeLease(
  context: DayContext,
  indexBits: number,
  { sleep = setTimeout, signal, onWait }: ImportOptions,
): Promise<DayLease> {
  const lease = new DayLease(context, indexBits);
  for (let waitedMs = 0; !(await lease.hold()) && waitedMs < LEASE_MS; waitedMs += LEASE_WAIT_MS) {
    if (waitedMs === 0) onWait?.(context.day, LEASE_MS);
    await sleep(LEASE_WAIT_MS);
    signal?.throwIfAborted();
  }
  return lease;
}

/** A series and those after it; extends the lease while they come. */
async function* keeping(
  lease: DayLease,
  first: BulkSeries,
  series: AsyncIterable<BulkSeries>,
): AsyncGenerator<BulkSeries, void, void> {
  yield first;
  for await (const one of series) {
    if (lease.isDue) await lease.hold();
    yield one;
  }
}

async function openBlock(
  { folder, meta }: FoundBlock,
  { edits, matcherSets, addsExternalLabels }: ImportOptions,
  open: Map<string, OpenBlock>,
): Promise<OpenBlock> {
  const known = open.get(meta.ulid);
  if (known !== undefined) return known;
  const choice = {
    edits: addsExternalLabels ? withExternalLabels(edits, meta.externalLabels) : edits,
    matcherSets,
  };
  const opened = await OpenBlock.open(folder, meta, choice);
  open.set(meta.ulid, opened);
  return opened;
}

async function closeBefore(open: Map<string, OpenBlock>, timeMs: number): Promise<void> {
  for (const [ulid, one] of open) {
    if (one.block.meta.maxTime > timeMs) continue;
    await one.close();
    open.delete(ulid);
  }
}

/**
 * What samples, so chosen and named, are known by once they are imported; in hex. `deletions`: the last deletion of the day;
 * what was imported before one may be imported again after it.
 */
export function digestOf(
  identity: string,
  { choiceWords, addsExternalLabels }: Choice,
  deletions: number,
): string {
  const words = JSON.stringify([
    identity,
    addsExternalLabels,
    ...choiceWords,
    ...(deletions > 0 ? [deletions] : []),
  ]);
  return createHash("sha256")
    .update(words)
    .digest("hex")
    .slice(0, 2 * DIGEST_BYTES);
}

function digestOfBlock(
  { meta, identity = meta.ulid }: FoundBlock,
  options: Choice,
  deletions: number,
): string {
  return digestOf(identity, options, deletions);
}
