/** A day beside others: rows of today joined with those of yesterday and of a week ago. */

/** A figure of one thing on three days; 0 on a day that does not have it. */
export interface Days {
  readonly name: string;
  readonly today: number;
  readonly yesterday: number;
  readonly lastWeek: number;
}

export interface Counted {
  readonly name: string;
  readonly value: number;
}

/** The names of any of the days, the largest of today first; then the largest of yesterday that are gone. */
export function joinDays(
  today: readonly Counted[],
  yesterday: readonly Counted[],
  lastWeek: readonly Counted[],
): Days[] {
  const [a, b, c] = [today, yesterday, lastWeek].map(sumByName);
  const names = new Set([...a.keys(), ...b.keys(), ...c.keys()]);
  return [...names]
    .map((name) => ({
      name,
      today: a.get(name) ?? 0,
      yesterday: b.get(name) ?? 0,
      lastWeek: c.get(name) ?? 0,
    }))
    .sort(
      (x, y) =>
        y.today - x.today ||
        y.yesterday - x.yesterday ||
        y.lastWeek - x.lastWeek ||
        (x.name < y.name ? -1 : 1),
    );
}

function sumByName(counted: readonly Counted[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { name, value } of counted) sums.set(name, (sums.get(name) ?? 0) + value);
  return sums;
}
