/**
 * Which series of a day deletions have left samples of. The index keeps a series as long as its day,
 * so lookups ask for those that a deletion means. A part that a deletion hides whole is not read: of
 * a day that was deleted whole, what was received since is all that is.
 */
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { DAY_MS } from "../../model/time.ts";
import { covers, type Deletion, isMeant } from "../deletion/deletion.ts";
import { hidingPart } from "../deletion/masks.ts";
import { hashHex, metricHash, type SeriesHash } from "../series/series-hash.ts";
import type { FoundSeries } from "./find-series.ts";
import { type GroupReads, readGroups } from "./group-reader.ts";
import { LabelBytes } from "./label-bytes.ts";
import { expectedBytes } from "./plan-groups.ts";
import { shareBytes } from "./query-budget.ts";
import { isOfRows, readRowGroups } from "./rows/row-groups.ts";
import { addDay, noSeries, type ReadableDay, type SelectedSeries, sortByLabels } from "./selected-series.ts";

/** Series of one day that deletions mean. */
export class SetAside {
  readonly #deletions: readonly Deletion[];
  readonly #hash: SeriesHash;
  readonly #labelBytes: LabelBytes;
  /** By hash in hex. */
  readonly #series = new Map<string, LabelSet>();

  constructor(deletions: readonly Deletion[], hash: SeriesHash, maxLabelBytes: number) {
    this.#deletions = deletions;
    this.#hash = hash;
    this.#labelBytes = new LabelBytes(maxLabelBytes);
  }

  /** Takes a series that a deletion means. Returns whether it did. */
  take(labels: LabelSet): boolean {
    if (!this.#deletions.some((deletion) => isMeant(deletion, labels))) return false;
    const hash = hashHex(this.#hash(labels));
    if (!this.#series.has(hash)) this.#labelBytes.add(labels);
    this.#series.set(hash, labels);
    return true;
  }

  /** The series, those together that the same deletions mean. */
  *groups(): Generator<readonly [deletions: readonly Deletion[], series: ReadonlyMap<string, LabelSet>]> {
    const groups = new Map<string, [Deletion[], Map<string, LabelSet>]>();
    for (const [hash, labels] of this.#series) {
      const meaning = this.#deletions.filter((deletion) => isMeant(deletion, labels));
      const key = meaning.map(({ number }) => number).join();
      const group = groups.get(key) ?? [meaning, new Map()];
      groups.set(key, group);
      group[1].set(hash, labels);
    }
    yield* groups.values();
  }
}

export type LivingReads = Omit<GroupReads, "selected" | "expected" | "decodes" | "query"> & {
  readonly query: Pick<GroupReads["query"], "tenant" | "maxFutureMs">;
};

/** Calls back for each series that was set aside and has a sample in the day, or a row in the part of rows. */
export async function forEachLiving(
  reads: LivingReads,
  day: ReadableDay,
  setAside: SetAside,
  onSeries: (labels: LabelSet) => void,
): Promise<void> {
  const wholeDay = { minTime: day.day * DAY_MS, maxTime: (day.day + 1) * DAY_MS - 1 };
  for (const [deletions, series] of setAside.groups()) {
    const found = noSeries(Number.POSITIVE_INFINITY);
    if (day.rows !== undefined) {
      addDay(found, day, foundSeries(series));
      await forEachWithRows(reads, sortByLabels(found), onSeries);
      continue;
    }
    addDay(found, withoutHiddenParts(day, deletions), foundSeries(series));
    const selected = sortByLabels(found);
    const query = { ...reads.query, ...wholeDay };
    const expected = expectedBytes(selected, query, reads.nowMs);
    for await (const [number] of readGroups({ ...reads, query, selected, expected, decodes: false }))
      onSeries(selected.labels[number]);
  }
}

/** Calls back for each series of one part of rows that has any. */
async function forEachWithRows(
  { query: { tenant }, maxQueryBytes, memory, damage, ...reads }: LivingReads,
  selected: SelectedSeries,
  onSeries: (labels: LabelSet) => void,
): Promise<void> {
  const groups = readRowGroups({
    ...reads,
    tenant,
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    selected,
    parts: selected.days.filter(isOfRows),
    maxBytes: shareBytes(maxQueryBytes).groupBytes,
    note: damage?.note,
    memory: memory?.rows,
  });
  for await (const [number] of groups) onSeries(selected.labels[number]);
}

/** A day without what deletions hide whole, for the series that they all mean. */
function withoutHiddenParts(day: ReadableDay, deletions: readonly Deletion[]): ReadableDay {
  const { manifest } = day;
  const wholeDay = { minTime: day.day * DAY_MS, maxTime: (day.day + 1) * DAY_MS - 1 };
  const parts = manifest.parts.filter(
    (part) => !hidingPart(deletions, part).some((deletion) => covers(deletion, part)),
  );
  const flushedToMs = deletions
    .filter((deletion) => covers(deletion, wholeDay))
    .reduce((toMs, { deletedMs }) => Math.max(toMs, deletedMs), manifest.flushedToMs);
  return { ...day, manifest: { ...manifest, parts, flushedToMs } };
}

function foundSeries(labels: ReadonlyMap<string, LabelSet>): FoundSeries {
  const byMetric = Map.groupBy(labels, ([, one]) => labelValue(one, METRIC_NAME));
  const metrics = Array.from(byMetric, ([name, series]) => {
    return { hash: metricHash(name), total: series.length, series: series.map(([hash]) => hash) };
  });
  return { metrics, labels, seen: labels.size };
}
