/** What is due to a month of rows. */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../model/time.ts";
import type { Deletion } from "../../deletion/deletion.ts";
import { firstDayOf } from "../../layout/rollup-keys.ts";
import { isReleasable } from "../../rollups/pending-parts.ts";
import type { RollupManifest, RowPart, SupersededPart } from "../../rollups/rollup-manifest.ts";
import type { RollupMonth } from "../../rollups/rollup-months.ts";
import { carriedOut, pendingDeletions } from "../../rollups/row-deletions.ts";
import { isEarlierExpiry } from "../expiry.ts";

/** After a month's end, until the rows of its last days are there. */
const MONTH_GRACE_MS = DAY_MS;
/** So many parts beside a month's largest are read as ever. */
const MAX_SMALL_PARTS = 8;
/** From this share of the largest part's rows on, the others are merged with it. */
const MERGED_SHARE = 0.25;
/** While a month lasts, so many days become one part: a query looks into eleven parts at most, and not into 31. */
const JOINED_DAYS = 8;

export type MonthStep =
  /** Into one part, without what the month's deletions hide. */
  | { readonly kind: "merge"; readonly inputs: readonly RowPart[] }
  | { readonly kind: "forget"; readonly done: readonly Deletion[] }
  /** Days without any row, so that nothing can be left out of them. */
  | { readonly kind: "note"; readonly days: ReadonlySet<number> }
  | { readonly kind: "renew" }
  | { readonly kind: "release"; readonly superseded: readonly SupersededPart[] };

/** Between the plan of a step and its last call. */
export const MAX_STEP_MS = 15 * MINUTE_MS;

/** Whether TTL may have begun to take a month, or begins within a step. */
export function isLeaving({ expiresAtSeconds }: RollupManifest, nowMs: number): boolean {
  return expiresAtSeconds > 0 && expiresAtSeconds * SECOND_MS < nowMs + MAX_STEP_MS;
}

/**
 * `expirySeconds`: when the month's rows may leave; 0: never. Nothing is due to a month that leaves: some
 * of its rows may be gone, and that is no damage.
 */
export function planMonth(
  { manifest, deletions }: RollupMonth,
  month: number,
  nowMs: number,
  expirySeconds: number,
): MonthStep | undefined {
  const { parts, expiresAtSeconds, superseded } = manifest;
  if (parts.length > 0 && isEarlierExpiry(expiresAtSeconds, expirySeconds)) return { kind: "renew" };
  if (isLeaving(manifest, nowMs)) return undefined;
  const releasable = superseded.filter((one) => isReleasable(one, nowMs));
  if (releasable.length > 0) return { kind: "release", superseded: releasable };
  const done = carriedOut(manifest, deletions, nowMs);
  if (done.length > 0) return { kind: "forget", done };
  const pending = manifest.days.filter((day) => pendingDeletions(deletions, day).length > 0);
  const holding = new Set(pending.map(({ day }) => day));
  const inputs = parts.filter(({ days }) => days.some((day) => holding.has(day)));
  if (inputs.length > 0) return { kind: "merge", inputs };
  if (holding.size > 0) return { kind: "note", days: holding };
  if (nowMs < firstDayOf(month + 1) * DAY_MS + MONTH_GRACE_MS) {
    const young = parts.filter(({ days }) => days.length < JOINED_DAYS);
    return young.length >= JOINED_DAYS ? { kind: "merge", inputs: young } : undefined;
  }
  if (parts.length < 2) return undefined;
  const rows = parts.map((part) => part.rows);
  const largest = Math.max(...rows);
  const others = rows.reduce((sum, one) => sum + one, 0) - largest;
  const isDue = parts.length > MAX_SMALL_PARTS || others >= largest * MERGED_SHARE;
  return isDue ? { kind: "merge", inputs: parts } : undefined;
}
