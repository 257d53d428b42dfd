/** What happened in a run of schedules, counted: a fault that never comes proves nothing. */

/** All that must happen in a run of some hundred schedules. */
export const EXPECTED = [
  "call throttled",
  "call took effect, then failed",
  "call failed, took effect later",
  "call failed, took effect after a month",
  "call took effect again later",
  "batch stored in part, then failed",
  "batch answered unprocessed items",
  "condition held, and was answered refused",
  "call slow",
  "answer slow",
  "stale page",
  "stale version",
  "writer died",
  "reader died",
  "compactor died",
  "compactor ended by its time-out",
  "reader ended by its time-out",
  "compactor stopped at its deadline",
  "two compactors at one day",
  "actors raced on purpose",
  "clocks nearly as far apart as they may be",
  "writer started cold",
  "writer forgot what it knew",
  "append answered",
  "append failed",
  "record held nearly as long as it may be",
  "record held too long",
  "sample of an hour ago",
  "sample of a day ago",
  "sample of a week ago",
  "sample ahead of the clock",
  "sample sent again",
  "chunk of more than 120 samples",
  "histogram sent",
  "start sent",
  "reader remembered something",
  "read answered",
  "read failed",
  "run flushed",
  "bucket made chunks",
  "item removed by TTL",
  "rows compared",
  "sample past retention",
] as const;

/** What must happen in a run of all worlds. */
export const EXPECTED_OF_ALL_WORLDS = [
  "clock stepped",
  "clock stepped for a moment",
  "request repeated by its sender",
  "writer ended by its time-out",
  "item damaged",
  "days without anybody",
  "deletion answered",
  "deletion failed",
  "deleted sample written again",
  "labels of a deleted series gone",
  "rows without samples read",
  "tenant deleted",
  "deletion of a tenant failed",
  "import answered",
  "import failed",
  "sample imported that was written",
  "day known to an import",
] as const;

export type Happening = (typeof EXPECTED)[number] | (typeof EXPECTED_OF_ALL_WORLDS)[number];

export class Tally {
  readonly counts = new Map<string, number>();

  add(happening: Happening): void {
    this.counts.set(happening, (this.counts.get(happening) ?? 0) + 1);
  }

  merge(other: ReadonlyMap<string, number>): void {
    for (const [name, count] of other) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  /** What never happened; `isOfAll`: in a run of all worlds. */
  missing(isOfAll: boolean): Happening[] {
    const expected: readonly Happening[] = isOfAll ? [...EXPECTED, ...EXPECTED_OF_ALL_WORLDS] : EXPECTED;
    return expected.filter((happening) => !this.counts.has(happening));
  }
}
