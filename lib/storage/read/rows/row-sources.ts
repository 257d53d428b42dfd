/** Where the rows of a range come from: days that have rows from parts, all others from samples. */
import { SECOND_MS } from "../../../model/time.ts";
import type { RollupManifest, RowSource } from "../../rollups/rollup-manifest.ts";
import type { RollupMonth } from "../../rollups/rollup-months.ts";
import { hidingOf, isFresh } from "../../rollups/row-deletions.ts";

export interface RowSources {
  readonly sources: readonly RowSource[];
  /** Spans of days to be read from samples, first and last included; days between that have rows are not read. */
  readonly rawSpans: readonly (readonly [first: number, last: number])[];
  isRaw(day: number): boolean;
}

/** Days between two spans that are read from the table with them: their manifests take less than another call. */
const MAX_GAP_DAYS = 30;

/** `firstRaw`: the first day whose samples may be there. */
export function planRowSources(
  months: ReadonlyMap<number, RollupMonth>,
  first: number,
  last: number,
  firstRaw: number,
  nowMs: number,
): RowSources {
  const rolled = new Set<number>();
  const sources: RowSource[] = [];
  for (const { manifest, deletions } of months.values()) {
    if (isLeaving(manifest, nowMs)) continue;
    // Of a day whose samples have expired before its rows were made again, the rows that it has count.
    const counting = manifest.days.filter(
      (one) => isFresh(one, deletions) || (one.day < firstRaw && one.isWithdrawn !== true),
    );
    const fresh = new Set(counting.map(({ day }) => day));
    for (const day of fresh) rolled.add(day);
    for (const part of manifest.parts) {
      const days = new Set(part.days.filter((day) => fresh.has(day) && day >= first && day <= last));
      const hiding = hidingOf(manifest, deletions, (day) => days.has(day));
      if (days.size > 0) sources.push({ part, days, hiding });
    }
  }
  const isRaw = (day: number) => day >= firstRaw && !rolled.has(day);
  const rawSpans: [number, number][] = [];
  for (let day = Math.max(first, firstRaw); day <= last; day++) {
    if (!isRaw(day)) continue;
    const latest = rawSpans.at(-1);
    if (latest !== undefined && day - latest[1] <= MAX_GAP_DAYS) latest[1] = day;
    else rawSpans.push([day, day]);
  }
  return { sources, rawSpans, isRaw };
}

/** TTL takes rows in no order: of a month that leaves none count. */
function isLeaving({ expiresAtSeconds }: RollupManifest, nowMs: number): boolean {
  return expiresAtSeconds !== 0 && expiresAtSeconds * SECOND_MS <= nowMs;
}
