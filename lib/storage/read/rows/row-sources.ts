/** Where the rows of a range come from: days that have rows from parts, all others from samples. */
import { SECOND_MS } from "../../../model/time.ts";
import type { RollupManifest, RowSource } from "../../rollups/rollup-manifest.ts";

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
  manifests: ReadonlyMap<number, RollupManifest>,
  first: number,
  last: number,
  firstRaw: number,
  nowMs: number,
): RowSources {
  const rolled = new Set<number>();
  const sources: RowSource[] = [];
  for (const manifest of manifests.values()) {
    if (isLeaving(manifest, nowMs)) continue;
    // Of a day whose samples have expired before its rows were made again, the rows that it has count.
    const counting = manifest.days.filter(
      ({ day, isStale, isWithdrawn }) => !isStale || (day < firstRaw && isWithdrawn !== true),
    );
    const fresh = new Set(counting.map(({ day }) => day));
    for (const day of fresh) rolled.add(day);
    for (const part of manifest.parts) {
      const days = part.days.filter((day) => fresh.has(day) && day >= first && day <= last);
      if (days.length > 0) sources.push({ part, days: new Set(days) });
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
