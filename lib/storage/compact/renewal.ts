/**
 * A day expires as a whole. After its tenant's retention has grown, items that would leave earlier than the rest of their day are
 * stored again as they are, with the day's expiry. That costs what writing them has cost.
 *
 * Dictionaries come last, once the manifest says that the index stays: a writer that finds one that stays does not record its
 * series again.
 */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { isOpenRun, type Manifest } from "../layout/manifest.ts";
import type { ManifestFacts } from "../layout/manifest-facts.ts";
import { dayExpirySeconds, TRANSIENT_MS, transientExpiry } from "../layout/retention.ts";
import type { Item, KeyRange } from "../table/table.ts";
import { type DayContext, readItems } from "./day-context.ts";
import {
  dayItemsExpiry,
  dictionaryRanges,
  lastingRanges,
  namingRanges,
  neededRanges,
  partRanges,
} from "./day-items.ts";
import { earlierExpiry, isEarlierExpiry } from "./expiry.ts";

/** Age at which the items of a day that fails are stored again without TTL, in ms. */
export const KEEP_MS = TRANSIENT_MS / 2;
/** Age from which records are stored again before anything else, in ms. */
export const URGENT_KEEP_MS = TRANSIENT_MS - 4 * DAY_MS;

/** When a day's items may leave, in seconds; 0: never. */
export function dayExpiryOf({ day, retentionMs }: DayContext): number {
  return dayExpirySeconds(day, retentionMs) ?? 0;
}

/**
 * The facts of when a day's items leave, with a new index part of now. The day's own items may be of before it, when retention
 * was shorter.
 */
export async function flushedFacts(context: DayContext, manifest: Manifest): Promise<Partial<ManifestFacts>> {
  const expirySeconds = dayExpiryOf(context);
  const facts = lastingFact(manifest, expirySeconds);
  if (manifest.facts.expiresAtSeconds !== undefined) return facts;
  const itemsSeconds = await dayItemsExpiry(context);
  return isEarlierExpiry(itemsSeconds, expirySeconds)
    ? { ...facts, dictionariesExpireAtSeconds: itemsSeconds }
    : facts;
}

/** The fact of when lasting items leave, with new ones that leave at `expiresAtSeconds` (0: never). */
export function lastingFact(
  { facts, parts, index }: Manifest,
  expiresAtSeconds: number,
): Partial<Pick<ManifestFacts, "expiresAtSeconds">> {
  const hasOthers = index.length > 0 || parts.some((part) => !isOpenRun(part));
  if (facts.expiresAtSeconds === undefined) return hasOthers ? {} : { expiresAtSeconds };
  return { expiresAtSeconds: earlierExpiry(facts.expiresAtSeconds, expiresAtSeconds) };
}

/** Whether some of a day's lasting items leave too early, or may. */
export function isRenewalDue(context: DayContext, manifest: Manifest): boolean {
  const { dictionariesExpireAtSeconds: seconds } = manifest.facts;
  if (isPartRenewalDue(context, manifest)) return true;
  return seconds !== undefined && isEarlierExpiry(seconds, dayExpiryOf(context));
}

/** Whether its index or parts do. */
function isPartRenewalDue(context: DayContext, { facts, parts, index }: Manifest): boolean {
  const hasLasting = index.length > 0 || parts.some((part) => !isOpenRun(part));
  if (facts.expiresAtSeconds === undefined) return hasLasting;
  return isEarlierExpiry(facts.expiresAtSeconds, dayExpiryOf(context));
}

/** A renewal takes no longer, in ms. */
const MAX_RENEWAL_MS = 15 * MINUTE_MS;

/**
 * Whether TTL may have taken some of a day's lasting items, or may before they are renewed: the day was past a shorter
 * retention for nearly an hour. What is left of them is forgotten; half a day would be no answer.
 */
export function hasExpired({ clock }: DayContext, { facts }: Manifest): boolean {
  const { expiresAtSeconds = 0 } = facts;
  return expiresAtSeconds !== 0 && expiresAtSeconds * SECOND_MS < clock() + MAX_RENEWAL_MS;
}

/** When dictionaries leave of which nothing else is known than that some may leave early, in seconds. */
const UNKNOWN_SECONDS = 1;

/**
 * Stores again what leaves too early: index and parts first, dictionaries when the manifest says so. Returns the facts to publish;
 * undefined when `isTimeUp` said so before the end.
 */
export async function renewDay(
  context: DayContext,
  manifest: Manifest,
  isTimeUp: () => boolean,
): Promise<Partial<ManifestFacts> | undefined> {
  const expiresAtSeconds = dayExpiryOf(context);
  if (!isPartRenewalDue(context, manifest)) {
    const isDone = await extendRanges(context, await namingRanges(context), expiresAtSeconds, isTimeUp);
    return isDone ? { dictionariesExpireAtSeconds: undefined } : undefined;
  }
  if (!(await renewParts(context, manifest, isTimeUp))) return undefined;
  const { facts } = manifest;
  const dictionariesExpireAtSeconds =
    facts.dictionariesExpireAtSeconds ?? facts.expiresAtSeconds ?? UNKNOWN_SECONDS;
  return { expiresAtSeconds, dictionariesExpireAtSeconds };
}

/** False when `isTimeUp` said so before the end. */
async function renewParts(
  context: DayContext,
  manifest: Manifest,
  isTimeUp: () => boolean,
): Promise<boolean> {
  const expirySeconds = dayExpiryOf(context);
  const isKnown = manifest.facts.expiresAtSeconds !== undefined;
  let isShort = isKnown;
  for (const ranges of lastingRanges(context, manifest)) {
    if (isTimeUp()) return false;
    if (!isKnown && !(await leavesEarly(context, ranges, expirySeconds))) continue;
    isShort = true;
    if (!(await extendRanges(context, ranges, expirySeconds, isTimeUp))) return false;
  }
  if (!isShort) return true;
  const { day, retentionMs, clock } = context;
  const transientSeconds = transientExpiry(clock(), day, retentionMs).expiresAtSeconds;
  const transient = [
    ...(await neededRanges(context, manifest.flushedToMs + 1)),
    ...manifest.parts.filter(isOpenRun).flatMap((part) => partRanges(context, part)),
  ];
  return extendRanges(context, transient, transientSeconds, isTimeUp);
}

/** False when `isTimeUp` said so before the end. */
async function extendRanges(
  context: DayContext,
  ranges: readonly KeyRange[],
  seconds: number,
  isTimeUp: () => boolean,
): Promise<boolean> {
  for (const range of ranges) {
    if (isTimeUp()) return false;
    await extend(context, range, seconds);
  }
  return true;
}

/** By the first item: items of a part are written together. */
async function leavesEarly(
  { table }: DayContext,
  ranges: readonly KeyRange[],
  expirySeconds: number,
): Promise<boolean> {
  for (const range of ranges)
    for await (const [item] of table.query(range, { consistent: true, limit: 1 }))
      if (item !== undefined) return isEarlierExpiry(item.expiresAtSeconds ?? 0, expirySeconds);
  return false;
}

/** Stores the items of a range that expire before a time (in seconds, 0: never) again. Returns how many. */
async function extend(context: DayContext, range: KeyRange, seconds: number): Promise<number> {
  let count = 0;
  for await (const page of readItems(context, range)) {
    const early = page.flatMap(({ pk, sk, value, expiresAtSeconds }): Item[] => {
      if (!isEarlierExpiry(expiresAtSeconds ?? 0, seconds)) return [];
      return [{ pk, sk, value, ...(seconds !== 0 && { expiresAtSeconds: seconds }) }];
    });
    await context.table.putAll(early);
    count += early.length;
  }
  return count;
}

/** Records after the watermark, received until `toMs`, and what their references need stay as long as their day. Returns how many were stored again. */
export async function keepRecords(context: DayContext, manifest: Manifest, toMs: number): Promise<number> {
  const ranges = await neededRanges(context, manifest.flushedToMs + 1, toMs);
  return extendAll(context, [...ranges, ...(await dictionaryRanges(context))]);
}

/** Runs stay as long as their day. Returns how many items were stored again. */
export function keepRuns(context: DayContext, parts: Manifest["parts"]): Promise<number> {
  return extendAll(
    context,
    parts.flatMap((part) => partRanges(context, part)),
  );
}

async function extendAll(context: DayContext, ranges: readonly KeyRange[]): Promise<number> {
  const seconds = dayExpiryOf(context);
  let count = 0;
  for (const range of ranges) count += await extend(context, range, seconds);
  return count;
}

/** Stores items that never expire again with the expiry of what is superseded. */
export async function release(context: DayContext, items: readonly Item[]): Promise<void> {
  const { table, day, retentionMs, clock } = context;
  const expires = transientExpiry(clock(), day, retentionMs);
  await table.putAll(items.map(({ pk, sk, value }) => ({ pk, sk, value, ...expires })));
}

/** The same of runs that never expire. */
export async function releaseRuns(context: DayContext, parts: Manifest["parts"]): Promise<void> {
  for (const range of parts.filter(({ kind }) => kind === "run").flatMap((part) => partRanges(context, part)))
    for await (const page of readItems(context, range))
      await release(
        context,
        page.filter(({ expiresAtSeconds }) => expiresAtSeconds === undefined),
      );
}
