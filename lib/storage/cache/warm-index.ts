/**
 * Of the index in the memory of a warm process: the label sets of a metric in an index part, which never change, and the hashes
 * of these.
 */
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { OnLabelSets, Unread } from "../index/index-catalogue.ts";
import type { IndexPlace } from "../index/index-items.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import { labelMemoryBytes } from "../series/label-memory.ts";
import { hashHex, type SeriesHash } from "../series/series-hash.ts";
import { dayKeyOf, type WarmCache, type WarmEntries } from "./warm-cache.ts";

/** A metric in an index part. */
export interface IndexedMetric {
  readonly place: Pick<IndexPlace, "tenant" | "day">;
  /** The part's id in hex. */
  readonly part: string;
  readonly metric: string;
  /** Grows while something of it cannot be read: it is not kept then. */
  readonly damage?: Pick<DamageReports, "count"> | undefined;
}

export class WarmIndex {
  readonly #metrics: WarmEntries<readonly LabelSet[]>;
  readonly #hashes = new WeakMap<LabelSet, string>();

  constructor(cache: WarmCache) {
    this.#metrics = cache.entries("index");
  }

  /** Calls back as `read` does, for the metric's label sets alone where they are known. `read` answers whether it told all of them. */
  async read(
    { place, part, metric, damage }: IndexedMetric,
    onLabelSets: OnLabelSets,
    read: (onLabelSets: OnLabelSets) => Promise<Unread | undefined>,
  ): Promise<Unread | undefined> {
    const name = `${dayKeyOf(place.tenant, place.day)}${part}${metric}`;
    const known = this.#metrics.get(name);
    if (known !== undefined) {
      onLabelSets(known);
      return undefined;
    }
    const found: LabelSet[] = [];
    const damageBefore = damage?.count;
    const unread = await read((labelSets) => {
      onLabelSets(labelSets);
      for (const labels of labelSets) if (labelValue(labels, METRIC_NAME) === metric) found.push(labels);
    });
    if (unread === undefined && damage?.count === damageBefore) this.#metrics.set(name, found, sizeOf(found));
    return unread;
  }

  /** The hash of a label set, in hex. */
  hashOf(labels: LabelSet, hash: SeriesHash): string {
    let known = this.#hashes.get(labels);
    if (known === undefined) {
      known = hashHex(hash(labels));
      this.#hashes.set(labels, known);
    }
    return known;
  }
}

function sizeOf(labelSets: readonly LabelSet[]): number {
  return labelSets.reduce((sum, labels) => sum + labelMemoryBytes(labels), 0);
}
