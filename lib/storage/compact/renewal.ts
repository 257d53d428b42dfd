/**
 * A day expires as a whole. After its tenant's retention has grown, items that would leave earlier than the rest of their day are
 * stored again as they are, with the day's expiry. That costs what writing them has cost.
 */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { isOpenRun, type Manifest } from "../layout/manifest.ts";
import type { ManifestFacts } from "../layout/manifest-facts.ts";
import { dayExpirySeconds, TRANSIENT_MS, transientExpiry } from "../layout/retention.ts";
import type { Item, KeyRange } from "../table/table.ts";
import { type DayContext, readItems } from "./day-context.ts";
import { dayItemsExpiry, dictionaryRanges, lastingRanges, partRanges, recordRanges } from "./day-items.ts";
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
 * When the first of a new index part and the day's items leaves, in seconds; 0: never. A shorter
 * retention may have dated the items before the part.
 */
export async function firstExpiryOf(context: DayContext, { facts }: Manifest): Promise<number> {
  const expiresAtSeconds = dayExpiryOf(context);
  if (facts.expiresAtSeconds !== undefined) return expiresAtSeconds;
  return earlierExpiry(expiresAtSeconds, await dayItemsExpiry(context));
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
export function isRenewalDue(context: DayContext, { facts, parts, index }: Manifest): boolean {
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

/** Stores again what leaves too early; false when `isTimeUp` said so before the end. */
export async function renewDay(
  context: DayContext,
  manifest: Manifest,
  isTimeUp: () => boolean,
): Promise<boolean> {
  const expirySeconds = dayExpiryOf(context);
  let isShort = manifest.facts.expiresAtSeconds !== undefined;
  for (const ranges of await lastingRanges(context, manifest)) {
    if (isTimeUp()) return false;
    const isKnown = manifest.facts.expiresAtSeconds !== undefined;
    if (!isKnown && !(await leavesEarly(context, ranges, expirySeconds))) continue;
    isShort = true;
    for (const range of ranges) {
      if (isTimeUp()) return false;
      await extend(context, range, expirySeconds);
    }
  }
  if (!isShort) return true;
  const { day, retentionMs, clock } = context;
  const transientSeconds = transientExpiry(clock(), day, retentionMs).expiresAtSeconds;
  const transient = [
    ...(await recordRanges(context, manifest.flushedToMs + 1)),
    ...manifest.parts.filter(isOpenRun).flatMap((part) => partRanges(context, part)),
  ];
  for (const range of transient) {
    if (isTimeUp()) return false;
    await extend(context, range, transientSeconds);
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

/** Records after the watermark, received until `toMs`, and their dictionaries stay as long as their day. Returns how many were stored again. */
export async function keepRecords(context: DayContext, manifest: Manifest, toMs: number): Promise<number> {
  const ranges = await recordRanges(context, manifest.flushedToMs + 1, toMs);
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
