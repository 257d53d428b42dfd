/** What deletions hide of the selected series of a day. */
import { Masks, NO_MASKS } from "../deletion/masks.ts";
import type { SelectedDay, SelectedSeries } from "./selected-series.ts";

/** The masks of series `start..end` (numbers, half-open) of a day. */
export function masksOf(
  { labels, hashes }: SelectedSeries,
  { deletions, metrics }: SelectedDay,
  start: number,
  end: number,
): Masks {
  if (deletions.all.length === 0) return NO_MASKS;
  const masks = new Masks();
  for (const { series } of metrics)
    for (const number of series)
      if (number >= start && number < end) masks.add(hashes[number], labels[number], deletions.all);
  return masks.isEmpty ? NO_MASKS : masks;
}
