/**
 * Which of the series that have samples and are not in a day's index go back into it. A series record names
 * them. Compaction finds what deletions hide by the index, so it took nothing of these series out of parts:
 * the deletions are carried out again.
 */
import type { LabelSet } from "../../model/labels.ts";
import { DAY_MS } from "../../model/time.ts";
import { covers, type Deletion, isMeant } from "../deletion/deletion.ts";
import { loadDeletions } from "../deletion/deletion-store.ts";
import type { Part } from "../layout/manifest.ts";
import { ALL_SHARDS } from "../layout/shard.ts";
import type { Table } from "../table/table.ts";
import type { VerifiedDay } from "./finding.ts";
import { readSeriesRecords } from "./verify-index.ts";

export interface SeriesToIndex {
  readonly labels: readonly LabelSet[];
  /** How many stay out, since they were deleted. */
  readonly deleted: number;
  /** Deletions that mean some of `labels`. */
  readonly deletions: readonly Deletion[];
}

/** `hashes`: of the series, in hex; `parts`: of the day. Throws "unavailable". */
export async function findSeriesToIndex(
  table: Table,
  day: VerifiedDay,
  parts: readonly Part[],
  hashes: readonly string[],
): Promise<SeriesToIndex> {
  const recorded = await readSeriesRecords(table, day, ALL_SHARDS, () => {});
  const { all } = await loadDeletions(table, day.tenant, day.day);
  const named = hashes.map((hash) => recorded.get(hash)).filter((one) => one !== undefined);
  const labels = named.filter((one) => !isGone(one, day, parts, all));
  const deletions = all.filter((deletion) => labels.some((one) => isMeant(deletion, one)));
  return { labels, deleted: named.length - labels.length, deletions };
}

/**
 * Whether a series was deleted for the whole day, and a part was made since without knowing that the deletion
 * means it: nothing hides the deleted samples in there.
 */
function isGone(
  labels: LabelSet,
  { day }: VerifiedDay,
  parts: readonly Part[],
  deletions: readonly Deletion[],
): boolean {
  const wholeDay = { minTime: day * DAY_MS, maxTime: (day + 1) * DAY_MS - 1 };
  return deletions.some(
    (one) =>
      isMeant(one, labels) &&
      covers(one, wholeDay) &&
      parts.some(({ deletedTo = 0 }) => deletedTo >= one.number),
  );
}

/** Parts in whose items some deletions are not carried out. */
export function withoutErasure(parts: readonly Part[], deletions: readonly Deletion[]): readonly Part[] {
  const first = Math.min(...deletions.map(({ number }) => number));
  return parts.map((part) => {
    if (part.erasedTo === undefined || part.erasedTo < first) return part;
    const { erasedTo: _, ...rest } = part;
    return first > 1 ? { ...rest, erasedTo: first - 1 } : rest;
  });
}
