/**
 * When series of which deletions have left nothing leave the index of their day. A writer that believes that the
 * index has a series does not record it again, so a series leaves once no writer can believe that any more:
 *
 * 1. *unindex*: index parts are stored again without such series, ten days after a deletion;
 * 2. *clean*: a day later nobody reads the parts that these superseded. Their items are deleted, and the deletions
 *    forgotten, whose selectors hold label values too.
 */
import { DAY_MS, HOUR_MS } from "../../../model/time.ts";
import type { DayDeletions } from "../../deletion/deletion.ts";
import { isErasureDue } from "../../deletion/masks.ts";
import { isOpenRun, type Manifest } from "../../layout/manifest.ts";
import { SHORTEST_STAY_MS } from "../../write/day-place.ts";
import { KNOWLEDGE_MS } from "../../write/open-days.ts";

/** For clocks of writers and compactor that are wrong by a day each, and step. */
const SLACK_MS = 3 * DAY_MS;
/** What a writer recorded longer ago it does not know any more. */
export const UNKNOWN_MS = KNOWLEDGE_MS + SLACK_MS;
/** From the start of a day on: dictionaries of others do not vouch for its series any more. */
const DICTIONARIES_MS = SHORTEST_STAY_MS + SLACK_MS;
/** Nobody reads a part for longer after it was superseded. */
export const READERS_MS = DAY_MS;
/** With the sweeps, once a day, that look for what is due: labels are gone so long after a deletion, or after their day. */
export const LABELS_GONE_MS = UNKNOWN_MS + READERS_MS + 3 * DAY_MS;

export type Unindexing =
  /** Of deletions up to a number. */
  { readonly kind: "unindex"; readonly deletedTo: number } | { readonly kind: "clean" };

export function planUnindexing(
  { facts, parts, index }: Manifest,
  { all }: DayDeletions,
  day: number,
  nowMs: number,
): Unindexing | undefined {
  const { unindexed, settledMarks, held } = facts;
  if (settledMarks === undefined || held.length > 0 || parts.some(isOpenRun)) return undefined;
  if (parts.some((part) => isErasureDue(all, part))) return undefined;
  if (unindexed !== undefined) {
    const isQuiet = index.every(({ createdMs }) => createdMs < nowMs - HOUR_MS);
    return isQuiet && nowMs >= unindexed.atMs + READERS_MS ? { kind: "clean" } : undefined;
  }
  if (nowMs < day * DAY_MS + DICTIONARIES_MS) return undefined;
  const firstYoung = all.findIndex(({ deletedMs }) => deletedMs > nowMs - UNKNOWN_MS);
  const latest = all.at(firstYoung < 0 ? -1 : firstYoung - 1);
  return latest === undefined || firstYoung === 0 ? undefined : { kind: "unindex", deletedTo: latest.number };
}
