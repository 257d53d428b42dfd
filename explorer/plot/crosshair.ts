/** The values under the crosshair, the largest first. */
import type { Frame } from "./frame.ts";
import type { Hidden } from "./legend-choice.ts";

export interface CrossRow {
  /** In the frame's series. */
  readonly at: number;
  readonly key: string;
  readonly name: string;
  readonly value: number;
}

/** Of the shown series that have a value at a time. `names` are by the frame's order. */
export function rowsAt(
  { series }: Frame,
  names: readonly string[],
  index: number,
  hidden: Hidden,
): CrossRow[] {
  const rows: CrossRow[] = [];
  for (const [i, { key, values }] of series.entries()) {
    const value = values[index];
    if (value !== null && value !== undefined && !hidden.has(key))
      rows.push({ at: i, key, name: names[i], value });
  }
  return rows.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
}

/** The rows around the nearest one, where not all have room; and how many are above and below them. */
export function windowOf<T>(
  rows: readonly T[],
  nearest: number,
  most: number,
): { readonly shown: readonly T[]; readonly above: number; readonly below: number } {
  const begin = Math.max(0, Math.min(nearest - Math.floor(most / 2), rows.length - most));
  const shown = rows.slice(begin, begin + most);
  return { shown, above: begin, below: rows.length - begin - shown.length };
}
